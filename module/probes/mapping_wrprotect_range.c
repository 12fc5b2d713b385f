// SPDX-License-Identifier: GPL-2.0-only
/* 6.15: mapping_wrprotect_range() finds pages by file offset and pfn, for fbdev's deferred I/O. */
#include <linux/rmap.h>

#if PFNMAP_PROBE_MAPPING_WRPROTECT_RANGE == 1
static inline int probe_mapping_wrprotect_range(struct address_space *mapping)
{
	return mapping_wrprotect_range(mapping, 0, 0, 1);
}
#elif PFNMAP_PROBE_MAPPING_WRPROTECT_RANGE == 0
PROBE_ABSENT(mapping_wrprotect_range);
#endif
