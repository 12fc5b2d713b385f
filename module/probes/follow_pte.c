// SPDX-License-Identifier: GPL-2.0-only
/* 6.12: no follow_pte() any more; 6.10 (2): it takes a VMA; before (0): an mm. */
#include <linux/mm.h>

#if PFNMAP_PROBE_FOLLOW_PTE == 1
PROBE_ABSENT(follow_pte);
#else
static inline int probe_follow_pte(struct vm_area_struct *vma, pte_t **ptep, spinlock_t **lock)
{
#if PFNMAP_PROBE_FOLLOW_PTE == 2
	return follow_pte(vma, vma->vm_start, ptep, lock);
#elif PFNMAP_PROBE_FOLLOW_PTE == 0
	return follow_pte(vma->vm_mm, vma->vm_start, ptep, lock);
#endif
}
#endif
