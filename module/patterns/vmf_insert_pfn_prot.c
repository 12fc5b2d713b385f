// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmf_insert_pfn_prot(): vmf_insert_pfn() with a protection for the one page.
 *
 * When:    pages of one VMA differ in protection (encryption, write access), as
 *	    in TTM's buffers. They can't differ in cache mode.
 * VMA:     VM_PFNMAP, set in mmap, and shared. The helper has a BUG_ON() for a
 *	    private mapping with VM_MAYWRITE, even if it is read-only: refuse
 *	    private mappings in mmap. VM_DONTEXPAND keeps mremap() from growing
 *	    the VMA past what mmap checked. You may set VM_MIXEDMAP in place of
 *	    VM_PFNMAP if no pfn has a struct page: otherwise you hit another
 *	    BUG_ON().
 * Mode:    the helper replaces the cache bits of the protection that you pass by
 *	    the mode that the page is reserved in, outside RAM uncached-minus if
 *	    nobody holds a reservation.
 * Pitfall: you get no error when the mode differs. The helper does not refuse a
 *	    protection that allows more than vm_page_prot. mprotect() rebuilds
 *	    the entries from vm_page_prot.
 * Since:   4.20 under this name.
 * See:     Documentation/arch/x86/pat.rst.
 */
#include <linux/mm.h>

#include "compat.h"
#include "method.h"

static vm_fault_t vmf_insert_pfn_prot_fault(struct vm_fault *vmf)
{
	const struct pfnmap_region *region = vmf->vma->vm_private_data;

	return vmf_insert_pfn_prot(vmf->vma, vmf->address,
				   PHYS_PFN(region->start) + vmf->pgoff,
				   pgprot_decrypted(vmf->vma->vm_page_prot));
}

static const struct vm_operations_struct vmf_insert_pfn_prot_ops = {
	.fault = vmf_insert_pfn_prot_fault,
};

static int vmf_insert_pfn_prot_mmap(struct vm_area_struct *vma,
				    const struct pfnmap_region *region)
{
	if (compat_vma_is_cow_mapping(vma))
		return -EINVAL;

	compat_vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_ops = &vmf_insert_pfn_prot_ops;
	return 0;
}

const struct pfnmap_method pfnmap_vmf_insert_pfn_prot = {
	.regions = PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_MMIO),
	.levels = PFNMAP_TEST_BIT(PFNMAP_TEST_LEVEL_PTE),
	.flags = PFNMAP_TEST_DESC_FAULT,
	.mmap = vmf_insert_pfn_prot_mmap,
};
