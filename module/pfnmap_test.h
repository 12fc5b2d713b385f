/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The types and functions that the module's files share.
 */
#ifndef PFNMAP_TEST_H
#define PFNMAP_TEST_H

#include <linux/atomic.h>
#include <linux/err.h>
#include <linux/list.h>
#include <linux/mm_types.h>
#include <linux/mutex.h>
#include <linux/pgtable.h>
#include <linux/types.h>
#include <linux/xarray.h>

#include "fail.h"
#include "patterns/method.h"
#include "uapi/pfnmap_test.h"

struct file;
struct file_operations;
struct inode;
struct page;
struct pci_dev;
struct resource;
struct vm_area_desc;

/**
 * enum pfnmap_call - calls of a VMA's operations that an open file counts
 * @PFNMAP_CALL_FAULT: calls of fault()
 * @PFNMAP_CALL_HUGE_FAULT: calls of huge_fault(), also if it returns VM_FAULT_FALLBACK
 * @PFNMAP_CALL_PFN_MKWRITE: calls of pfn_mkwrite()
 * @PFNMAP_CALL_PAGE_MKWRITE: calls of page_mkwrite()
 * @PFNMAP_CALLS: number of these operations
 */
enum pfnmap_call {
	PFNMAP_CALL_FAULT,
	PFNMAP_CALL_HUGE_FAULT,
	PFNMAP_CALL_PFN_MKWRITE,
	PFNMAP_CALL_PAGE_MKWRITE,
	PFNMAP_CALLS,
};

/**
 * struct pfnmap_owned - what an open file owns: a method's state, or what an ioctl made for
 * user space
 * @drop: gives back what the file owns
 */
struct pfnmap_owned {
	void (*drop)(struct pfnmap_owned *owned);
};

/**
 * struct pfnmap_mapping - how mmap() maps
 * @region: what to map
 * @method: which helper maps it
 * @state: what the method's setup() filled in, or NULL
 * @level: the largest level of its leaves, enum pfnmap_test_level
 * @cache_mode: enum pfnmap_test_cache_mode
 * @flags: PFNMAP_TEST_MAP_*
 * @chunk_bytes: size of one call with PFNMAP_TEST_MAP_CHUNKED
 */
struct pfnmap_mapping {
	const struct pfnmap_region *region;
	const struct pfnmap_method *method;
	void *state;
	u32 level;
	u32 cache_mode;
	u32 flags;
	u64 chunk_bytes;
};

/**
 * struct pfnmap_file - an open file
 * @lock: protects @map, @puds and @ops; mmap() takes it under the mmap lock
 * @set_lock: protects @states; never taken under the mmap lock, since some methods'
 *	setup() takes the mmap lock
 * @map: what SET_MAP said, or the default
 * @puds: mask of the regions that the file has ever mapped with @map.level PUD
 * @ops: operations of its VMAs that are not the methods' own, see ops.c
 * @calls: calls of @ops since the last PFNMAP_TEST_CALLS
 * @states: struct pfnmap_owned by method
 * @reservations: struct pfnmap_owned by the id given to user space
 * @pins: struct pfnmap_pin by the id given to user space
 * @inode: an inode of its own, so that unmap_mapping_range() reaches its mappings alone
 * @file: the open file that this struct belongs to
 * @fail: what FAIL_NEXT said; fail.c has its lock
 * @power: by region, what SET_ENABLED turned off
 * @mmio: pfnmap_mmio_get() has succeeded: the file may have the mmio region mapped
 * @prepare: the file is of PFNMAP_TEST_DEVICE_PREPARE
 * @folios: the file has mapped folios, which may still be pinned
 */
struct pfnmap_file {
	struct mutex lock; /* map, puds, ops */
	struct mutex set_lock; /* states */
	struct pfnmap_mapping map;
	u64 puds;
	struct list_head ops;
	atomic64_t calls[PFNMAP_CALLS];
	struct xarray states;
	struct xarray reservations;
	struct xarray pins;
	struct inode *inode;
	struct file *file;
	struct pfnmap_fail fail;
	struct pfnmap_power power[PFNMAP_REGIONS];
	bool mmio;
	bool prepare;
	bool folios;
};

/* chardev.c */
int pfnmap_chardev_init(void);
void pfnmap_chardev_exit(void);

/* info.c */
int pfnmap_get_info(struct pfnmap_file *pf, void *arg);
int pfnmap_describe(struct pfnmap_file *pf, void *arg);

