// SPDX-License-Identifier: GPL-2.0-only
/* 6.19: mmap_prepare() can have the core map pfns. */
#include <linux/mm.h>

#if PFNMAP_PROBE_MMAP_ACTION_REMAP == 1
static inline void probe_mmap_action_remap(struct vm_area_desc *desc, unsigned long pfn)
{
	mmap_action_remap_full(desc, pfn);
	mmap_action_ioremap_full(desc, pfn);
}
#elif PFNMAP_PROBE_MMAP_ACTION_REMAP == 0
PROBE_ABSENT(mmap_action_remap_full);
PROBE_ABSENT(mmap_action_ioremap_full);
#endif
