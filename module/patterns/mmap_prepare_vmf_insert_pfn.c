// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmf_insert_pfn() for drivers with mmap_prepare(): map one page at a time, when
 * it is touched.
 *
 * When:    the file operation is mmap_prepare() and not mmap(). You take the
 *	    memory back and give it again (unmap_mapping_range(), then faults), or
 *	    most of it is never touched. fault() is the same as with mmap().
 * VMA:     VM_PFNMAP, set by vma_desc_set_flags(), and shared. The helper has a
 *	    BUG_ON() for a private mapping with VM_MAYWRITE, even if it is
 *	    read-only: refuse private mappings in mmap_prepare. VM_DONTEXPAND
 *	    keeps mremap() from growing the VMA past what mmap_prepare checked.
 *	    Pass page_prot through pgprot_decrypted() for I/O memory: where RAM
 *	    is encrypted (SEV, TDX, SME) a device's memory is not, and the helper
 *	    leaves the encryption bit alone.
 * Mode:    the helper ignores the cache bits of page_prot and takes the mode
 *	    that the page is reserved in. Outside RAM it is uncached-minus if
 *	    nobody holds a reservation: pgprot_writecombine() alone does nothing.
 *	    Reserve the range first, by arch_io_reserve_memtype_wc(),
 *	    io_mapping_init_wc() or an ioremap_wc() that stays.
 * Pitfall: mmap may still fail after your mmap_prepare() has succeeded, so take
 *	    references in mapped() of vm_ops instead. If a driver has both
 *	    mmap() and mmap_prepare(), the kernel warns, and every mmap fails. You
 *	    get no error when the mode differs. Where an entry is present already,
 *	    even one for another pfn, the helper returns VM_FAULT_NOPAGE and
 *	    changes nothing.
 * Since:   7.1.
 * See:     Documentation/filesystems/mmap_prepare.rst.
 */
#include <linux/mm.h>

#include "compat.h"
#include "method.h"

#if PFNMAP_HAVE_PREPARE_FLAGS
static vm_fault_t prepared_fault(struct vm_fault *vmf)
{
	const struct pfnmap_region *region = vmf->vma->vm_private_data;

	return vmf_insert_pfn(vmf->vma, vmf->address,
			      PHYS_PFN(region->start) + vmf->pgoff);
}

static const struct vm_operations_struct prepared_ops = {
	.fault = prepared_fault,
};

static int vmf_insert_pfn_prepare(struct vm_area_desc *desc,
				  const struct pfnmap_region *region)
{
	if (compat_vma_desc_is_cow_mapping(desc))
		return -EINVAL;

	vma_desc_set_flags(desc, VMA_IO_BIT, VMA_PFNMAP_BIT, VMA_DONTEXPAND_BIT,
			   VMA_DONTDUMP_BIT);
	/* RAM may be encrypted, a device's memory is not. */
	if (region->io)
		desc->page_prot = pgprot_decrypted(desc->page_prot);
	desc->vm_ops = &prepared_ops;
	return 0;
}

const struct pfnmap_method pfnmap_mmap_prepare_vmf_insert_pfn = {
	.regions = PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_MMIO) |
		   PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_RAM) |
		   PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_DAX),
	.levels = PFNMAP_TEST_BIT(PFNMAP_TEST_LEVEL_PTE),
	.flags = PFNMAP_TEST_DESC_FAULT | PFNMAP_TEST_DESC_PREPARE,
	.mmap_prepare = vmf_insert_pfn_prepare,
};
#endif
