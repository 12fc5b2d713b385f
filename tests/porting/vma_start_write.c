// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>
#include <linux/version.h>

static inline void keep_faults_out(struct vm_area_struct *vma)
{
	mmap_assert_write_locked(vma->vm_mm);
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
	vma_start_write(vma);
#endif
}
