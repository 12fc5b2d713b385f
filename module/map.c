// SPDX-License-Identifier: GPL-2.0-only
/*
 * How an open file maps: SET_MAP chooses, mmap does it.
 */
#include <linux/capability.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/xarray.h>

#include "compat.h"
#include "misuse/misuse.h"
#include "pfnmap_test.h"

/**
 * pfnmap_map_default - what an open file maps before SET_MAP
 * @pf: a new open file
 */
void pfnmap_map_default(struct pfnmap_file *pf)
{
	const struct pfnmap_region *region;
	u32 method = PFNMAP_TEST_METHOD_REMAP_PFN_RANGE;

	if (pf->prepare)
		method = PFNMAP_TEST_METHOD_MMAP_ACTION_REMAP;

	region = pfnmap_region(PFNMAP_TEST_REGION_MMIO);
	if (region->error)
		region = pfnmap_region(PFNMAP_TEST_REGION_RAM);

	pf->map = (struct pfnmap_mapping){
		.region = region,
		.pattern = pfnmap_method(method),
		.level = PFNMAP_TEST_LEVEL_PTE,
		.cache_mode = region->cache_mode,
	};
}

/**
 * pfnmap_map_flags - what SET_MAP takes with a method
 * @pattern: the method
 *
 * Return: mask of PFNMAP_TEST_MAP_*: its misuse, and what works with any method.
 */
u32 pfnmap_map_flags(const struct pfnmap_pattern *pattern)
{
	u32 flags = pfnmap_misuse_flags(pattern);

	if (pattern->flags & PFNMAP_TEST_DESC_PREPARE)
		return flags;

	flags |= PFNMAP_TEST_MAP_MKWRITE | PFNMAP_TEST_MAP_IO;
	if (pattern->mmap_by_fault)
		flags |= PFNMAP_TEST_MAP_BY_FAULT;
	if (pattern->levels & PFNMAP_TEST_BIT(PFNMAP_TEST_LEVEL_PTE) &&
	    (pattern->flags & PFNMAP_TEST_DESC_FAULT || flags & PFNMAP_TEST_MAP_BY_FAULT))
		flags |= PFNMAP_FAULT_FLAGS;
	return flags;
}

/* There are large leaves where the kernel warns of another one. */
static bool faults_fit(const struct pfnmap_test_map *req,
		       const struct pfnmap_pattern *pattern)
{
	const u32 both = PFNMAP_TEST_MAP_AROUND | PFNMAP_TEST_MAP_AROUND_OTHER;

	if (!(req->flags & PFNMAP_FAULT_FLAGS))
		return true;

	return req->level == PFNMAP_TEST_LEVEL_PTE && (req->flags & both) != both &&
	       (pattern->flags & PFNMAP_TEST_DESC_FAULT ||
		req->flags & PFNMAP_TEST_MAP_BY_FAULT);
}

static int check_map(const struct pfnmap_file *pf,
		     const struct pfnmap_test_map *req,
		     const struct pfnmap_pattern *pattern)
{
	bool chunked = req->flags & PFNMAP_TEST_MAP_CHUNKED;
	bool prepare = pattern->flags & PFNMAP_TEST_DESC_PREPARE;

	if (!req->level || req->level >= PFNMAP_LEVELS ||
	    !pfnmap_cachemode_name(req->cache_mode))
		return -EINVAL;
	if (req->flags & ~pfnmap_map_flags(pattern))
		return -EINVAL;
	if (!faults_fit(req, pattern))
		return -EINVAL;
	if (chunked != !!req->chunk_bytes || !PAGE_ALIGNED(req->chunk_bytes))
		return -EINVAL;
	if (!pfnmap_cachemode_exists(req->cache_mode))
		return -EOPNOTSUPP;
	if (prepare != pf->prepare ||
	    !(pattern->regions & PFNMAP_TEST_BIT(req->region)) ||
	    !(pattern->levels & PFNMAP_TEST_BIT(req->level)))
		return -EOPNOTSUPP;

	/* Such a method reserves a mode, or makes folios anew. */
	if ((pattern->hold || pattern->flags & PFNMAP_TEST_DESC_FOLIO) &&
	    !capable(CAP_SYS_ADMIN))
		return -EPERM;

	return 0;
}

