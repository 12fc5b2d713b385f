/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the module know of one another.
 */
#ifndef PFNMAP_TEST_H
#define PFNMAP_TEST_H

#include <linux/mm_types.h>
#include <linux/mutex.h>
#include <linux/pgtable.h>
#include <linux/types.h>
#include <linux/xarray.h>

#include "uapi/pfnmap_test.h"

struct file;
struct inode;

/**
 * struct pfnmap_region - memory that can be mapped
 * @name: as in the module parameter and DESCRIBE
 * @start: physical address
 * @bytes: size, a multiple of PAGE_SIZE
 * @cache_mode: what is asked for when nobody asks
 * @flags: PFNMAP_TEST_DESC_*
 * @error: 0, or the negative errno that says why the region is not there
 */
struct pfnmap_region {
	const char *name;
	phys_addr_t start;
	u64 bytes;
	u32 cache_mode;
	u32 flags;
	int error;
};

/**
 * struct pfnmap_mapping - how an mmap is to be made
 * @region: what to map
 * @pattern: by which helper
 * @cache_mode: enum pfnmap_test_cache_mode
 * @flags: PFNMAP_TEST_MAP_*
 * @chunk_bytes: size of one call with PFNMAP_TEST_MAP_CHUNKED
 */
struct pfnmap_mapping {
	const struct pfnmap_region *region;
	const struct pfnmap_pattern *pattern;
	u32 cache_mode;
	u32 flags;
	u64 chunk_bytes;
};

/**
 * struct pfnmap_pattern - one way to map memory; see patterns/
 * @name: the kernel's helper
 * @regions: mask of the regions that it can map
 * @levels: mask of the page-table levels that it can reach
 * @map_flags: mask of the PFNMAP_TEST_MAP_* that it takes
 * @flags: PFNMAP_TEST_DESC_*
 * @mmap: fills in a VMA that lies in the region (vm_pgoff counts from its
 *	start), has vm_page_prot set to the cache mode and vm_private_data to
 *	the region
 */
struct pfnmap_pattern {
	const char *name;
	u64 regions;
	u64 levels;
	u32 map_flags;
	u32 flags;
	int (*mmap)(struct vm_area_struct *vma, const struct pfnmap_mapping *m);
};

extern const struct pfnmap_pattern pfnmap_remap_pfn_range;
extern const struct pfnmap_pattern pfnmap_vmf_insert_pfn;

/**
 * struct pfnmap_file - an open file
 * @lock: protects @map
 * @map: what SET_MAP said, or the default
 * @reservations: struct pfnmap_reservation by the id given to user space
 * @inode: its own, so that unmap_mapping_range() reaches its mappings alone
 */
struct pfnmap_file {
	struct mutex lock; /* map */
	struct pfnmap_mapping map;
	struct xarray reservations;
	struct inode *inode;
};

/* main.c */
extern char *pfnmap_param_mmio;

/* chardev.c */
int pfnmap_chardev_init(void);
void pfnmap_chardev_exit(void);

/* inode.c */
int pfnmap_inode_init(void);
void pfnmap_inode_exit(void);
struct inode *pfnmap_inode_new(void);

/* region.c */
int pfnmap_regions_init(void);
void pfnmap_regions_exit(void);
const struct pfnmap_region *pfnmap_region(u32 id);
const struct pfnmap_region *pfnmap_region_present(u32 id);
int pfnmap_region_span(const struct pfnmap_region *region, u64 offset,
		       u64 bytes);

/* parse.c */

/**
 * enum pfnmap_source - where a region's memory comes from
 * @PFNMAP_SOURCE_OFF: nowhere
 * @PFNMAP_SOURCE_AUTO: carved out of System RAM, as little as is safe
 * @PFNMAP_SOURCE_CARVE: carved out of System RAM, so many bytes
 * @PFNMAP_SOURCE_FIXED: a range that System RAM does not cover
 */
enum pfnmap_source {
	PFNMAP_SOURCE_OFF,
	PFNMAP_SOURCE_AUTO,
	PFNMAP_SOURCE_CARVE,
	PFNMAP_SOURCE_FIXED,
};

/**
 * struct pfnmap_spec - a region's module parameter, taken apart
 * @source: where the memory comes from
 * @start: physical address, with PFNMAP_SOURCE_FIXED
 * @bytes: size, with PFNMAP_SOURCE_CARVE and PFNMAP_SOURCE_FIXED
 */
struct pfnmap_spec {
	enum pfnmap_source source;
	u64 start;
	u64 bytes;
};

int pfnmap_parse_spec(const char *text, struct pfnmap_spec *spec,
		      const char **why);

/* carve.c */

/**
 * struct pfnmap_carved - memory taken out of System RAM
 * @start: physical address
 * @bytes: size; 0 if there is none
 * @nid: NUMA node that it goes back to
 */
struct pfnmap_carved {
	u64 start;
	u64 bytes;
	int nid;
};

#ifdef CONFIG_MEMORY_HOTREMOVE
int pfnmap_carve(u64 bytes, u64 most, struct pfnmap_carved *carved,
		 const char **why);
void pfnmap_uncarve(const struct pfnmap_carved *carved);
#else
static inline int pfnmap_carve(u64 bytes, u64 most,
			       struct pfnmap_carved *carved, const char **why)
{
	*why = "the kernel has no CONFIG_MEMORY_HOTREMOVE";
	return -EOPNOTSUPP;
}

static inline void pfnmap_uncarve(const struct pfnmap_carved *carved)
{
}
#endif

/* cachemode.c */
const char *pfnmap_cachemode_name(u32 mode);
u64 pfnmap_cachemode_distinct(void);
pgprot_t pfnmap_cachemode_set(pgprot_t prot, u32 mode);
u32 pfnmap_cachemode_get(pgprot_t prot);
u32 pfnmap_cachemode_get_kernel(const void *addr);
u32 pfnmap_cachemode_from_pat(enum page_cache_mode pcm);

/* resolve.c */
#ifdef CONFIG_KPROBES
int pfnmap_resolve_init(void);
void *pfnmap_resolve(const char *symbol);
#else
static inline int pfnmap_resolve_init(void)
{
	return -EOPNOTSUPP;
}

static inline void *pfnmap_resolve(const char *symbol)
{
	return NULL;
}
#endif

/* memtype.c */
void pfnmap_memtype_init(void);
int pfnmap_memtype_error(void);
bool pfnmap_memtype_busy(u64 start, u64 end);
int pfnmap_memtype_lookup(struct pfnmap_file *pf, void *arg);
int pfnmap_memtype_list(struct pfnmap_file *pf, void *arg);

/* reserve.c */
int pfnmap_reserve(struct pfnmap_file *pf, void *arg);
int pfnmap_release(struct pfnmap_file *pf, void *arg);
void pfnmap_release_all(struct pfnmap_file *pf);

/* leaf.c, vma.c, zap.c */
void pfnmap_leaf_init(void);
int pfnmap_leaf(struct pfnmap_file *pf, void *arg);
int pfnmap_vma(struct pfnmap_file *pf, void *arg);
int pfnmap_zap(struct pfnmap_file *pf, void *arg);

#endif /* PFNMAP_TEST_H */
