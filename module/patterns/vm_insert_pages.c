// SPDX-License-Identifier: GPL-2.0-only
/*
 * vm_insert_pages(): vm_insert_page() for many pages at once.
 *
 * When:    the driver has an array of pages. The helper locks a page table once
 *	    for all pages in it, and not once for each. vm_map_pages() also checks
 *	    the VMA's offset and size against the array.
 * VMA:     any. The helper sets VM_MIXEDMAP, which it can do in mmap alone: to
 *	    insert by fault, set it in mmap.
 * Mode:    vm_page_prot's, as it is: the helper does not look up the pages' mode.
 *	    Keep it the same as in the kernel's own mapping of the pages.
 * Pitfall: on an error some of the pages are mapped; the helper leaves in *num
 *	    how many are not. You may just fail the mmap: the kernel then unmaps
 *	    all.
 * Since:   5.8.
 */
#include <linux/mm.h>

#include "compat.h"
#include "method.h"

static int vm_insert_pages_mmap(struct vm_area_struct *vma,
				const struct pfnmap_region *region)
{
	unsigned long n = vma_pages(vma);

	compat_vm_flags_set(vma, VM_DONTEXPAND | VM_DONTDUMP);
	return vm_insert_pages(vma, vma->vm_start,
			       region->pages + vma->vm_pgoff, &n);
}

const struct pfnmap_method pfnmap_vm_insert_pages = {
	.regions = PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_RAM),
	.levels = PFNMAP_TEST_BIT(PFNMAP_TEST_LEVEL_PTE),
	.flags = PFNMAP_TEST_DESC_COW,
	.mmap = vm_insert_pages_mmap,
};