static struct pfnmap_held *call_hold(const struct pfnmap_pattern *pattern,
				     const struct pfnmap_region *region,
				     struct address_space *mapping)
{
	struct pfnmap_held *held;

	/* What maps folios reserves no mode, and may wait for the mmap lock. */
	if (pattern->flags & PFNMAP_TEST_DESC_FOLIO)
		return pattern->hold(region, mapping);

	/* A mode that is reserved changes the direct map, as RESERVE does. */
	pfnmap_dax_lock();
	held = pattern->hold(region, mapping);
	pfnmap_dax_unlock();
	return held;
}

/* One for each method and open file, kept until close: mappings may need it. */
static struct pfnmap_held *hold(struct pfnmap_file *pf, u32 method,
				const struct pfnmap_pattern *pattern,
				const struct pfnmap_region *region)
{
	struct pfnmap_held *held;
	int err;

	if (!pattern->hold)
		return NULL;

	held = xa_load(&pf->held, method);
	if (held)
		return held;

	if (pfnmap_fail_point())
		return ERR_PTR(-ENOMEM);

	held = call_hold(pattern, region, pf->memory.mapping);
	if (IS_ERR(held))
		return held;

	err = pfnmap_fail_point() ? -ENOMEM :
	      xa_err(xa_store(&pf->held, method, held, GFP_KERNEL_ACCOUNT));
	if (err) {
		held->release(held);
		return ERR_PTR(err);
	}

	return held;
}

/**
 * pfnmap_set_map - PFNMAP_TEST_SET_MAP
 * @pf: the open file
 * @arg: struct pfnmap_test_map
 *
 * Return: 0; -EINVAL, -ENXIO, -EOPNOTSUPP, -EPERM, -EBUSY as the uapi header says, or
 * what a method's hold() returns.
 */
int pfnmap_set_map(struct pfnmap_file *pf, void *arg)
{
	const struct pfnmap_test_map *req = arg;
	const struct pfnmap_pattern *pattern;
	const struct pfnmap_region *region;
	struct pfnmap_held *held;
	int err;

	region = pfnmap_region_present(req->region);
	if (IS_ERR(region))
		return PTR_ERR(region);

	pattern = pfnmap_method(req->method);
	if (IS_ERR(pattern))
		return PTR_ERR(pattern);

	err = check_map(pf, req, pattern);
	if (err)
		return err;

	if (pattern->flags & PFNMAP_TEST_DESC_FOLIO) {
		err = pfnmap_dax_set_order(pfnmap_level_order(req->level));
		if (err)
			return err;
	}

	mutex_lock(&pf->set_lock);
	held = hold(pf, req->method, pattern, region);
	mutex_unlock(&pf->set_lock);
	if (IS_ERR(held))
		return PTR_ERR(held);

	mutex_lock(&pf->lock);
	pf->map = (struct pfnmap_mapping){
		.region = region,
		.pattern = pattern,
		.held = held,
		.level = req->level,
		.cache_mode = req->cache_mode,
		.flags = req->flags,
		.chunk_bytes = req->chunk_bytes,
	};
	mutex_unlock(&pf->lock);

	return 0;
}

static int get_map(struct pfnmap_file *pf, struct pfnmap_mapping *map,
		   unsigned long pgoff, unsigned long bytes)
{
	u64 pages;

	mutex_lock(&pf->lock);
	*map = pf->map;
	if (map->level == PFNMAP_TEST_LEVEL_PUD)
		pf->puds |= PFNMAP_TEST_BIT(map->region->id);
	mutex_unlock(&pf->lock);

	if (map->region->error)
		return -ENXIO;

	pages = PHYS_PFN(map->region->bytes);
	if (pgoff > pages || PHYS_PFN(bytes) > pages - pgoff)
		return -EINVAL;

	return pfnmap_region_locked_down(map->region);
}

static int map_vma(struct vm_area_struct *vma, const struct pfnmap_mapping *map)
{
	if (map->flags & PFNMAP_TEST_MAP_BY_FAULT)
		return map->pattern->mmap_by_fault(vma, map);
	if (map->flags & pfnmap_misuse_flags(map->pattern))
		return pfnmap_misuse_mmap(vma, map);

	return map->pattern->mmap(vma, map);
}

