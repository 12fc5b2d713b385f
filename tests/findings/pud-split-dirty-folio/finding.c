// SPDX-License-Identifier: GPL-2.0-only
/* A driver that maps a folio of 1 GiB, and has no a_ops->dirty_folio(). */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/memremap.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pfn.h>
#include <linux/version.h>

static ulong start;
module_param(start, ulong, 0);
MODULE_PARM_DESC(start, "1 GiB of physical memory that nobody uses");

/*
 * vmf_insert_folio_pud() is no macro, and came with no header or option of its own: the
 * preprocessor knows only the version.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 15, 0)
static struct dev_pagemap pgmap = {
	.type = MEMORY_DEVICE_GENERIC,
	.vmemmap_shift = PUD_SHIFT - PAGE_SHIFT,
	.nr_range = 1,
};

static vm_fault_t finding_fault(struct vm_fault *vmf)
{
	return VM_FAULT_SIGBUS;
}

static vm_fault_t finding_huge_fault(struct vm_fault *vmf, unsigned int order)
{
	struct folio *folio = page_folio(pfn_to_page(PHYS_PFN(start)));

	if (order != PUD_SHIFT - PAGE_SHIFT)
		return VM_FAULT_FALLBACK;

	folio->mapping = vmf->vma->vm_file->f_mapping;
	return vmf_insert_folio_pud(vmf, folio, vmf->flags & FAULT_FLAG_WRITE);
}

static const struct vm_operations_struct finding_vm_ops = {
	.fault = finding_fault,
	.huge_fault = finding_huge_fault,
};

static int finding_mmap(struct file *file, struct vm_area_struct *vma)
{
	file_inode(file)->i_flags |= S_DAX;
	vm_flags_set(vma, VM_HUGEPAGE);
	vma->vm_ops = &finding_vm_ops;
	return 0;
}

static const struct file_operations finding_fops = {
	.owner = THIS_MODULE,
	.mmap = finding_mmap,
};

static struct miscdevice finding_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "finding",
	.fops = &finding_fops,
};

static int __init finding_init(void)
{
	void *addr;

	pgmap.range.start = start;
	pgmap.range.end = start + PUD_SIZE - 1;
	addr = memremap_pages(&pgmap, NUMA_NO_NODE);
	if (IS_ERR(addr))
		return PTR_ERR(addr);

	return misc_register(&finding_device);
}
#else
static int __init finding_init(void)
{
	return -EOPNOTSUPP;
}
#endif

module_init(finding_init);
MODULE_DESCRIPTION("maps a folio of 1 GiB without a_ops->dirty_folio()");
MODULE_LICENSE("GPL");
