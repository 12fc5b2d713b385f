// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmf_insert_pfn(): map one page at a time, when it is touched.
 *
 * When:  the memory may be taken back and come again (unmap_mapping_range(),
 *	  then faults), or most of it is never touched.
 * VMA:   VM_PFNMAP, set in mmap, and shared: a private writable mapping makes
 *	  the helper BUG_ON(), so mmap has to refuse it. VM_DONTEXPAND keeps
 *	  mremap() from growing it past what mmap checked.
 * Mode:  the helper takes the mode that the page is reserved with and ignores
 *	  the cache bits of vm_page_prot. Outside RAM, with nobody holding a
 *	  reservation, that is uncached-minus: pgprot_writecombine() alone does
 *	  nothing. Reserve first: arch_io_reserve_memtype_wc(), io_mapping_init_wc()
 *	  or an ioremap_wc() that stays.
 * Wrong: no error tells of the mode. Where an entry is present already, also
 *	  one with another pfn, the helper returns VM_FAULT_NOPAGE and changes
 *	  nothing.
 * Since: 4.20 under this name.
 */
#include <linux/mm.h>

#include "compat.h"
#include "pattern.h"

static vm_fault_t vmf_insert_pfn_fault(struct vm_fault *vmf)
{
	return vmf_insert_pfn(vmf->vma, vmf->address,
			      pfnmap_view_pfn(vmf->vma->vm_private_data,
					      vmf->pgoff));
}

static const struct vm_operations_struct vmf_insert_pfn_ops = {
	.fault = vmf_insert_pfn_fault,
};

static int vmf_insert_pfn_mmap(struct vm_area_struct *vma,
			       const struct pfnmap_mapping *m)
{
	if (compat_vma_is_cow_mapping(vma))
		return -EINVAL;

	compat_vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_ops = &vmf_insert_pfn_ops;
	return 0;
}

const struct pfnmap_pattern pfnmap_vmf_insert_pfn = {
	.regions = PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_MMIO) |
		   PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_RAM) |
		   PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_DAX),
	.levels = PFNMAP_TEST_BIT(PFNMAP_TEST_LEVEL_PTE),
	.flags = PFNMAP_TEST_DESC_FAULT,
	.mmap = vmf_insert_pfn_mmap,
};
