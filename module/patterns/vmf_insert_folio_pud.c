// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmf_insert_folio_pud(): map a whole ZONE_DEVICE folio of 1 GiB at fault.
 *
 * When:    a device's memory has struct pages, and memremap_pages() made folios
 *	    of 1 GiB of them (vmemmap_shift). The whole leaf takes one reference
 *	    and one mapcount.
 * VMA:     shared, without VM_PFNMAP and VM_MIXEDMAP. The file's inode is S_DAX
 *	    and has a dirty_folio() in its address_space operations. With
 *	    VM_HUGEPAGE the kernel calls huge_fault() even where THP is set to
 *	    "madvise". get_unmapped_area has to give addresses that suit the
 *	    memory's alignment.
 * Mode:    vm_page_prot's, as it is: the helper looks nothing up.
 *	    memremap_pages() holds the range write-back, so leave it write-back.
 * Pitfall: a folio of another size hits a WARN_ON(), and the access gets SIGBUS.
 *	    Without your may_split() anybody who unmaps one page of a leaf brings
 *	    the kernel down, and without your open() mremap() leaks the leaf's
 *	    reference. Before the insert set the folio's mapping and index.
 *	    Without a dirty_folio() the kernel oopses when somebody splits a dirty
 *	    entry. Unmap all before memunmap_pages(), which does not wait for
 *	    GENERIC pages. device-dax refuses to split a VMA inside a leaf. This
 *	    pattern allows it at borders of 2 MiB: the kernel takes the whole leaf
 *	    away, and the rest faults in again by single pages. Tail pages of a
 *	    folio may share struct pages (vmemmap), and so mapcounts: then /proc
 *	    shows a wrong Pss for pages that are mapped singly. device-dax answers
 *	    their faults by SIGBUS: so may you.
 * Since:   6.15. Older kernels have no helper that counts such a mapping.
 * See:     Documentation/mm/memory-model.rst, "ZONE_DEVICE".
 */
#include <linux/mm.h>

#include "compat.h"
#include "fault_folio.h"
#include "large_leaf.h"
#include "method.h"

#if PFNMAP_HAVE_FOLIO && PFNMAP_HAVE_PUD
static vm_fault_t folio_pud_fault(struct vm_fault *vmf)
{
	const struct pfnmap_region *region = vmf->vma->vm_private_data;
	unsigned long pfn = PHYS_PFN(region->start) + vmf->pgoff;

	fault_folio(vmf, pfn);
	return vmf_insert_page_mkwrite(vmf, pfn_to_page(pfn),
				       vmf->flags & FAULT_FLAG_WRITE);
}

static vm_fault_t folio_pud_huge_fault(struct vm_fault *vmf, unsigned int order)
{
	const struct pfnmap_region *region = vmf->vma->vm_private_data;
	unsigned long pfn = PHYS_PFN(region->start) + vmf->pgoff;

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
			  const struct pfnmap_region *region)
{
	if (!(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;

	compat_vm_flags_set(vma, VM_DONTEXPAND | VM_HUGEPAGE);
	vma->vm_ops = &folio_pud_ops;
	return 0;
}

const struct pfnmap_method pfnmap_vmf_insert_folio_pud = {
	.regions = PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_DAX),
	.levels = PFNMAP_TEST_BIT(PFNMAP_TEST_LEVEL_PUD),
	.flags = PFNMAP_TEST_DESC_FAULT | PFNMAP_TEST_DESC_FOLIO,
	.mmap = folio_pud_mmap,
};
#endif
