// SPDX-License-Identifier: GPL-2.0-only
/*
 * Gives a BAR of QEMU's ivshmem to P2PDMA, and compares the entry by which user space maps one of
 * its pages with the kernel's.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pci-p2pdma.h>
#include <linux/pci.h>
#include <linux/pgtable.h>
#include <linux/uaccess.h>

#define CACHE_BITS	(_PAGE_PWT | _PAGE_PCD | _PAGE_PAT)

static int finding_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	int err = pcim_enable_device(pdev);

	if (err)
		return err;

	return pci_p2pdma_add_resource(pdev, 2, 0, 0);
}

static const struct pci_device_id finding_ids[] = {
	{ PCI_DEVICE(PCI_VENDOR_ID_REDHAT_QUMRANET, 0x1110) },
	{ }
};

static struct pci_driver finding_driver = {
	.name = "finding",
	.id_table = finding_ids,
	.probe = finding_probe,
};

static pte_t entry(unsigned long addr)
{
	pgd_t *pgd = pgd_offset(current->mm, addr);
	p4d_t *p4d = p4d_offset(pgd, addr);
	pud_t *pud = pud_offset(p4d, addr);
	pmd_t *pmd = pmd_offset(pud, addr);

	return *pte_offset_kernel(pmd, addr);
}

/* User space writes the address of a page that it has written to. */
static ssize_t finding_write(struct file *file, const char __user *buf,
			     size_t len, loff_t *pos)
{
	unsigned long addr, kernel;
	unsigned int level;
	pte_t pte, *direct;

	if (len != sizeof(addr) || copy_from_user(&addr, buf, len))
		return -EINVAL;

	mmap_read_lock(current->mm);
	pte = entry(addr);
	mmap_read_unlock(current->mm);
	if (!pte_present(pte))
		return -ENODATA;

	direct = lookup_address((unsigned long)__va(PFN_PHYS(pte_pfn(pte))), &level);
	if (!direct)
		return -ENODATA;

	/* These two bits are clear of a write-back entry, at any level. */
	kernel = pte_flags(*direct) & (_PAGE_PWT | _PAGE_PCD);
	pr_info("finding: entries 0x%llx and 0x%llx\n", (u64)pte_val(pte),
		(u64)pte_val(*direct));
	if (kernel && !(pte_flags(pte) & CACHE_BITS))
		pr_info("finding: the device's memory is write-back in user space, and uncached in the kernel\n");
	return len;
}

static const struct file_operations finding_fops = {
	.owner = THIS_MODULE,
	.write = finding_write,
};

static struct miscdevice finding_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "finding",
	.fops = &finding_fops,
};

static int __init finding_init(void)
{
	int err;

	if (!IS_ENABLED(CONFIG_PCI_P2PDMA))
		return -EOPNOTSUPP;

	err = pci_register_driver(&finding_driver);
	if (err)
		return err;

	err = misc_register(&finding_device);
	if (err)
		pci_unregister_driver(&finding_driver);
	return err;
}

module_init(finding_init);
MODULE_DESCRIPTION("the modes of P2PDMA memory");
MODULE_LICENSE("GPL");
