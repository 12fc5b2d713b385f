// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmf_insert_mixed(): map one page, with a struct page or without, at fault.
 *
 * When:    one VMA shows memory of both kinds, or you want private writable
 *	    mappings by fault, which vmf_insert_pfn() can't make.
 * VMA:     VM_MIXEDMAP, set in mmap; shared or private. Don't set VM_PFNMAP, too.
 * Mode:    the helper ignores the cache bits of vm_page_prot and takes the mode
 *	    that the page is reserved in: outside RAM uncached-minus if nobody
 *	    holds a reservation.
 * Pitfall: you get no error when the mode differs. Where entries have a special
 *	    bit, as on x86, the page gets no reference even if it has a struct
 *	    page: it must outlive the mapping, and nobody can pin it. Without such
 *	    a bit the helper counts the page. Where RAM is encrypted (SEV, TDX,
 *	    SME) one VMA can't show memory of both kinds: vm_page_prot is for all
 *	    pages, and a device's need pgprot_decrypted(). There this pattern is
 *	    right for RAM alone.
 * Since:   4.20 under this name. It takes a plain pfn since 6.17, and a pfn_t
 *	    before; with PFN_DEV | PFN_MAP in the pfn_t it made devmap entries,
 *	    which only ZONE_DEVICE pages may have.
 */
#include <linux/mm.h>

#include "compat.h"
#include "method.h"

static vm_fault_t vmf_insert_mixed_fault(struct vm_fault *vmf)
{
	const struct pfnmap_region *region = vmf->vma->vm_private_data;

	return compat_vmf_insert_mixed(vmf->vma, vmf->address,
				       PHYS_PFN(region->start) + vmf->pgoff);
}

static const struct vm_operations_struct vmf_insert_mixed_ops = {
	.fault = vmf_insert_mixed_fault,
};

static int vmf_insert_mixed_mmap(struct vm_area_struct *vma,
				 const struct pfnmap_region *region)
{
	compat_vm_flags_set(vma, VM_MIXEDMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_ops = &vmf_insert_mixed_ops;
	return 0;
}

const struct pfnmap_method pfnmap_vmf_insert_mixed = {
	.regions = PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_MMIO) |
		   PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_RAM) |
		   PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_DAX),
	.levels = PFNMAP_TEST_BIT(PFNMAP_TEST_LEVEL_PTE),
	.flags = PFNMAP_TEST_DESC_COW | PFNMAP_TEST_DESC_FAULT,
	.mmap = vmf_insert_mixed_mmap,
};