/* level.c */
const char *pfnmap_level_name(u32 level);
unsigned int pfnmap_level_order(u32 level);
unsigned long pfnmap_get_unmapped_area(struct file *file, unsigned long addr,
				       unsigned long len, unsigned long pgoff,
				       unsigned long flags);

/* methods.c */
const struct pfnmap_method *pfnmap_method(u32 id);
const char *pfnmap_method_name(u32 id);

/* map.c */
void pfnmap_map_default(struct pfnmap_file *pf);
u32 pfnmap_map_flags(const struct pfnmap_method *method);
int pfnmap_set_map(struct pfnmap_file *pf, void *arg);
int pfnmap_mmap(struct file *file, struct vm_area_struct *vma);
int pfnmap_mmap_prepare(struct vm_area_desc *desc);

/* ops.c */

/* The PFNMAP_TEST_MAP_* flags that need operations other than the method's own. */
#define PFNMAP_OPS_FLAGS						\
	(PFNMAP_TEST_MAP_MKWRITE | PFNMAP_FAULT_FLAGS) /* misuse/misuse.h */

const struct vm_operations_struct *
pfnmap_ops_get(const struct vm_operations_struct *inner, struct pfnmap_file *pf,
	       const struct pfnmap_mapping *map);
void pfnmap_ops_free(struct pfnmap_file *pf);
int pfnmap_calls(struct pfnmap_file *pf, void *arg);

/* inode.c */
int pfnmap_inode_init(void);
void pfnmap_inode_exit(void);
struct inode *pfnmap_inode_new(void);
struct address_space *pfnmap_folio_mapping(void);
struct file *pfnmap_folio_file(const struct file_operations *fops, void *data);

/* region.c */
int pfnmap_regions_init(const char *mmio, const char *dax, const char *align);
void pfnmap_regions_exit(void);
const struct pfnmap_region *pfnmap_region(u32 id);
const struct pfnmap_region *pfnmap_region_present(u32 id);
bool pfnmap_mmio_get(void);
void pfnmap_mmio_put(void);
int pfnmap_region_locked_down(const struct pfnmap_region *region);
int pfnmap_region_span(const struct pfnmap_region *region, u64 offset,
		       u64 bytes);

/* parse.c */

/**
 * enum pfnmap_source - where a region's memory comes from
 * @PFNMAP_SOURCE_OFF: nowhere
 * @PFNMAP_SOURCE_AUTO: carved out of System RAM, as little as is safe
 * @PFNMAP_SOURCE_CARVE: carved out of System RAM, of the size that the user names
 * @PFNMAP_SOURCE_FIXED: a range that System RAM does not cover
 * @PFNMAP_SOURCE_PCI: a BAR of a PCI device
 */
enum pfnmap_source {
	PFNMAP_SOURCE_OFF,
	PFNMAP_SOURCE_AUTO,
	PFNMAP_SOURCE_CARVE,
	PFNMAP_SOURCE_FIXED,
	PFNMAP_SOURCE_PCI,
};

/**
 * struct pfnmap_bar - a BAR of a PCI device
 * @domain: PCI domain
 * @bus: bus number
 * @devfn: device and function, as PCI_DEVFN()
 * @bar: 0 to 5
 */
struct pfnmap_bar {
	int domain;
	unsigned int bus;
	unsigned int devfn;
	unsigned int bar;
};

/**
 * struct pfnmap_spec - a region's module parameter, parsed
 * @source: where the memory comes from
 * @start: physical address, with PFNMAP_SOURCE_FIXED
 * @bytes: size, with PFNMAP_SOURCE_CARVE and PFNMAP_SOURCE_FIXED
 * @bar: with PFNMAP_SOURCE_PCI
 */
struct pfnmap_spec {
	enum pfnmap_source source;
	u64 start;
	u64 bytes;
	struct pfnmap_bar bar;
};

int pfnmap_parse_spec(const char *text, struct pfnmap_spec *spec,
		      const char **why);
int pfnmap_parse_align(const char *text, u64 *bytes);

/* carve.c */

/**
 * struct pfnmap_carved - memory taken out of System RAM
 * @start: physical address
 * @bytes: size; 0 if there is none
 * @nid: NUMA node that it goes back to
 * @movable: whether it goes back to ZONE_MOVABLE
 */
struct pfnmap_carved {
	u64 start;
	u64 bytes;
	int nid;
	bool movable;
};

