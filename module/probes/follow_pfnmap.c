// SPDX-License-Identifier: GPL-2.0-only
/* 6.15: follow_pfnmap_start() tells an entry's size; 6.12 (2): no size; before: no function. */
#include <linux/mm.h>

#if PFNMAP_PROBE_FOLLOW_PFNMAP
static inline unsigned long probe_follow_pfnmap(struct follow_pfnmap_args *args)
{
	return follow_pfnmap_start(args) ? 0 : args->pfn;
}
#endif

#if PFNMAP_PROBE_FOLLOW_PFNMAP == 1
static inline unsigned long probe_follow_pfnmap_mask(struct follow_pfnmap_args *args)
{
	return args->addr_mask;
}
#elif PFNMAP_PROBE_FOLLOW_PFNMAP == 2
PROBE_NO_MEMBER(follow_pfnmap_args, addr_mask);
#elif PFNMAP_PROBE_FOLLOW_PFNMAP == 0
PROBE_ABSENT(follow_pfnmap_start);
#endif
