/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the patterns know of the driver around them, and it of them.
 */
#ifndef PFNMAP_PATTERN_H
#define PFNMAP_PATTERN_H

#include <linux/err.h>
#include <linux/mm_types.h>
#include <linux/pfn.h>
#include <linux/rwsem.h>
#include <linux/security.h>
#include <linux/types.h>

#include "uapi/pfnmap_test.h"

struct address_space;
struct file;
struct page;
struct vm_area_desc;

#define PFNMAP_LEVELS	(PFNMAP_TEST_LEVEL_PUD + 1)

/**
 * struct pfnmap_view - what a VMA's vm_private_data points to
 * @region: the region that it maps; vm_pgoff counts from its start
 * @order: log2 of the pages of the largest leaf
 */
struct pfnmap_view {
	const struct pfnmap_region *region;
	unsigned int order;
};

/**
 * struct pfnmap_region - memory that can be mapped
 * @id: enum pfnmap_test_region_id
 * @name: as in the module parameter and DESCRIBE
 * @start: physical address
 * @bytes: size, a multiple of PAGE_SIZE
 * @pages: its struct pages, NULL but for ram
 * @views: one for each enum pfnmap_test_level
 * @cache_mode: what is asked for when nobody asks
 * @flags: PFNMAP_TEST_DESC_*
 * @error: 0, or the negative errno that says why the region is not there
 * @lockdown: what lockdown would call access to it; LOCKDOWN_NONE for memory that
 *	was System RAM
 */
struct pfnmap_region {
	u32 id;
	const char *name;
	phys_addr_t start;
	u64 bytes;
	struct page **pages;
	struct pfnmap_view views[PFNMAP_LEVELS];
	u32 cache_mode;
	u32 flags;
	int error;
	enum lockdown_reason lockdown;
};

/**
 * pfnmap_view_pfn - the pfn that a page of a VMA stands for
 * @view: the VMA's vm_private_data
 * @pgoff: page offset in the region
 *
 * Return: the pfn.
 */
static inline unsigned long pfnmap_view_pfn(const struct pfnmap_view *view,
					    unsigned long pgoff)
{
	return PHYS_PFN(view->region->start) + pgoff;
}

/**
 * struct pfnmap_held - what is held for an open file: by a method that needs it,
 * or because user space asked for it
 * @release: gives it back
 */
struct pfnmap_held {
	void (*release)(struct pfnmap_held *held);
};

/**
 * struct pfnmap_mapping - how an mmap is to be made
 * @region: what to map
 * @pattern: by which helper
 * @held: what the pattern's hold() gave, or NULL
 * @level: the largest that is wanted, enum pfnmap_test_level
 * @cache_mode: enum pfnmap_test_cache_mode
 * @flags: PFNMAP_TEST_MAP_*, for misuse/ and not for patterns
 * @chunk_bytes: size of one call with PFNMAP_TEST_MAP_CHUNKED
 */
struct pfnmap_mapping {
	const struct pfnmap_region *region;
	const struct pfnmap_pattern *pattern;
	struct pfnmap_held *held;
	u32 level;
	u32 cache_mode;
	u32 flags;
	u64 chunk_bytes;
};

/**
 * struct pfnmap_pattern - one way to map memory; see patterns/
 * @regions: mask of the regions that it can map
 * @levels: mask of the page-table levels that it can reach
 * @flags: PFNMAP_TEST_DESC_*
 * @hold: gets what has to be there before mmap, as a driver's probe() would, for
 *	the VMAs of an address_space; NULL if nothing
 * @mmap: fills in a VMA that lies in the region (vm_pgoff counts from its
 *	start), has vm_page_prot set to the cache mode and vm_private_data to
 *	the view
 * @mmap_by_fault: the same where it maps at fault what @mmap maps at once; NULL if
 *	there is one way only
 * @mmap_prepare: the same for a VMA to be, on the other device
 */
struct pfnmap_pattern {
	u64 regions;
	u64 levels;
	u32 flags;
	struct pfnmap_held *(*hold)(const struct pfnmap_region *region,
				    struct address_space *mapping);
	int (*mmap)(struct vm_area_struct *vma, const struct pfnmap_mapping *m);
	int (*mmap_by_fault)(struct vm_area_struct *vma,
			     const struct pfnmap_mapping *m);
	int (*mmap_prepare)(struct vm_area_desc *desc,
			    const struct pfnmap_mapping *m);
};

#define PATTERN(_method, _name, _have)	\
	extern const struct pfnmap_pattern pfnmap_##_name;
#include "list.h"
#undef PATTERN

/**
 * struct pfnmap_memory - whether memory can be accessed, of what an open file stands for
 * @lock: protects @disabled, and entries made by vfio_pci_vmf_insert_pfn
 * @disabled: mask of the regions that are turned off
 * @mapping: of all VMAs of the file
 */
struct pfnmap_memory {
	struct rw_semaphore lock; /* disabled */
	u64 disabled;
	struct address_space *mapping;
};

struct pfnmap_memory *pfnmap_file_memory(struct file *file);

/* vfio_pci_vmf_insert_pfn.c */
void pfnmap_enable(struct pfnmap_memory *memory, u64 regions, bool enabled);

#endif /* PFNMAP_PATTERN_H */
