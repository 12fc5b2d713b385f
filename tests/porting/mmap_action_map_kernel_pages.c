// SPDX-License-Identifier: GPL-2.0-only
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/version.h>

static struct page *buffer[4] __maybe_unused;

#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 1, 0)
static inline int buffer_mmap_prepare(struct vm_area_desc *desc)
{
	if (desc->pgoff || desc->end - desc->start != ARRAY_SIZE(buffer) * PAGE_SIZE)
		return -ENXIO;

	vma_desc_set_flags(desc, VMA_DONTEXPAND_BIT);
	mmap_action_map_kernel_pages(desc, desc->start, buffer, ARRAY_SIZE(buffer));
	return 0;
}
#else
static inline int buffer_mmap(struct file *file, struct vm_area_struct *vma)
{
	return vm_map_pages(vma, buffer, ARRAY_SIZE(buffer));
}
#endif

static const struct file_operations buffer_fops __maybe_unused = {
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 1, 0)
	.mmap_prepare = buffer_mmap_prepare,
#else
	.mmap = buffer_mmap,
#endif
};
