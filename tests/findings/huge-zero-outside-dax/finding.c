// SPDX-License-Identifier: GPL-2.0-only
/* A driver that maps the huge zero folio, with no DAX. */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/uaccess.h>
#include <linux/version.h>

/* Older kernels have the function, too, but take the folio for any other: ask for the version. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 18, 0)
static struct folio *zero;

static vm_fault_t finding_fault(struct vm_fault *vmf)
{
	return VM_FAULT_SIGBUS;
}

static vm_fault_t finding_huge_fault(struct vm_fault *vmf, unsigned int order)
{
	if (order != PMD_ORDER)
		return VM_FAULT_FALLBACK;

	return vmf_insert_folio_pmd(vmf, zero, false);
}

static const struct vm_operations_struct finding_vm_ops = {
	.fault = finding_fault,
	.huge_fault = finding_huge_fault,
};

static int finding_mmap(struct file *file, struct vm_area_struct *vma)
{
	if (!zero)
		return -ENODATA;

	vm_flags_set(vma, VM_MIXEDMAP | VM_HUGEPAGE);
	vma->vm_ops = &finding_vm_ops;
	return 0;
}

/* User space writes the address of an anonymous hole: the kernel does not export the folio. */
static ssize_t finding_write(struct file *file, const char __user *buf,
			     size_t len, loff_t *pos)
{
	struct page *page;
	unsigned long addr;
	long n;

	if (len != sizeof(addr) || copy_from_user(&addr, buf, len))
		return -EINVAL;
	n = get_user_pages_unlocked(addr, 1, &page, 0);
	if (n != 1)
		return n < 0 ? n : -EFAULT;

	zero = page_folio(page);
	return folio_order(zero) == PMD_ORDER ? len : -ENODATA;
}

static const struct file_operations finding_fops = {
	.owner = THIS_MODULE,
	.mmap = finding_mmap,
	.write = finding_write,
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
MODULE_DESCRIPTION("maps the huge zero folio outside of DAX");
MODULE_LICENSE("GPL");
