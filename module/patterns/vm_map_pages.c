// SPDX-License-Identifier: GPL-2.0-only
/*
 * vm_map_pages(), vm_map_pages_zero(): map a buffer, given as an array of its
 * pages.
 *
 * When:    you would otherwise check the VMA's size and offset against the buffer
 *	    and call vm_insert_pages(). Take vm_map_pages() where vm_pgoff is the
 *	    offset in the buffer. Take vm_map_pages_zero() where vm_pgoff means
 *	    something else, for example which buffer user space wants.
 * VMA:     any, in mmap: the helper sets VM_MIXEDMAP.
 * Mode:    vm_page_prot's, as it is: the helper does not look up the pages' mode.
 *	    Keep it the same as in the kernel's own mapping of the pages.
 * Pitfall: if vm_pgoff is no offset in the buffer, vm_map_pages() returns -ENXIO,
 *	    or maps pages further on. vm_map_pages_zero() maps from the first page
 *	    on, even if user space meant another page. Both return -ENXIO if the
 *	    VMA is larger than what is left of the buffer.
 * Since:   5.2.
 */
#include <linux/mm.h>
#include <linux/pfn.h>

#include "compat.h"
#include "method.h"

static int vm_map_pages_mmap(struct vm_area_struct *vma,
			     const struct pfnmap_region *region)
{
	compat_vm_flags_set(vma, VM_DONTEXPAND | VM_DONTDUMP);
	return vm_map_pages(vma, region->pages, PHYS_PFN(region->bytes));
}

static int vm_map_pages_zero_mmap(struct vm_area_struct *vma,
				  const struct pfnmap_region *region)
{
	compat_vm_flags_set(vma, VM_DONTEXPAND | VM_DONTDUMP);
	return vm_map_pages_zero(vma, region->pages, PHYS_PFN(region->bytes));
}

const struct pfnmap_method pfnmap_vm_map_pages = {
	.regions = PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_RAM),
	.levels = PFNMAP_TEST_BIT(PFNMAP_TEST_LEVEL_PTE),
	.flags = PFNMAP_TEST_DESC_COW,
	.mmap = vm_map_pages_mmap,
};

const struct pfnmap_method pfnmap_vm_map_pages_zero = {
	.regions = PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_RAM),
	.levels = PFNMAP_TEST_BIT(PFNMAP_TEST_LEVEL_PTE),
	.flags = PFNMAP_TEST_DESC_COW,
	.mmap = vm_map_pages_zero_mmap,
};
