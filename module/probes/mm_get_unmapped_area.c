// SPDX-License-Identifier: GPL-2.0-only
/* 6.19: mm_get_unmapped_area() takes no mm; 6.10 (2): an mm; before: the mm has a pointer. */
#include <linux/mm_types.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>

#if PFNMAP_PROBE_MM_GET_UNMAPPED_AREA == 0
PROBE_ABSENT(mm_get_unmapped_area);
#endif

static inline unsigned long
probe_mm_get_unmapped_area(struct file *file, unsigned long addr, unsigned long len,
			   unsigned long pgoff, unsigned long flags)
{
#if PFNMAP_PROBE_MM_GET_UNMAPPED_AREA == 1
	return mm_get_unmapped_area(file, addr, len, pgoff, flags);
#elif PFNMAP_PROBE_MM_GET_UNMAPPED_AREA == 2
	return mm_get_unmapped_area(current->mm, file, addr, len, pgoff, flags);
#elif PFNMAP_PROBE_MM_GET_UNMAPPED_AREA == 0
	return current->mm->get_unmapped_area(file, addr, len, pgoff, flags);
#endif
}
