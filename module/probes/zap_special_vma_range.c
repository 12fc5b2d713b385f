// SPDX-License-Identifier: GPL-2.0-only
/* 7.1: zap_vma_ptes() became zap_special_vma_range(), and takes VM_MIXEDMAP. */
#include <linux/mm.h>

#if PFNMAP_PROBE_ZAP_SPECIAL_VMA_RANGE == 0
PROBE_ABSENT(zap_special_vma_range);
#endif

static inline void probe_zap_special_vma_range(struct vm_area_struct *vma)
{
#if PFNMAP_PROBE_ZAP_SPECIAL_VMA_RANGE == 1
	zap_special_vma_range(vma, vma->vm_start, PAGE_SIZE);
#elif PFNMAP_PROBE_ZAP_SPECIAL_VMA_RANGE == 0
	zap_vma_ptes(vma, vma->vm_start, PAGE_SIZE);
#endif
}
