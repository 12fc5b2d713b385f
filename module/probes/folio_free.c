// SPDX-License-Identifier: GPL-2.0-only
/* 6.19: a page map's folio_free() gets a folio; before: its page_free() gets a page. */
#include <linux/memremap.h>

#if PFNMAP_PROBE_FOLIO_FREE == 0
PROBE_NO_MEMBER(dev_pagemap_ops, folio_free);
#endif

#if PFNMAP_PROBE_FOLIO_FREE == 1
static inline void probe_free(struct folio *folio)
#elif PFNMAP_PROBE_FOLIO_FREE == 0
static inline void probe_free(struct page *page)
#endif
{
}

static inline struct dev_pagemap_ops probe_folio_free(void)
{
	return (struct dev_pagemap_ops){
#if PFNMAP_PROBE_FOLIO_FREE == 1
		.folio_free = probe_free,
#elif PFNMAP_PROBE_FOLIO_FREE == 0
		.page_free = probe_free,
#endif
	};
}
