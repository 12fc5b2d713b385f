// SPDX-License-Identifier: GPL-2.0-only
#include <linux/memremap.h>
#include <linux/mm.h>
#include <linux/version.h>

static inline void give_back(struct folio *folio)
{
}

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 19, 0)
static inline void give_back_page(struct page *page)
{
	give_back(page_folio(page));
}
#endif

static const struct dev_pagemap_ops map_ops __maybe_unused = {
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 19, 0)
	.folio_free = give_back,
#else
	.page_free = give_back_page,
#endif
};
