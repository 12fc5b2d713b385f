// SPDX-License-Identifier: GPL-2.0-only
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/version.h>

#define BAR_PFN		0xfd000UL	/* PHYS_PFN(pci_resource_start(pdev, 0)) */

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 19, 0)
static inline int bar_mmap_prepare(struct vm_area_desc *desc)
{
	desc->page_prot = pgprot_noncached(desc->page_prot);
	mmap_action_ioremap_full(desc, BAR_PFN + desc->pgoff);
	return 0;
}
#else
static inline int bar_mmap(struct file *file, struct vm_area_struct *vma)
{
	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	return io_remap_pfn_range(vma, vma->vm_start, BAR_PFN + vma->vm_pgoff,
				  vma->vm_end - vma->vm_start, vma->vm_page_prot);
}
#endif

static const struct file_operations bar_fops __maybe_unused = {
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 19, 0)
	.mmap_prepare = bar_mmap_prepare,
#else
	.mmap = bar_mmap,
#endif
};
