// SPDX-License-Identifier: GPL-2.0-only
/* 6.15: page_pgmap() finds the page map through the folio. */
#include <linux/memremap.h>
#include <linux/mm.h>

#if PFNMAP_PROBE_PAGE_PGMAP == 0
PROBE_ABSENT(page_pgmap);
#endif

static inline struct dev_pagemap *probe_page_pgmap(const struct page *page)
{
#if PFNMAP_PROBE_PAGE_PGMAP == 1
	return page_pgmap(page);
#elif PFNMAP_PROBE_PAGE_PGMAP == 0
	return page->pgmap;
#endif
}
