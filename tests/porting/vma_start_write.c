// SPDX-License-Identifier: GPL-2.0-only
/* 6.4: a fault may hold the lock of its VMA alone; vma_start_write() keeps faults out. */
#include <linux/mm.h>
#include <linux/version.h>

static inline void keep_faults_out(struct vm_area_struct *vma)
{
	mmap_assert_write_locked(vma->vm_mm);
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
	vma_start_write(vma);
#endif
}
