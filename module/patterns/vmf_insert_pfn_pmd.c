// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmf_insert_pfn_pmd(): map 2 MiB at a time, when it is touched.
 *
 * When:    large I/O memory: fewer faults, page tables and TLB entries. VFIO
 *	    maps BARs in this way.
 * VMA:     VM_PFNMAP, set in mmap, and shared. The helper has a BUG_ON() for a
 *	    private mapping with VM_MAYWRITE, even if it is read-only: refuse
 *	    private mappings in mmap. VM_DONTEXPAND keeps mremap() from growing
 *	    the VMA past what mmap checked. get_unmapped_area has to give
 *	    addresses that suit the memory's alignment, else only small leaves
 *	    fit.
 *	    Pass vm_page_prot through pgprot_decrypted() for I/O memory: where RAM
 *	    is encrypted (SEV, TDX, SME) a device's memory is not, and the helper
 *	    leaves the encryption bit alone.
 * Mode:    the helper ignores the cache bits of vm_page_prot. The whole leaf gets
 *	    the mode that its first page is reserved in: outside RAM
 *	    uncached-minus if nobody holds a reservation.
 * Pitfall: you get no error when the mode differs, nor when pages of the leaf are
 *	    reserved in different modes. You must check alignment and the ends of
 *	    the VMA: the helper does not. Where your huge_fault() returns
 *	    VM_FAULT_FALLBACK, the kernel calls fault(). munmap() of part of a
 *	    leaf takes the whole leaf away; the rest faults in again.
 * Since:   6.12, where the entry is special. Give older kernels no huge_fault():
 *	    from 6.8 on they call it, and get_user_pages_fast() takes the pfn for
 *	    a page and oopses. Before 7.0 the kernel calls it only where THP is
 *	    enabled, which VM_HUGEPAGE asks for.
 */
#include <linux/mm.h>

#include "compat.h"
#include "large_leaf.h"
#include "method.h"

#if PFNMAP_HAVE_PMD
static vm_fault_t pfn_pmd_fault(struct vm_fault *vmf)
{
	const struct pfnmap_region *region = vmf->vma->vm_private_data;

	return vmf_insert_pfn(vmf->vma, vmf->address,
			      PHYS_PFN(region->start) + vmf->pgoff);
}

static vm_fault_t pfn_pmd_huge_fault(struct vm_fault *vmf, unsigned int order)
{
	const struct pfnmap_region *region = vmf->vma->vm_private_data;
	unsigned long pfn = PHYS_PFN(region->start) + vmf->pgoff;

	if (order != COMPAT_PMD_ORDER || !leaf_fits(vmf, order, pfn))
		return VM_FAULT_FALLBACK;

	return compat_vmf_insert_pfn_pmd(vmf, ALIGN_DOWN(pfn, 1UL << order),
					 vmf->flags & FAULT_FLAG_WRITE);
}

PFNMAP_DEFINE_HUGE_FAULT(pfn_pmd_huge_fault)

static const struct vm_operations_struct pfn_pmd_ops = {
	.fault = pfn_pmd_fault,
	.huge_fault = PFNMAP_PFN_HUGE_FAULT(pfn_pmd_huge_fault),
};

static int pfn_pmd_mmap(struct vm_area_struct *vma,
			const struct pfnmap_region *region)
{
	if (compat_vma_is_cow_mapping(vma))
		return -EINVAL;

	compat_vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP |
			    VM_HUGEPAGE);
	/* RAM may be encrypted, a device's memory is not. */
	if (region->io)
		vma->vm_page_prot = pgprot_decrypted(vma->vm_page_prot);
	vma->vm_ops = &pfn_pmd_ops;
	return 0;
}

const struct pfnmap_method pfnmap_vmf_insert_pfn_pmd = {
	.regions = PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_MMIO) |
		   PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_RAM) |
		   PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_DAX),
	.levels = PFNMAP_TEST_BIT(PFNMAP_TEST_LEVEL_PTE) |
		  PFNMAP_TEST_BIT(PFNMAP_TEST_LEVEL_PMD),
	.flags = PFNMAP_TEST_DESC_FAULT,
	.mmap = pfn_pmd_mmap,
};
#endif
