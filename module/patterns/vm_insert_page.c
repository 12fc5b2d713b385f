// SPDX-License-Identifier: GPL-2.0-only
/*
 * vm_insert_page(): map one of the kernel's own pages, with a reference.
 *
 * When:    the driver allocated ordinary pages one by one. The kernel frees a
 *	    page only when its last mapping is gone. Users can pin the page, and
 *	    the process's RSS counts it. You insert each page in mmap, or in
 *	    fault().
 * VMA:     any. The helper sets VM_MIXEDMAP, which it can do in mmap alone: to
 *	    insert by fault, set it in mmap.
 * Mode:    vm_page_prot's, as it is: the helper does not look up the page's mode.
 *	    Keep it the same as in the kernel's own mapping of the page.
 * Pitfall: you get no error when the mode differs from the kernel's own. -EINVAL
 *	    for anonymous pages and slab pages, -EBUSY where an entry is present:
 *	    -EBUSY is no error in fault(), for another thread may have been first.
 *	    Nobody else may use the page's mapping and index.
 * Since:   2.6.15.
 */
#include <linux/mm.h>

#include "compat.h"
#include "method.h"

static vm_fault_t vm_insert_page_fault(struct vm_fault *vmf)
{
	const struct pfnmap_region *region = vmf->vma->vm_private_data;
	int err;

	err = vm_insert_page(vmf->vma, vmf->address, region->pages[vmf->pgoff]);
	return err && err != -EBUSY ? vmf_error(err) : VM_FAULT_NOPAGE;
}

static const struct vm_operations_struct vm_insert_page_ops = {
	.fault = vm_insert_page_fault,
};

static int vm_insert_page_mmap_by_fault(struct vm_area_struct *vma,
					const struct pfnmap_region *region)
{
	compat_vm_flags_set(vma, VM_MIXEDMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_ops = &vm_insert_page_ops;
	return 0;
}

static int vm_insert_page_mmap(struct vm_area_struct *vma,
			       const struct pfnmap_region *region)
{
	unsigned long i;
	int err;

	compat_vm_flags_set(vma, VM_DONTEXPAND | VM_DONTDUMP);
	for (i = 0; i < vma_pages(vma); i++) {
		err = vm_insert_page(vma, vma->vm_start + i * PAGE_SIZE,
				     region->pages[vma->vm_pgoff + i]);
		if (err)
			return err;
	}

	return 0;
}

const struct pfnmap_method pfnmap_vm_insert_page = {
	.regions = PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_RAM),
	.levels = PFNMAP_TEST_BIT(PFNMAP_TEST_LEVEL_PTE),
	.flags = PFNMAP_TEST_DESC_COW,
	.mmap = vm_insert_page_mmap,
	.mmap_by_fault = vm_insert_page_mmap_by_fault,
};
