// SPDX-License-Identifier: GPL-2.0-only
/* Shows the cache mode that the private copy of a write-combining page has. */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pfn.h>
#include <linux/pgtable.h>
#include <linux/uaccess.h>

#define CACHE_BITS	(_PAGE_PWT | _PAGE_PCD | _PAGE_PAT)

static ulong start;
module_param(start, ulong, 0);
MODULE_PARM_DESC(start, "a page of physical memory that nobody uses");

static int finding_mmap(struct file *file, struct vm_area_struct *vma)
{
	vma->vm_page_prot = pgprot_writecombine(vma->vm_page_prot);
	return remap_pfn_range(vma, vma->vm_start, PHYS_PFN(start), PAGE_SIZE,
			       vma->vm_page_prot);
}

static pte_t entry(unsigned long addr)
{
	pgd_t *pgd = pgd_offset(current->mm, addr);
	p4d_t *p4d = p4d_offset(pgd, addr);
	pud_t *pud = pud_offset(p4d, addr);
	pmd_t *pmd = pmd_offset(pud, addr);

	return *pte_offset_kernel(pmd, addr);
}

/* User space writes the address of the copy. */
static ssize_t finding_write(struct file *file, const char __user *buf,
			     size_t len, loff_t *pos)
{
	unsigned long addr, user, kernel;
	unsigned int level;
	pte_t pte, *direct;

	if (len != sizeof(addr) || copy_from_user(&addr, buf, len))
		return -EINVAL;

	mmap_read_lock(current->mm);
	pte = entry(addr);
	mmap_read_unlock(current->mm);
	if (!pte_present(pte) || pte_pfn(pte) == PHYS_PFN(start))
		return -ENODATA;

	direct = lookup_address((unsigned long)__va(PFN_PHYS(pte_pfn(pte))), &level);
	if (!direct)
		return -ENODATA;

	/* The direct map's entry is write-back if these two bits are clear, at any level. */
	user = pte_flags(pte) & CACHE_BITS;
	kernel = pte_flags(*direct) & (_PAGE_PWT | _PAGE_PCD);
	pr_info("finding: entries 0x%llx and 0x%llx\n", (u64)pte_val(pte),
		(u64)pte_val(*direct));
	if (!kernel && user)
		pr_info("finding: RAM is write-back in the direct map, and in user space another mode\n");
	return len;
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

module_init(finding_init);
MODULE_DESCRIPTION("the mode of a private copy");
MODULE_LICENSE("GPL");
