// SPDX-License-Identifier: GPL-2.0-only
/*
 * The folio behind a page, and its counts.
 */
#include <linux/memory_hotplug.h>
#include <linux/memremap.h>
#include <linux/mm.h>

#include "compat.h"
#include "pfnmap_test.h"

/**
 * pfnmap_poisoned - whether the kernel knows that a page's memory has failed
 * @page: a page that can't go meanwhile
 *
 * An access may be a machine check, which the kernel does not survive. After a real one
 * the direct map does not even have the page (set_mce_nospec()).
 *
 * Return: true for a page that failed, and for all pages of a ZONE_DEVICE or hugetlb
 * folio of which a page failed: the kernel marks the first page.
 */
bool pfnmap_poisoned(struct page *page)
{
	return PageHWPoison(page) || PageHWPoison(folio_page(page_folio(page), 0));
}

/* The pfn that the caller asks about, or -errno. */
static long long find_pfn(struct pfnmap_file *pf,
			  const struct pfnmap_test_folio *req)
{
	struct pfnmap_test_leaf leaf = { .address = req->address };
	const struct pfnmap_region *region;
	int err;

	if (!req->region) {
		err = pfnmap_leaf(pf, &leaf);
		if (err)
			return err;

		return leaf.flags & PFNMAP_TEST_LEAF_PRESENT ? leaf.pfn : -ENODATA;
	}

	region = pfnmap_region_present(req->region);
	if (IS_ERR(region))
		return PTR_ERR(region);
	if (req->address >= region->bytes)
		return -EOVERFLOW;

	return PHYS_PFN(region->start + req->address);
}

/* The page may move to another folio before folio_try_get(): then look again. */
static struct folio *get_folio(struct page *page, bool *got)
{
	struct folio *folio;

	for (;;) {
		folio = page_folio(page);
		*got = folio_try_get(folio);
		if (!*got || page_folio(page) == folio)
			return folio;
		folio_put(folio);
	}
}

static void describe(struct page *page, struct pfnmap_test_folio *out)
{
	bool got;
	struct folio *folio = get_folio(page, &got);

	/* A free page: any moment it may be a tail, of which CONFIG_DEBUG_VM_PGFLAGS BUGs. */
	if (!got && !is_zone_device_page(page)) {
		out->pfn = page_to_pfn(page);
		return;
	}

	out->order = folio_order(folio);
	out->refs = folio_ref_count(folio) - got;
	out->mapcount = compat_folio_mapcount(folio);
	out->page_refs = page_ref_count(page) -
			 (got && page == folio_page(folio, 0));
	out->pfn = folio_pfn(folio);
	if (page != folio_page(folio, 0))
		out->flags |= PFNMAP_TEST_FOLIO_TAIL;
	if (folio_test_anon(folio))
		out->flags |= PFNMAP_TEST_FOLIO_ANON;
	if (PageHWPoison(folio_page(folio, 0)))
		out->flags |= PFNMAP_TEST_FOLIO_HWPOISON;
	if (folio_test_dirty(folio))
		out->flags |= PFNMAP_TEST_FOLIO_DIRTY;
	if (folio->mapping && !folio_test_anon(folio)) {
		out->flags |= PFNMAP_TEST_FOLIO_MAPPING;
		out->index = folio->index;
	}
	if (is_zone_device_page(page)) {
		out->flags |= PFNMAP_TEST_FOLIO_ZONE_DEVICE;
		out->pgmap = compat_page_pgmap(page)->type;
	}

	if (got)
		folio_put(folio);
}

static int look(unsigned long pfn, struct pfnmap_test_folio *out)
{
	struct dev_pagemap *pgmap;
	struct page *page;

	page = pfn_to_online_page(pfn);
	if (page) {
		describe(page, out);
		return 0;
	}

	pgmap = compat_get_dev_pagemap(pfn);
	if (!pgmap)
		return -ENODATA;

	describe(pfn_to_page(pfn), out);
	put_dev_pagemap(pgmap);
	return 0;
}

/**
 * pfnmap_folio_of - the folio behind a page frame
 * @pfn: its number
 * @out: zero, except for what the caller keeps there; filled in on success
 *
 * Do not call this under the mmap lock: it takes pfnmap_dax_lock(), see dax.c.
 *
 * Return: 0, or -ENODATA where no struct page is.
 */
int pfnmap_folio_of(unsigned long pfn, struct pfnmap_test_folio *out)
{
	int err;

	pfnmap_dax_lock();
	err = look(pfn, out);
	pfnmap_dax_unlock();

	return err;
}

/**
 * pfnmap_folio - PFNMAP_TEST_FOLIO
 * @pf: the open file
 * @arg: struct pfnmap_test_folio
 *
 * Return: 0; -EINVAL or -ENXIO for the region, -EOVERFLOW past its end, -EFAULT
 * where no VMA is, -ENODATA where nothing is mapped or no struct page is.
 */
int pfnmap_folio(struct pfnmap_file *pf, void *arg)
{
	struct pfnmap_test_folio *out = arg;
	long long pfn;

	/* Don't wait for the mmap lock under pfnmap_dax_lock(), which all open files need. */
	pfn = find_pfn(pf, out);
	if (pfn < 0)
		return pfn;

	*out = (struct pfnmap_test_folio){
		.size = out->size,
		.region = out->region,
		.address = out->address,
	};
	return pfnmap_folio_of(pfn, out);
}
