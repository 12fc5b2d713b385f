// SPDX-License-Identifier: GPL-2.0-only
/* 6.10: folio_mapcount() calls only what the kernel exports. */
#include <linux/mm.h>

#if PFNMAP_PROBE_FOLIO_MAPCOUNT == 1
static inline int probe_folio_mapcount(const struct folio *folio)
{
	return folio_large_mapcount(folio);
}
#elif PFNMAP_PROBE_FOLIO_MAPCOUNT == 0
PROBE_ABSENT(folio_large_mapcount);
#endif
