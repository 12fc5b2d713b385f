// SPDX-License-Identifier: GPL-2.0-only
/*
 * RESERVE holds a cache mode on part of a region, to provoke conflicts and to make
 * vmf_insert_pfn() yield something other than uncached-minus. RELEASE gives it back, or
 * the pages of MEMREMAP_PAGES, which architectures without reservations have, too.
 *
 * The kernel exports no memtype_reserve(). But ioremap*() reserves a range in a mode
 * that the caller chooses, as long as the mapping lives. RAM has no reservations: its
 * pages have the mode of the direct map, which set_memory_*() changes.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/io.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/pfn.h>
#include <linux/set_memory.h>
#include <linux/slab.h>

#include "compat.h"
#include "pfnmap_test.h"

#ifdef CONFIG_X86
/**
 * struct pfnmap_reservation - a range held for an open file
 * @owned: in the file's reservations
 * @addr: the ioremap*() mapping that reserves the range; NULL for RAM
 * @ram: the address of RAM in the direct map, 0 for other memory
 * @pages: number of pages of RAM
 * @node: in the list of RAM that is not write-back yet
 */
struct pfnmap_reservation {
	struct pfnmap_owned owned;
	void __iomem *addr;
	unsigned long ram;
	int pages;
	struct list_head node;
};

/* Pages of RAM that nobody holds any more, and that the kernel can't set to write-back yet. */
static LIST_HEAD(not_write_back);
static DEFINE_MUTEX(not_write_back_lock);

static void keep(struct pfnmap_reservation *res)
{
	pr_warn("ram: %d pages are not write-back yet\n", res->pages);
	mutex_lock(&not_write_back_lock);
	list_add(&res->node, &not_write_back);
	mutex_unlock(&not_write_back_lock);
}

static void reservation_drop(struct pfnmap_owned *owned)
{
	struct pfnmap_reservation *res =
		container_of(owned, struct pfnmap_reservation, owned);

	if (!res->ram) {
		iounmap(res->addr);
	} else if (pfnmap_fail_point() || set_memory_wb(res->ram, res->pages)) {
		keep(res);
		return;
	}
	kfree(res);
}

/**
 * pfnmap_reserve_settle - set to write-back what a release could not set
 *
 * The kernel may need memory for this. What it still can't set waits for the next call.
 */
void pfnmap_reserve_settle(void)
{
	struct pfnmap_reservation *res, *next;

	mutex_lock(&not_write_back_lock);
	list_for_each_entry_safe(res, next, &not_write_back, node) {
		if (set_memory_wb(res->ram, res->pages))
			continue;

		list_del(&res->node);
		kfree(res);
	}
	mutex_unlock(&not_write_back_lock);
}

/**
 * pfnmap_reserve_exit - settle for the last time; nobody reserves anything any more
 *
 * ram_exit() then does not free pages that are not write-back.
 */
void pfnmap_reserve_exit(void)
{
	struct pfnmap_reservation *res, *next;

	pfnmap_reserve_settle();
	list_for_each_entry_safe(res, next, &not_write_back, node)
		kfree(res);
}

static bool ram_can_be(u32 mode)
{
	return mode == PFNMAP_TEST_CACHE_UC_MINUS || mode == PFNMAP_TEST_CACHE_WC;
}

/*
 * The kernel sets all pages or none. All of ram lies in one naturally aligned block of 2 MiB
 * or less: only splitting the leaf there can fail, and is done before the first page is set.
 */
static int reserve_ram(struct pfnmap_reservation *res, u64 start, u64 bytes, u32 mode)
{
	res->owned.drop = reservation_drop;
	res->ram = (unsigned long)__va(start);
	res->pages = PHYS_PFN(bytes);
	return mode == PFNMAP_TEST_CACHE_WC ? set_memory_wc(res->ram, res->pages) :
					      set_memory_uc(res->ram, res->pages);
}

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

static int reserve_range(struct pfnmap_reservation *res, const struct pfnmap_region *region,
			 u64 offset, u64 bytes, u32 mode)
{
	u64 start = region->start + offset;

	if (pfnmap_fail_point())
		return -ENOMEM;
	if (region->id == PFNMAP_TEST_REGION_RAM)
		return reserve_ram(res, start, bytes, mode);

	res->owned.drop = reservation_drop;
	res->addr = map_with_mode(start, bytes, mode);
	if (IS_ERR(res->addr))
		return PTR_ERR(res->addr);

	/* ioremap*() does not say why it failed. */
	if (!res->addr)
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
	struct pfnmap_reservation *res;
	int err;

	region = pfnmap_region_present(req->region);
	if (IS_ERR(region))
		return PTR_ERR(region);
	if (!pfnmap_cachemode_name(req->cache_mode))
		return -EINVAL;
	if (req->region == PFNMAP_TEST_REGION_RAM && !ram_can_be(req->cache_mode))
		return -EOPNOTSUPP;

	err = pfnmap_region_span(region, req->offset, req->bytes);
	if (err)
		return err;

	res = pfnmap_fail_point() ? NULL :
				      compat_kzalloc_obj(*res, GFP_KERNEL_ACCOUNT);
	if (!res)
		return -ENOMEM;

	/*
	 * The kernel changes the direct map, too, if the range has struct pages. The
	 * lock keeps these, and their direct map, from coming and going meanwhile.
	 */
	pfnmap_dax_lock();
	err = reserve_range(res, region, req->offset, req->bytes, req->cache_mode);
	pfnmap_dax_unlock();
	if (err)
		goto err_free;

	err = pfnmap_id_new(&pf->reservations, &req->id, &res->owned);
	if (err)
		goto err_drop;

	req->cache_mode = pfnmap_cachemode_get_kernel(res->ram ? (void *)res->ram :
						      (__force void *)res->addr);
	return 0;

err_drop:
	reservation_drop(&res->owned);
	return err;

err_free:
	kfree(res);
	return err;
}
#endif /* CONFIG_X86 */

/**
 * pfnmap_release - PFNMAP_TEST_MEMTYPE_RELEASE
 * @pf: the open file
 * @arg: struct pfnmap_test_release
 *
 * Return: 0, or -ENOENT for an id of which @pf has no object.
 */
int pfnmap_release(struct pfnmap_file *pf, void *arg)
{
	struct pfnmap_test_release *req = arg;
	struct pfnmap_owned *owned;

	owned = pfnmap_id_take(&pf->reservations, req->id);
	if (!owned)
		return -ENOENT;

	owned->drop(owned);
	return 0;
}
