// SPDX-License-Identifier: GPL-2.0-only
/* A driver that maps 1 GiB of pfns, and zaps a page of them as drivers do. */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pfn.h>
#include <linux/sched.h>
#if __has_include("linux/pfn_t.h")
#include <linux/pfn_t.h>
#define as_pfn(pfn)	pfn_to_pfn_t(pfn)
#else
#define as_pfn(pfn)	(pfn)
#endif

static ulong start;
module_param(start, ulong, 0);
MODULE_PARM_DESC(start, "1 GiB of physical memory that nobody uses");

static bool locked;
module_param(locked, bool, 0);
MODULE_PARM_DESC(locked, "hold the mmap lock, which before 6.19 the kernel asserts");

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

/* Zaps the first page. */
static ssize_t finding_read(struct file *file, char __user *to, size_t n, loff_t *pos)
{
	if (locked)
		mmap_read_lock(current->mm);
	unmap_mapping_range(file->f_mapping, 0, PAGE_SIZE, false);
	if (locked)
		mmap_read_unlock(current->mm);
	return 0;
}

static int finding_mmap(struct file *file, struct vm_area_struct *vma)
{
	vm_flags_set(vma, VM_PFNMAP | VM_HUGEPAGE);
	vma->vm_ops = &finding_vm_ops;
	return 0;
}

static const struct file_operations finding_fops = {
	.owner = THIS_MODULE,
	.read = finding_read,
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
MODULE_DESCRIPTION("maps 1 GiB of pfns, and zaps a page of them");
MODULE_LICENSE("GPL");
