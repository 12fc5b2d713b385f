// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmap_action_map_kernel_pages(): vm_insert_pages() for drivers with
 * mmap_prepare().
 *
 * When:    the driver has an array of ordinary pages, and its file operation is
 *	    mmap_prepare().
 * VMA:     any; the core sets VM_MIXEDMAP.
 * Mode:    desc->page_prot's, as it is: the core does not look up the pages'
 *	    mode. Keep it the same as in the kernel's own mapping of the pages.
 * Pitfall: the core reads your array of pages after mmap_prepare() has returned:
 *	    it must not be on the stack.
 * Since:   7.1.
 * See:     Documentation/filesystems/mmap_prepare.rst.
 */
#include <linux/mm.h>

#include "compat.h"
#include "method.h"

#if PFNMAP_HAVE_MMAP_PAGES
static int map_pages_prepare(struct vm_area_desc *desc,
			     const struct pfnmap_region *region)
{
	vma_desc_set_flags(desc, VMA_DONTEXPAND_BIT, VMA_DONTDUMP_BIT);
	mmap_action_map_kernel_pages(desc, desc->start,
				     region->pages + desc->pgoff,
				     PHYS_PFN(desc->end - desc->start));
	return 0;
}

const struct pfnmap_method pfnmap_mmap_action_map_kernel_pages = {
	.regions = PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_RAM),
	.levels = PFNMAP_TEST_BIT(PFNMAP_TEST_LEVEL_PTE),
	.flags = PFNMAP_TEST_DESC_COW | PFNMAP_TEST_DESC_PREPARE,
	.mmap_prepare = map_pages_prepare,
};
#endif