#if defined(CONFIG_MEMORY_HOTREMOVE) && defined(CONFIG_X86)
int pfnmap_carve(u64 bytes, u64 most, struct pfnmap_carved *carved,
		 const char **why);
void pfnmap_uncarve(const struct pfnmap_carved *carved);
#else
static inline int pfnmap_carve(u64 bytes, u64 most,
			       struct pfnmap_carved *carved, const char **why)
{
	*why = IS_ENABLED(CONFIG_MEMORY_HOTREMOVE) ?
	       "this architecture does not part with boot memory" :
	       "the kernel has no CONFIG_MEMORY_HOTREMOVE";
	return -EOPNOTSUPP;
}

static inline void pfnmap_uncarve(const struct pfnmap_carved *carved)
{
}
#endif

/* pci.c */
#ifdef CONFIG_PCI
struct pci_dev *pfnmap_pci_get(const struct pfnmap_bar *bar, u64 *start,
			       u64 *bytes, bool *prefetch, const char **why);
void pfnmap_pci_put(struct pci_dev *pdev, unsigned int bar);
int pfnmap_pci_watch(struct pci_dev *pdev, void (*gone)(void));
void pfnmap_pci_unwatch(void);
#else
static inline struct pci_dev *pfnmap_pci_get(const struct pfnmap_bar *bar,
					     u64 *start, u64 *bytes,
					     bool *prefetch, const char **why)
{
	*why = "the kernel has no CONFIG_PCI";
	return ERR_PTR(-EOPNOTSUPP);
}

static inline void pfnmap_pci_put(struct pci_dev *pdev, unsigned int bar)
{
}

static inline int pfnmap_pci_watch(struct pci_dev *pdev, void (*gone)(void))
{
	return -ENODEV;
}

static inline void pfnmap_pci_unwatch(void)
{
}
#endif

/* backing.c */

/**
 * struct pfnmap_backing - physical memory that the module owns
 * @start: physical address
 * @bytes: size
 * @res: its entry in /proc/iomem; NULL for a BAR
 * @carved: the memory carved out of System RAM for it, if any
 * @pdev: the device whose BAR it is, or NULL
 * @bar: the BAR's number
 * @prefetch: the BAR is prefetchable
 */
struct pfnmap_backing {
	u64 start;
	u64 bytes;
	struct resource *res;
	struct pfnmap_carved carved;
	struct pci_dev *pdev;
	unsigned int bar;
	bool prefetch;
};

int pfnmap_backing_get(struct pfnmap_backing *backing,
		       const struct pfnmap_spec *spec, const char *name,
		       const char **why);
void pfnmap_backing_put(struct pfnmap_backing *backing);

/* dax.c */
#ifdef CONFIG_ZONE_DEVICE
int pfnmap_dax_init(struct pfnmap_region *region, u64 align, const char **why);
bool pfnmap_dax_exit(void);
int pfnmap_dax_set_order(unsigned int order);
bool pfnmap_dax_has_order(unsigned int order);
bool pfnmap_dax_idle(u64 offset, u64 bytes);
bool pfnmap_dax_mapped(void);
void pfnmap_dax_lock(void);
void pfnmap_dax_unlock(void);
struct file *pfnmap_dax_file(struct pfnmap_file *pf, unsigned int order);

/* idle.c */
int pfnmap_wait_idle(struct pfnmap_file *pf, void *arg);
void pfnmap_linger(void);
bool pfnmap_linger_owed(void);
#else
static inline int pfnmap_dax_init(struct pfnmap_region *region, u64 align,
				  const char **why)
{
	*why = "the kernel has no CONFIG_ZONE_DEVICE";
	return -EOPNOTSUPP;
}

static inline bool pfnmap_dax_exit(void)
{
	return false;
}

static inline int pfnmap_dax_set_order(unsigned int order)
{
	return -EOPNOTSUPP;
}

static inline bool pfnmap_dax_has_order(unsigned int order)
{
	return false;
}

static inline void pfnmap_dax_lock(void)
{
}

static inline void pfnmap_dax_unlock(void)
{
}

static inline struct file *pfnmap_dax_file(struct pfnmap_file *pf,
					   unsigned int order)
{
	return ERR_PTR(-EOPNOTSUPP);
}

static inline int pfnmap_wait_idle(struct pfnmap_file *pf, void *arg)
{
	return -EOPNOTSUPP;
}

static inline void pfnmap_linger(void)
{
}

static inline bool pfnmap_linger_owed(void)
{
	return false;
}
#endif

