// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>
#include <linux/version.h>

static inline void set_flags(struct vm_area_struct *vma)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	vm_flags_set(vma, VM_IO | VM_PFNMAP);
#else
	vma->vm_flags |= VM_IO | VM_PFNMAP;
#endif
}
