// SPDX-License-Identifier: GPL-2.0-only
/*
 * vm_insert_page(): map one of the kernel's own pages, with a reference.
 *
 * When:  ordinary pages that the driver has allocated one by one; they are
 *	  freed only when the last mapping is gone, can be pinned, and count in
 *	  the process's RSS. Each is inserted in mmap, or in fault().
 * VMA:   any; the helper sets VM_MIXEDMAP, which works in mmap alone. To insert
 *	  by fault set it in mmap.
 * Mode:  vm_page_prot's, as it is: nobody looks up what the page's mode is. Keep
 *	  that equal to the kernel's own mapping of it.
 * Wrong: -EINVAL for anonymous pages and for those of the slab, -EBUSY where an
 *	  entry is present. The page's mapping and index must not be used by
 *	  others.
 * Since: 2.6.15.
 */
#include <linux/mm.h>

#include "compat.h"
#include "pattern.h"

static int vm_insert_page_mmap(struct vm_area_struct *vma,
			       const struct pfnmap_mapping *m)
{
	unsigned long i;
	int err;

	compat_vm_flags_set(vma, VM_DONTEXPAND | VM_DONTDUMP);
	for (i = 0; i < vma_pages(vma); i++) {
		err = vm_insert_page(vma, vma->vm_start + i * PAGE_SIZE,
				     m->region->pages[vma->vm_pgoff + i]);
		if (err)
			return err;
	}

	return 0;
}

const struct pfnmap_pattern pfnmap_vm_insert_page = {
	.regions = PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_RAM),
	.levels = PFNMAP_TEST_BIT(PFNMAP_TEST_LEVEL_PTE),
	.flags = PFNMAP_TEST_DESC_COW,
	.mmap = vm_insert_page_mmap,
};
