// SPDX-License-Identifier: GPL-2.0-only
/*
 * vm_insert_pages(): vm_insert_page() of many pages at once.
 *
 * When:  the driver has an array of pages; page tables are locked once for each
 *	  of them and not once a page. vm_map_pages() does the same with a check
 *	  of the VMA's offset and size against the array.
 * VMA:   as for vm_insert_page().
 * Mode:  likewise.
 * Wrong: on an error some of the pages are mapped; the count that is given by
 *	  address tells how many are not. mmap may just fail: unmapping follows.
 * Since: 5.8.
 */
#include <linux/mm.h>

#include "compat.h"
#include "pattern.h"

static int vm_insert_pages_mmap(struct vm_area_struct *vma,
				const struct pfnmap_mapping *m)
{
	unsigned long n = vma_pages(vma);

	compat_vm_flags_set(vma, VM_DONTEXPAND | VM_DONTDUMP);
	return vm_insert_pages(vma, vma->vm_start,
			       m->region->pages + vma->vm_pgoff, &n);
}

const struct pfnmap_pattern pfnmap_vm_insert_pages = {
	.regions = PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_RAM),
	.levels = PFNMAP_TEST_BIT(PFNMAP_TEST_LEVEL_PTE),
	.flags = PFNMAP_TEST_DESC_COW,
	.mmap = vm_insert_pages_mmap,
};
