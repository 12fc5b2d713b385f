// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmf_insert_pfn(): map one page at a time, when it is touched.
 *
 * When:    you take the memory back and give it again (unmap_mapping_range(),
 *	    then faults), or most of it is never touched.
 * VMA:     VM_PFNMAP, set in mmap, and shared. The helper has a BUG_ON() for a
 *	    private mapping with VM_MAYWRITE, even if it is read-only: refuse
 *	    private mappings in mmap. VM_DONTEXPAND keeps mremap() from growing
 *	    the VMA past what mmap checked.
 *	    Pass vm_page_prot through pgprot_decrypted() for I/O memory: where RAM
 *	    is encrypted (SEV, TDX, SME) a device's memory is not, and the helper
 *	    leaves the encryption bit alone.
 * Mode:    the helper ignores the cache bits of vm_page_prot and takes the mode
 *	    that the page is reserved in. Outside RAM it is uncached-minus if
 *	    nobody holds a reservation: pgprot_writecombine() alone does nothing.
 *	    Reserve the range first, by arch_io_reserve_memtype_wc(),
 *	    io_mapping_init_wc() or an ioremap_wc() that stays.
 * Pitfall: you get no error when the mode differs. Where an entry is present
 *	    already, even one for another pfn, the helper returns VM_FAULT_NOPAGE
 *	    and changes nothing.
 * Since:   4.20 under this name.
 * See:     Documentation/arch/x86/pat.rst.
 */
#include <linux/mm.h>

#include "compat.h"
#include "method.h"

static vm_fault_t vmf_insert_pfn_fault(struct vm_fault *vmf)
{
	const struct pfnmap_region *region = vmf->vma->vm_private_data;

	return vmf_insert_pfn(vmf->vma, vmf->address,
			      PHYS_PFN(region->start) + vmf->pgoff);
}

static const struct vm_operations_struct vmf_insert_pfn_ops = {
	.fault = vmf_insert_pfn_fault,
};

static int vmf_insert_pfn_mmap(struct vm_area_struct *vma,
			       const struct pfnmap_region *region)
{
	if (compat_vma_is_cow_mapping(vma))
		return -EINVAL;

	compat_vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	/* RAM may be encrypted, a device's memory is not. */
	if (region->io)
		vma->vm_page_prot = pgprot_decrypted(vma->vm_page_prot);
	vma->vm_ops = &vmf_insert_pfn_ops;
	return 0;
}

const struct pfnmap_method pfnmap_vmf_insert_pfn = {
	.regions = PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_MMIO) |
		   PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_RAM) |
		   PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_DAX),
	.levels = PFNMAP_TEST_BIT(PFNMAP_TEST_LEVEL_PTE),
	.flags = PFNMAP_TEST_DESC_FAULT,
	.mmap = vmf_insert_pfn_mmap,
};
