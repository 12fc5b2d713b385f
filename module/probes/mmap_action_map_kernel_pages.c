// SPDX-License-Identifier: GPL-2.0-only
/* 7.1: mmap_prepare() can have the core map kernel pages. */
#include <linux/mm.h>

#if PFNMAP_PROBE_MMAP_ACTION_MAP_KERNEL_PAGES == 1
static inline void probe_mmap_action_map_kernel_pages(struct vm_area_desc *desc,
						      struct page **pages)
{
	vma_desc_set_flags(desc, VMA_DONTEXPAND_BIT, VMA_DONTDUMP_BIT);
	mmap_action_map_kernel_pages(desc, desc->start, pages, 1);
}
#elif PFNMAP_PROBE_MMAP_ACTION_MAP_KERNEL_PAGES == 0
PROBE_ABSENT(mmap_action_map_kernel_pages);
#endif