/**
 * pfnmap_mmap - file operation
 * @file: the open file
 * @vma: to be filled in
 *
 * Return: 0 or a negative errno.
 */
int pfnmap_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct pfnmap_file *pf = file->private_data;
	struct pfnmap_mapping map;
	int err;

	err = get_map(pf, &map, vma->vm_pgoff, vma->vm_end - vma->vm_start);
	if (err)
		return err;

	vma->vm_private_data = (void *)&map.region->views[map.level];
	vma->vm_page_prot = pfnmap_cachemode_set(vma->vm_page_prot,
						 map.cache_mode);

	if (map.pattern->flags & PFNMAP_TEST_DESC_FOLIO) {
		struct file *folio_file;

		folio_file = pfnmap_dax_file(pf, pfnmap_level_order(map.level));
		if (IS_ERR(folio_file))
			return PTR_ERR(folio_file);
		vma_set_file(vma, folio_file);
		fput(folio_file);
	}

	err = pfnmap_fail_point() ? -ENOMEM : map_vma(vma, &map);
	if (!err && map.flags & PFNMAP_TEST_MAP_IO)
		compat_vm_flags_set(vma, VM_IO);
	if (!err)
		err = pfnmap_ops_set(vma, pf, map.flags);
	if (!err && map.flags & PFNMAP_TEST_MAP_FAIL)
		return -EIO;

	return err;
}

/**
 * pfnmap_file_memory - what a pattern may ask of the file of a VMA
 * @file: the open file
 *
 * Return: which regions are disabled, and how to wait for that to change.
 */
struct pfnmap_memory *pfnmap_file_memory(struct file *file)
{
	struct pfnmap_file *pf = file->private_data;

	return &pf->memory;
}

#if PFNMAP_HAVE_MMAP_ACTION
/**
 * pfnmap_mmap_prepare - file operation of the other device
 * @desc: the VMA to be, to be filled in
 *
 * Return: 0 or a negative errno.
 */
int pfnmap_mmap_prepare(struct vm_area_desc *desc)
{
	struct pfnmap_mapping map;
	int err;

	err = get_map(desc->file->private_data, &map, desc->pgoff,
		      desc->end - desc->start);
	if (err)
		return err;

	if (pfnmap_fail_point())
		return -ENOMEM;

	desc->page_prot = pfnmap_cachemode_set(desc->page_prot, map.cache_mode);
	return map.pattern->mmap_prepare(desc, &map);
}
#endif

/**
 * pfnmap_get_unmapped_area - file operation: an address that lets leaves be as
 * large as was asked for, or as fits
 * @file: the open file, or one of pfnmap_dax_file()
 * @addr: hint, taken as it is
 * @len: in bytes
 * @pgoff: page offset in the region
 * @flags: MAP_*
 *
 * Return: the address or a negative errno.
 */
unsigned long pfnmap_get_unmapped_area(struct file *file, unsigned long addr,
				       unsigned long len, unsigned long pgoff,
				       unsigned long flags)
{
	struct pfnmap_file *pf = file->private_data;
	unsigned long bytes, phys, found;
	u32 level;

	mutex_lock(&pf->lock);
	level = pf->map.level;
	phys = pf->map.region->start + PFN_PHYS(pgoff);
	mutex_unlock(&pf->lock);

	do {
		bytes = PAGE_SIZE << pfnmap_level_order(level);
	} while (len < bytes && level-- > PFNMAP_TEST_LEVEL_PTE);

	if (addr || flags & MAP_FIXED || len + bytes < len)
		return compat_mm_get_unmapped_area(file, addr, len, pgoff, flags);

	found = compat_mm_get_unmapped_area(file, 0, len + bytes - PAGE_SIZE, pgoff,
					    flags);
	if (IS_ERR_VALUE(found))
		return compat_mm_get_unmapped_area(file, 0, len, pgoff, flags);

	/* The address is as far into a leaf as the memory is. */
	return found + ((phys - found) & (bytes - 1));
}
