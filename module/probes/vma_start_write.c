// SPDX-License-Identifier: GPL-2.0-only
/* 6.4: a fault may hold only the lock of its VMA; vma_start_write() keeps faults out. */
#include <linux/mm.h>

#if PFNMAP_PROBE_VMA_START_WRITE == 1
static inline void probe_vma_start_write(struct vm_area_struct *vma)
{
	vma_start_write(vma);
}
#elif PFNMAP_PROBE_VMA_START_WRITE == 0
PROBE_ABSENT(vma_start_write);
#endif
