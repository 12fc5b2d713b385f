// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>
#include <linux/version.h>

static inline void zap_all(struct vm_area_struct *vma)
{
	unsigned long bytes = vma->vm_end - vma->vm_start;

#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 1, 0)
	zap_special_vma_range(vma, vma->vm_start, bytes);
#else
	zap_vma_ptes(vma, vma->vm_start, bytes);
#endif
}
