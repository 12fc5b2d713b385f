// SPDX-License-Identifier: GPL-2.0-only
/* 6.10: folio_mapcount() calls nothing that modules lack. */
#include <linux/mm.h>
#include <linux/version.h>

static inline int mapcount(struct folio *folio)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
	return folio_mapcount(folio);
#else
	return page_mapcount(&folio->page);
#endif
}
