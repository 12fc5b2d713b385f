// SPDX-License-Identifier: GPL-2.0-only
/*
 * A driver that maps 2 MiB if the touched address begins 2 MiB, and otherwise a page. It
 * should ask about the leaf's address instead.
 */
#include <linux/delay.h>
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
MODULE_PARM_DESC(start, "2 MiB of physical memory that nobody uses");

#ifdef CONFIG_ARCH_SUPPORTS_PMD_PFNMAP
static vm_fault_t finding_fault(struct vm_fault *vmf)
{
	/* Stands for whatever a driver waits for. */
	msleep(200);
	return vmf_insert_pfn(vmf->vma, vmf->address, PHYS_PFN(start) + vmf->pgoff);
}

static vm_fault_t finding_huge_fault(struct vm_fault *vmf, unsigned int order)
{
	if (order != PMD_ORDER || !IS_ALIGNED(vmf->address, PMD_SIZE))
		return VM_FAULT_FALLBACK;

	return vmf_insert_pfn_pmd(vmf, as_pfn(PHYS_PFN(start)), false);
}

static const struct vm_operations_struct finding_vm_ops = {
	.fault = finding_fault,
	.huge_fault = finding_huge_fault,
};

static int finding_mmap(struct file *file, struct vm_area_struct *vma)
{
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
MODULE_DESCRIPTION("large leaves by the address that is touched");
MODULE_LICENSE("GPL");