/* cachemode.c */
const char *pfnmap_cachemode_name(u32 mode);
bool pfnmap_cachemode_exists(u32 mode);
u64 pfnmap_cachemode_distinct(void);
pgprot_t pfnmap_cachemode_set(pgprot_t prot, u32 mode);
u32 pfnmap_cachemode_get(pgprot_t prot);
#ifdef CONFIG_X86
u32 pfnmap_cachemode_get_kernel(const void *addr);
u32 pfnmap_cachemode_from_pat(enum page_cache_mode pcm);
#else
/* This architecture tracks no modes, so nobody holds memory in another mode. */
static inline u32 pfnmap_cachemode_get_kernel(const void *addr)
{
	return PFNMAP_TEST_CACHE_WB;
}
#endif

/* memremap.c */
#ifdef CONFIG_ZONE_DEVICE
int pfnmap_memremap(struct pfnmap_file *pf, void *arg);
#else
static inline int pfnmap_memremap(struct pfnmap_file *pf, void *arg)
{
	return -EOPNOTSUPP;
}
#endif

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

/* memtype.c, reserve.c */
int pfnmap_release(struct pfnmap_file *pf, void *arg);
#ifdef CONFIG_X86
void pfnmap_memtype_init(void);
int pfnmap_memtype_error(void);
bool pfnmap_memtype_busy(u64 start, u64 end);
int pfnmap_memtype_lookup(struct pfnmap_file *pf, void *arg);
int pfnmap_memtype_list(struct pfnmap_file *pf, void *arg);
int pfnmap_reserve(struct pfnmap_file *pf, void *arg);
void pfnmap_reserve_settle(void);
void pfnmap_reserve_exit(void);
#else
static inline void pfnmap_memtype_init(void)
{
}

static inline int pfnmap_memtype_error(void)
{
	return -EOPNOTSUPP;
}

static inline bool pfnmap_memtype_busy(u64 start, u64 end)
{
	return true;
}

static inline int pfnmap_memtype_lookup(struct pfnmap_file *pf, void *arg)
{
	return -EOPNOTSUPP;
}

static inline int pfnmap_memtype_list(struct pfnmap_file *pf, void *arg)
{
	return -EOPNOTSUPP;
}

static inline int pfnmap_reserve(struct pfnmap_file *pf, void *arg)
{
	return -EOPNOTSUPP;
}

static inline void pfnmap_reserve_settle(void)
{
}

static inline void pfnmap_reserve_exit(void)
{
}
#endif

/* owned.c */
int pfnmap_id_new(struct xarray *ids, u32 *id, void *object);
void pfnmap_id_tell(struct xarray *ids, u32 id);
void *pfnmap_id_take(struct xarray *ids, u32 id);
void pfnmap_drop_owned(void *object);
void pfnmap_drop_all(struct pfnmap_file *pf);

/* leaf.c, follow.c, vma.c, inspect.c, zap.c */
void pfnmap_leaf_init(void);
u64 pfnmap_leaf_of(struct mm_struct *mm, struct pfnmap_test_leaf *out);
int pfnmap_leaf(struct pfnmap_file *pf, void *arg);
int pfnmap_follow_vma(struct vm_area_struct *vma, struct pfnmap_test_follow *out);
int pfnmap_follow(struct pfnmap_file *pf, void *arg);
void pfnmap_vma_of(const struct vm_area_struct *vma, struct pfnmap_test_vma *out);
int pfnmap_vma(struct pfnmap_file *pf, void *arg);
void pfnmap_inspect_init(void);
int pfnmap_inspect(struct pfnmap_file *pf, void *arg);
int pfnmap_zap(struct pfnmap_file *pf, void *arg);

/* enabled.c */
void pfnmap_power_init(struct pfnmap_file *pf);
int pfnmap_set_enabled(struct pfnmap_file *pf, void *arg);

/* folio.c, pin.c, word.c */
bool pfnmap_poisoned(struct page *page);
int pfnmap_folio_of(unsigned long pfn, struct pfnmap_test_folio *out);
int pfnmap_folio(struct pfnmap_file *pf, void *arg);
int pfnmap_pin(struct pfnmap_file *pf, void *arg);
int pfnmap_unpin(struct pfnmap_file *pf, void *arg);
void pfnmap_drop_pin(void *object);
void pfnmap_unpin_all(struct pfnmap_file *pf);
int pfnmap_word(struct pfnmap_file *pf, void *arg);

#endif /* PFNMAP_TEST_H */
