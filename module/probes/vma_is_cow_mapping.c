// SPDX-License-Identifier: GPL-2.0-only
/* 7.3: vma_is_cow_mapping() of a VMA; before: is_cow_mapping() of its flags. */
#include <linux/mm.h>

#if PFNMAP_PROBE_VMA_IS_COW_MAPPING == 0
PROBE_ABSENT(vma_is_cow_mapping);
#endif

static inline bool probe_vma_is_cow_mapping(const struct vm_area_struct *vma)
{
#if PFNMAP_PROBE_VMA_IS_COW_MAPPING == 1
	return vma_is_cow_mapping(vma);
#elif PFNMAP_PROBE_VMA_IS_COW_MAPPING == 0
	return is_cow_mapping(vma->vm_flags);
#endif
}
