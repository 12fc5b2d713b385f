// SPDX-License-Identifier: GPL-2.0-only
#include <linux/memremap.h>
#include <linux/mm.h>
#include <linux/version.h>

static inline struct dev_pagemap *map_of(struct page *page)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 15, 0)
	return page_pgmap(page);
#else
	return page->pgmap;
#endif
}
