// SPDX-License-Identifier: GPL-2.0-only
/* A driver that calls remap_pfn_range() when the mapping is touched, and not in mmap(). */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pfn.h>

static ulong start;
module_param(start, ulong, 0);
MODULE_PARM_DESC(start, "1 GiB of physical memory that nobody uses");

static vm_fault_t finding_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	int err;

	err = remap_pfn_range(vma, vma->vm_start, PHYS_PFN(start),
			      vma->vm_end - vma->vm_start, vma->vm_page_prot);
	return err ? VM_FAULT_SIGBUS : VM_FAULT_NOPAGE;
}

static const struct vm_operations_struct finding_vm_ops = {
	.fault = finding_fault,
};

static int finding_mmap(struct file *file, struct vm_area_struct *vma)
{
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

module_init(finding_init);
MODULE_DESCRIPTION("remap_pfn_range() in fault()");
MODULE_LICENSE("GPL");
