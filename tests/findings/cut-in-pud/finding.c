// SPDX-License-Identifier: GPL-2.0-only
/*
 * A driver that maps 1 GiB of pfns, and has no may_split(). The module of three findings:
 * cut-in-pud, mremap-loses-pud and, with dax=1, pfnmap-pud-in-dax.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pfn.h>
#if __has_include("linux/pfn_t.h")
#include <linux/pfn_t.h>
#define as_pfn(pfn)	pfn_to_pfn_t(pfn)
#else
#define as_pfn(pfn)	(pfn)
#endif

static ulong start;
module_param(start, ulong, 0);
MODULE_PARM_DESC(start, "1 GiB of physical memory that nobody uses");

static bool dax;
module_param(dax, bool, 0);
MODULE_PARM_DESC(dax, "make the inode S_DAX");

#ifdef CONFIG_ARCH_SUPPORTS_PUD_PFNMAP
static vm_fault_t finding_fault(struct vm_fault *vmf)
{
	return VM_FAULT_SIGBUS;
}

static vm_fault_t finding_huge_fault(struct vm_fault *vmf, unsigned int order)
{
	if (order != PUD_SHIFT - PAGE_SHIFT)
		return VM_FAULT_FALLBACK;

	return vmf_insert_pfn_pud(vmf, as_pfn(PHYS_PFN(start)), false);
}

static const struct vm_operations_struct finding_vm_ops = {
	.fault = finding_fault,
	.huge_fault = finding_huge_fault,
};

static int finding_mmap(struct file *file, struct vm_area_struct *vma)
{
	if (dax)
		file_inode(file)->i_flags |= S_DAX;
	vm_flags_set(vma, VM_PFNMAP | VM_HUGEPAGE);
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
	return misc_register(&finding_device);
}
#else
static int __init finding_init(void)
{
	return -EOPNOTSUPP;
}
#endif

module_init(finding_init);
MODULE_DESCRIPTION("maps 1 GiB of pfns");
MODULE_LICENSE("GPL");
