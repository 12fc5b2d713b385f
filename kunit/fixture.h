/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the suites share: the driver as a process sees it, and the kernel behind
 * the driver as only kernel code sees it.
 *
 * A case runs in a thread with an mm of its own. It opens the driver's devices,
 * calls their ioctls and maps them, all as a program would. Then it looks at VMAs,
 * page tables, folios and tracking contexts themselves.
 */
#ifndef PFNMAP_TEST_KUNIT_FIXTURE_H
#define PFNMAP_TEST_KUNIT_FIXTURE_H

#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/types.h>

#include "compat.h"
#include "pfnmap_test.h"
#include "uapi/pfnmap_test.h"

#define KT_REGIONS	(PFNMAP_TEST_REGION_DAX + 1)
#define KT_FILES	8

/**
 * struct kt_region - a region, as DESCRIBE describes it
 * @start: physical address
 * @bytes: size
 * @error: 0, or the errno that says why it is not there
 */
struct kt_region {
	u64 start;
	u64 bytes;
	u32 error;
};

/**
 * struct kt - state of a case; test->priv
 * @test: the case
 * @file: /dev/pfnmap_test
 * @prepare: /dev/pfnmap_test_prepare, or NULL
 * @arg: user address of the ioctls' arguments
 * @info: what GET_INFO says
 * @regions: by enum pfnmap_test_region_id
 * @files: the open files, which kt_exit() closes before it looks at the baseline
 * @reservations: number of reservations in the memtype tree when the case began
 */
struct kt {
	struct kunit *test;
	struct file *file;
	struct file *prepare;
	void __user *arg;
	struct pfnmap_test_info info;
	struct kt_region regions[KT_REGIONS];
	struct file *files[KT_FILES];
	long reservations;
};

/* An address for mappings: nothing is there, and a page table of each level begins. */
#define KT_FREE	BIT(44)

/**
 * struct kt_how - what to ask SET_MAP for
 * @method: enum pfnmap_test_method_id
 * @region: enum pfnmap_test_region_id
 * @mode: enum pfnmap_test_cache_mode
 * @level: enum pfnmap_test_level, 0 for PTE
 * @flags: PFNMAP_TEST_MAP_*
 * @chunk: with PFNMAP_TEST_MAP_CHUNKED
 */
struct kt_how {
	u32 method;
	u32 region;
	u32 mode;
	u32 level;
	u32 flags;
	u64 chunk;
};

/* fixture.c */
int kt_init(struct kunit *test);
void kt_exit(struct kunit *test);
struct file *kt_open(struct kt *kt, const char *path);
void kt_close(struct kt *kt, struct file *file);
long kt_ioctl(struct kt *kt, struct file *file, unsigned int cmd, void *arg,
	      u32 size);
struct file *kt_file(struct kt *kt, u32 method);
u32 kt_largest_level(struct kt *kt, u32 method);
unsigned long kt_leaf_bytes(u32 level);
long kt_set(struct kt *kt, const struct kt_how *how);
unsigned long kt_try_map(struct kt *kt, const struct kt_how *how, u64 offset,
			 unsigned long bytes, unsigned long prot,
			 unsigned long flags);
unsigned long kt_map(struct kt *kt, const struct kt_how *how, u64 offset,
		     unsigned long bytes, unsigned long prot,
		     unsigned long flags);
void kt_unmap(struct kt *kt, unsigned long addr, unsigned long bytes);
void kt_need_region(struct kt *kt, u32 region, u64 bytes);
void kt_need_method(struct kt *kt, u32 method);
void kt_need_memtype(struct kt *kt);
void kt_need_tracking(struct kt *kt);
long kt_reserve(struct kt *kt, u32 region, u32 mode, u64 offset, u64 bytes,
		u32 *got);
unsigned long kt_region_pfn(struct kt *kt, u32 region, u64 offset);

/* look.c */

/**
 * struct kt_vma - what a case wants to know of a VMA
 * @start: user address where it begins
 * @end: user address where it ends
 * @pgoff: vm_pgoff
 * @flags: vm_flags
 * @refs: VMAs that share the tracked range; 0 if there is none
 * @pfn: first pfn of the tracked range
 * @bytes: size of the tracked range
 */
struct kt_vma {
	unsigned long start;
	unsigned long end;
	unsigned long pgoff;
	unsigned long flags;
	unsigned int refs;
	unsigned long pfn;
	unsigned long bytes;
};

bool kt_vma(unsigned long addr, struct kt_vma *out);
struct address_space *kt_mapping(unsigned long addr);
unsigned int kt_refs(unsigned long addr);
void kt_leaf(unsigned long addr, struct pfnmap_test_leaf *out);
bool kt_present(unsigned long addr);
struct folio *kt_folio(unsigned long addr);
void kt_lookup(struct kunit *test, u64 address, struct pfnmap_test_memtype *out);
long kt_release(struct kunit *test, u32 id);
long kt_reservations(struct kt *kt, u64 start, u64 last);
int kt_reserved(struct kt *kt, u32 region, u64 offset, u64 bytes,
		struct pfnmap_test_memtype_entry *first);
int kt_read(unsigned long addr, u8 *value);
int kt_write(unsigned long addr, u8 value);
const char *kt_mode_name(u32 mode);
const char *kt_method_name(u32 method);
void kt_how_desc(const struct kt_how *how, char *desc);

/* process.c */
long kt_mprotect(struct kt *kt, unsigned long addr, unsigned long bytes,
		 unsigned long prot);
void kt_zap(unsigned long in, unsigned long addr, unsigned long bytes);
long kt_mremap(struct kt *kt, unsigned long addr, unsigned long bytes,
	       unsigned long new_bytes, unsigned long flags, unsigned long to);
long kt_madvise(struct kt *kt, unsigned long addr, unsigned long bytes,
		int advice);
long kt_mlock(struct kt *kt, unsigned long addr, unsigned long bytes);
long kt_munlock(struct kt *kt, unsigned long addr, unsigned long bytes);
int kt_fork(struct kt *kt, void (*fn)(struct kt *kt, void *data), void *data);

/* probe.c */
int kt_probe_start(struct kunit_suite *suite);
void kt_probe_stop(struct kunit_suite *suite);
void kt_probe_reset(unsigned long pfn, unsigned long pages);
unsigned int kt_tracks(void);
unsigned int kt_untracks(void);

#endif /* PFNMAP_TEST_KUNIT_FIXTURE_H */
