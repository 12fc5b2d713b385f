// SPDX-License-Identifier: GPL-2.0-only
/*
 * MEMREMAP_PAGES: makes ZONE_DEVICE pages, until they are released, of memory that others
 * map by pfn. memremap_pages() reserves the range's mode for the kernel, as
 * remap_pfn_range() does for a VMA.
 */
#include <linux/err.h>
#include <linux/io.h>
#include <linux/memremap.h>
#include <linux/numa.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "compat.h"
#include "pfnmap_test.h"

/**
 * struct pfnmap_memremap - pages made for an open file
 * @owned: in the file's reservations
 * @pgmap: the page map that made them
 */
struct pfnmap_memremap {
	struct pfnmap_owned owned;
	struct dev_pagemap pgmap;
};

static void memremap_drop(struct pfnmap_owned *owned)
{
	struct pfnmap_memremap *mem =
		container_of(owned, struct pfnmap_memremap, owned);

	pfnmap_dax_lock();
	memunmap_pages(&mem->pgmap);
	pfnmap_dax_unlock();
	kfree(mem);
}

/* memremap_pages() looks for pages at both ends of the range only, and warns of any. */
static int refuse_pages(const struct range *range)
{
	u64 at;

	for (at = range->start; at < range->end; at += SZ_2M) {
		struct dev_pagemap *pgmap = compat_get_dev_pagemap(PHYS_PFN(at));

		if (pgmap) {
			put_dev_pagemap(pgmap);
			return -EBUSY;
		}
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}

	return 0;
}

/* No ioremap*() maps write-protected: it maps a range with this mode uncached. Look it up. */
static u32 held_mode(u64 start, void __iomem *cached)
{
	struct pfnmap_test_memtype held = { .address = start };
	u32 mode = pfnmap_cachemode_get_kernel((__force void *)cached);

	if (mode != PFNMAP_TEST_CACHE_UC || pfnmap_memtype_lookup(NULL, &held))
		return mode;

	return held.cache_mode;
}

static int make_pages(struct dev_pagemap *pgmap)
{
	const struct range *range = &pgmap->range;
	void __iomem *cached;
	void *addr;
	u32 mode;
	int err;

	err = refuse_pages(range);
	if (err)
		return err;

	/* ioremap_cache() takes the mode that others hold, and keeps it for memremap_pages(). */
	if (pfnmap_fail_point())
		return -ENOMEM;

	cached = ioremap_cache(range->start, range_len(range));
	if (!cached)
		return pfnmap_memtype_busy(range->start, range->end + 1) ?
		       -EINVAL : -ENOMEM;

	/* The direct map's large leaves can't have these modes: prot_sethuge() warns. */
	mode = held_mode(range->start, cached);
	if (mode == PFNMAP_TEST_CACHE_WT || mode == PFNMAP_TEST_CACHE_WP)
		addr = ERR_PTR(-EBUSY);
	else if (pfnmap_fail_point())
		addr = ERR_PTR(-ENOMEM);
	else
		addr = memremap_pages(pgmap, NUMA_NO_NODE);
	iounmap(cached);

	return PTR_ERR_OR_ZERO(addr);
}

/**
 * pfnmap_memremap - PFNMAP_TEST_MEMREMAP_PAGES
 * @pf: the open file
 * @arg: struct pfnmap_test_memremap
 *
 * Return: 0 or a negative errno, see the uapi header.
 */
int pfnmap_memremap(struct pfnmap_file *pf, void *arg)
{
	struct pfnmap_test_memremap *req = arg;
	const struct pfnmap_region *region;
	struct pfnmap_memremap *mem;
	u64 start;
	int err;

	region = pfnmap_region_present(req->region);
	if (IS_ERR(region))
		return PTR_ERR(region);
	if (req->reserved)
		return -EINVAL;
	if (req->region != PFNMAP_TEST_REGION_MMIO)
		return -EOPNOTSUPP;

	err = pfnmap_region_span(region, req->offset, req->bytes);
	if (err)
		return err;
	start = region->start + req->offset;
	if (!IS_ALIGNED(start | req->bytes, SZ_2M))
		return -EINVAL;

	mem = pfnmap_fail_point() ? NULL :
				      compat_kzalloc_obj(*mem, GFP_KERNEL_ACCOUNT);
	if (!mem)
		return -ENOMEM;

	mem->owned.drop = memremap_drop;
	mem->pgmap.type = MEMORY_DEVICE_GENERIC;
	mem->pgmap.range.start = start;
	mem->pgmap.range.end = start + req->bytes - 1;
	mem->pgmap.nr_range = 1;
	pfnmap_dax_lock();
	err = make_pages(&mem->pgmap);
	pfnmap_dax_unlock();
	if (err) {
		kfree(mem);
		return err;
	}

	err = pfnmap_id_new(&pf->reservations, &req->id, &mem->owned);
	if (err)
		memremap_drop(&mem->owned);

	return err;
}
