// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmf_insert_folio_pud(): map a whole ZONE_DEVICE folio of 1 GiB at fault.
 *
 * When:  as for vmf_insert_page_mkwrite(), with memremap_pages() having made
 *	  folios of that very size (vmemmap_shift). One reference and one mapcount
 *	  for the leaf.
 * VMA:   as for vmf_insert_page_mkwrite(); VM_HUGEPAGE, so that the kernel calls
 *	  huge_fault() also where THP is on request. get_unmapped_area has to give
 *	  aligned addresses.
 * Mode:  likewise vm_page_prot's, which should stay write-back.
 * Wrong: a folio of another size is a WARN_ON() and SIGBUS. Without may_split()
 *	  anybody who unmaps one page of such a leaf brings the kernel down, and
 *	  without open() mremap() loses its reference for ever.
 *	  device-dax refuses to split a VMA inside of a leaf; this one allows it
 *	  at borders of 2 MiB: the leaf is taken away whole, and what is left
 *	  faults in again by pages.
 * Since: 6.15; before, see devmap.c.
 */
#include <linux/mm.h>

#include "compat.h"
#include "fault_folio.h"
#include "large_leaf.h"
#include "pattern.h"

#if PFNMAP_HAVE_FOLIO && PFNMAP_HAVE_PUD
static vm_fault_t folio_pud_fault(struct vm_fault *vmf)
{
	unsigned long pfn = pfnmap_view_pfn(vmf->vma->vm_private_data,
					    vmf->pgoff);

	fault_folio(vmf, pfn);
	return vmf_insert_page_mkwrite(vmf, pfn_to_page(pfn),
				       vmf->flags & FAULT_FLAG_WRITE);
}

static vm_fault_t folio_pud_huge_fault(struct vm_fault *vmf, unsigned int order)
{
	unsigned long pfn = pfnmap_view_pfn(vmf->vma->vm_private_data,
					    vmf->pgoff);

	if (order != COMPAT_PUD_ORDER || !leaf_fits(vmf, order, pfn))
		return VM_FAULT_FALLBACK;

	return vmf_insert_folio_pud(vmf, fault_folio(vmf, pfn),
				    vmf->flags & FAULT_FLAG_WRITE);
}

static const struct vm_operations_struct folio_pud_ops = {
	.fault = folio_pud_fault,
	.huge_fault = folio_pud_huge_fault,
	.may_split = may_split_pud,
	.open = open_pud,
};

static int folio_pud_mmap(struct vm_area_struct *vma,
			  const struct pfnmap_mapping *m)
{
	if (!(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;

	compat_vm_flags_set(vma, VM_DONTEXPAND | VM_HUGEPAGE);
	vma->vm_ops = &folio_pud_ops;
	return 0;
}

const struct pfnmap_pattern pfnmap_vmf_insert_folio_pud = {
	.regions = PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_DAX),
	.levels = PFNMAP_TEST_BIT(PFNMAP_TEST_LEVEL_PUD),
	.flags = PFNMAP_TEST_DESC_FAULT | PFNMAP_TEST_DESC_FOLIO,
	.mmap = folio_pud_mmap,
};
#endif
