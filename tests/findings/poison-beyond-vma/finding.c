// SPDX-License-Identifier: GPL-2.0-only
/* A driver whose pfn_to_vma_pgoff() does not look at where the VMA ends. */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pfn.h>

static ulong start;
module_param(start, ulong, 0444);
MODULE_PARM_DESC(start, "physical memory that nobody uses");

#if IS_ENABLED(CONFIG_MEMORY_FAILURE) && __has_include("linux/memory-failure.h")
#include <linux/memory-failure.h>

static int finding_pgoff(struct vm_area_struct *vma, unsigned long pfn, pgoff_t *pgoff)
{
	*pgoff = pfn - PHYS_PFN(start);
	return 0;
}

static struct pfn_address_space space = {
	.pfn_to_vma_pgoff = finding_pgoff,
};

static vm_fault_t finding_fault(struct vm_fault *vmf)
{
	return vmf_insert_pfn(vmf->vma, vmf->address, PHYS_PFN(start) + vmf->pgoff);
}

static const struct vm_operations_struct finding_vm_ops = {
	.fault = finding_fault,
};

/* Registers the first caller's device node. */
static int finding_mmap(struct file *file, struct vm_area_struct *vma)
{
	if (!space.mapping) {
		space.mapping = file->f_mapping;
		space.node.start = PHYS_PFN(start);
		space.node.last = PHYS_PFN(start) + 15;
		if (register_pfn_address_space(&space))
			return -EBUSY;
	}
	vm_flags_set(vma, VM_PFNMAP);
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
MODULE_DESCRIPTION("maps memory without struct pages, registered for memory failure");
MODULE_LICENSE("GPL");
