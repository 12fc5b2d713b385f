// SPDX-License-Identifier: GPL-2.0-only
/* 7.1: mmap_prepare() can have the core map a resource, bounds checked. */
#include <linux/mm.h>

#if PFNMAP_PROBE_MMAP_ACTION_SIMPLE_IOREMAP == 1
static inline void probe_mmap_action_simple_ioremap(struct vm_area_desc *desc,
						    phys_addr_t start, unsigned long size)
{
	mmap_action_simple_ioremap(desc, start, size);
}
#elif PFNMAP_PROBE_MMAP_ACTION_SIMPLE_IOREMAP == 0
PROBE_ABSENT(mmap_action_simple_ioremap);
#endif
