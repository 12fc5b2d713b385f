// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cache modes held on part of a region, to provoke conflicts and to make
 * vmf_insert_pfn() yield something other than uncached-minus.
 *
 * The kernel exports no memtype_reserve(). ioremap*() is what reserves a range
 * with a mode of one's choice, as long as it is mapped.
 */
#include <linux/err.h>
#include <linux/io.h>
#include <linux/slab.h>

#include "compat.h"
#include "pfnmap_test.h"

/**
 * struct pfnmap_reservation - a range held for an open file
 * @addr: what reserves it
 */
struct pfnmap_reservation {
	void __iomem *addr;
};

static void __iomem *map_with_mode(u64 start, u64 bytes, u32 mode)
{
	switch (mode) {
	case PFNMAP_TEST_CACHE_WB:
		return ioremap_cache(start, bytes);
	case PFNMAP_TEST_CACHE_UC_MINUS:
		return ioremap(start, bytes);
	case PFNMAP_TEST_CACHE_UC:
		return ioremap_uc(start, bytes);
	case PFNMAP_TEST_CACHE_WC:
		return ioremap_wc(start, bytes);
	case PFNMAP_TEST_CACHE_WT:
		return ioremap_wt(start, bytes);
	}

	return IOMEM_ERR_PTR(-EOPNOTSUPP);
}

static int hold(struct pfnmap_reservation *held, u64 start, u64 bytes, u32 mode)
{
	held->addr = map_with_mode(start, bytes, mode);
	if (IS_ERR(held->addr))
		return PTR_ERR(held->addr);

	/* ioremap() does not say what it was that it could not do. */
	if (!held->addr)
		return pfnmap_memtype_busy(start, start + bytes) ? -EBUSY : -ENOMEM;

	return 0;
}

/**
 * pfnmap_reserve - PFNMAP_TEST_MEMTYPE_RESERVE
 * @pf: the open file
 * @arg: struct pfnmap_test_reserve
 *
 * Return: 0 or a negative errno, see the uapi header.
 */
int pfnmap_reserve(struct pfnmap_file *pf, void *arg)
{
	struct pfnmap_test_reserve *req = arg;
	const struct pfnmap_region *region;
	struct pfnmap_reservation *held;
	int err;

	region = pfnmap_region_present(req->region);
	if (IS_ERR(region))
		return PTR_ERR(region);
	if (!pfnmap_cachemode_name(req->cache_mode))
		return -EINVAL;
	if (req->region == PFNMAP_TEST_REGION_RAM)
		return -EOPNOTSUPP;

	err = pfnmap_region_span(region, req->offset, req->bytes);
	if (err)
		return err;

	held = kzalloc_obj(*held, GFP_KERNEL_ACCOUNT);
	if (!held)
		return -ENOMEM;

	err = hold(held, region->start + req->offset, req->bytes,
		   req->cache_mode);
	if (err)
		goto err_free;

	err = xa_alloc(&pf->reservations, &req->id, held, xa_limit_31b,
		       GFP_KERNEL_ACCOUNT);
	if (err)
		goto err_unmap;

	req->cache_mode = pfnmap_cachemode_get_kernel((__force void *)held->addr);
	return 0;

err_unmap:
	iounmap(held->addr);
err_free:
	kfree(held);
	return err;
}

static void drop(struct pfnmap_reservation *held)
{
	iounmap(held->addr);
	kfree(held);
}

/**
 * pfnmap_release - PFNMAP_TEST_MEMTYPE_RELEASE
 * @pf: the open file
 * @arg: struct pfnmap_test_release
 *
 * Return: 0, or -ENOENT for an id that @pf does not hold.
 */
int pfnmap_release(struct pfnmap_file *pf, void *arg)
{
	struct pfnmap_test_release *req = arg;
	struct pfnmap_reservation *held;

	held = xa_erase(&pf->reservations, req->id);
	if (!held)
		return -ENOENT;

	drop(held);
	return 0;
}

/**
 * pfnmap_release_all - give back everything that an open file holds
 * @pf: the open file, about to go
 */
void pfnmap_release_all(struct pfnmap_file *pf)
{
	struct pfnmap_reservation *held;
	unsigned long id;

	xa_for_each(&pf->reservations, id, held)
		drop(held);
	xa_destroy(&pf->reservations);
}
