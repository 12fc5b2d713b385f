// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmf_insert_pfn_pud(): map 1 GiB at a time, and less where 1 GiB does not fit.
 *
 * When:    very large I/O memory, such as GPU memory that VFIO hands to a guest.
 * VMA:     VM_PFNMAP, set in mmap, and shared. The helper has a BUG_ON() for a
 *	    private mapping with VM_MAYWRITE, even if it is read-only: refuse
 *	    private mappings in mmap. VM_DONTEXPAND keeps mremap() from growing
 *	    the VMA past what mmap checked. get_unmapped_area has to give
 *	    addresses that suit the memory's alignment. The file's inode is not
 *	    S_DAX: on 7.2 munmap of such an entry oopses there.
 *	    Pass vm_page_prot through pgprot_decrypted() for I/O memory: where RAM
 *	    is encrypted (SEV, TDX, SME) a device's memory is not, and the helper
 *	    leaves the encryption bit alone.
 * Mode:    the helper ignores the cache bits of vm_page_prot. The whole leaf gets
 *	    the mode that its first page is reserved in: outside RAM
 *	    uncached-minus if nobody holds a reservation. On 6.12 the helper looks
 *	    this mode up and then uses the mode of vm_page_prot regardless: one
 *	    page may be mapped in two modes.
 * Pitfall: you get no error when the mode differs. You must check alignment and
 *	    the ends of the VMA. The kernel tries the largest level first, and the
 *	    next one for each VM_FAULT_FALLBACK. Without your may_split() anybody
 *	    who unmaps one page of a leaf brings the kernel down; without your
 *	    open() mremap() clears the leaf as if it were a broken table.
 * Since:   6.12, where the entry is special. Give older kernels no huge_fault():
 *	    from 6.8 on they call it, and get_user_pages_fast() takes the pfn for
 *	    a page and oopses. Before 7.0 the kernel calls it only where THP is
 *	    enabled, which VM_HUGEPAGE asks for.
 */
#include <linux/mm.h>

#include "compat.h"
#include "large_leaf.h"
#include "method.h"

#if PFNMAP_HAVE_PUD
static vm_fault_t pfn_pud_fault(struct vm_fault *vmf)
{
	const struct pfnmap_region *region = vmf->vma->vm_private_data;

	return vmf_insert_pfn(vmf->vma, vmf->address,
			      PHYS_PFN(region->start) + vmf->pgoff);
}

static vm_fault_t pfn_pud_huge_fault(struct vm_fault *vmf, unsigned int order)
{
	const struct pfnmap_region *region = vmf->vma->vm_private_data;
	unsigned long pfn = PHYS_PFN(region->start) + vmf->pgoff;
	bool write = vmf->flags & FAULT_FLAG_WRITE;

	if (!leaf_fits(vmf, order, pfn))
		return VM_FAULT_FALLBACK;

	pfn = ALIGN_DOWN(pfn, 1UL << order);
	switch (order) {
	case COMPAT_PUD_ORDER:
		return compat_vmf_insert_pfn_pud(vmf, pfn, write);
	case COMPAT_PMD_ORDER:
		return compat_vmf_insert_pfn_pmd(vmf, pfn, write);
	default:
		return VM_FAULT_FALLBACK;
	}
}

PFNMAP_DEFINE_HUGE_FAULT(pfn_pud_huge_fault)

static const struct vm_operations_struct pfn_pud_ops = {
	.fault = pfn_pud_fault,
	.huge_fault = PFNMAP_PFN_HUGE_FAULT(pfn_pud_huge_fault),
	.may_split = may_split_pud,
	.open = open_pud,
};

static int pfn_pud_mmap(struct vm_area_struct *vma,
			const struct pfnmap_region *region)
{
	if (compat_vma_is_cow_mapping(vma))
		return -EINVAL;

	compat_vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP |
			    VM_HUGEPAGE);
	/* RAM may be encrypted, a device's memory is not. */
	if (region->io)
		vma->vm_page_prot = pgprot_decrypted(vma->vm_page_prot);
	vma->vm_ops = &pfn_pud_ops;
	return 0;
}

const struct pfnmap_method pfnmap_vmf_insert_pfn_pud = {
	.regions = PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_MMIO) |
		   PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_DAX),
	.levels = PFNMAP_TEST_BIT(PFNMAP_TEST_LEVEL_PTE) |
		  PFNMAP_TEST_BIT(PFNMAP_TEST_LEVEL_PMD) |
		  PFNMAP_TEST_BIT(PFNMAP_TEST_LEVEL_PUD),
	.flags = PFNMAP_TEST_DESC_FAULT,
	.mmap = pfn_pud_mmap,
};
#endif
