// SPDX-License-Identifier: GPL-2.0-only
/* 7.0: vma_desc_is_cow_mapping() tells whether the VMA will be CoW. */
#include <linux/mm.h>

#if PFNMAP_PROBE_VMA_DESC_IS_COW_MAPPING == 1
static inline bool probe_vma_desc_is_cow_mapping(struct vm_area_desc *desc)
{
	return vma_desc_is_cow_mapping(desc);
}
#elif PFNMAP_PROBE_VMA_DESC_IS_COW_MAPPING == 0
PROBE_ABSENT(vma_desc_is_cow_mapping);
#endif
