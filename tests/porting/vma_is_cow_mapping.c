// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>
#include <linux/version.h>

static inline int refuse_private(struct vm_area_struct *vma)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 3, 0)
	return vma_is_cow_mapping(vma) ? -EINVAL : 0;
#else
	return is_cow_mapping(vma->vm_flags) ? -EINVAL : 0;
#endif
}
