// SPDX-License-Identifier: GPL-2.0-only
/* 6.12: follow_pte() became follow_pfnmap_start(); 6.10: follow_pte() takes the VMA, not its mm. */
#include <linux/mm.h>
#include <linux/version.h>

/* With the mmap lock held. The pfn is of use only until the lock goes. */
static inline int pfn_of(struct vm_area_struct *vma, unsigned long addr, unsigned long *pfn)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
	struct follow_pfnmap_args args = { .vma = vma, .address = addr };
	int err = follow_pfnmap_start(&args);

	if (err)
		return err;

	*pfn = args.pfn;
	follow_pfnmap_end(&args);
#else
	spinlock_t *lock;	/* the page table's */
	pte_t *pte;
	int err;

	if (!(vma->vm_flags & (VM_IO | VM_PFNMAP)))
		return -EINVAL;

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
	err = follow_pte(vma, addr, &pte, &lock);
#else
	err = follow_pte(vma->vm_mm, addr, &pte, &lock);
#endif
	if (err)
		return err;

	*pfn = pte_pfn(*pte);
	pte_unmap_unlock(pte, lock);
#endif
	return 0;
}
