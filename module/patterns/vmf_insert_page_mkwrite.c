// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmf_insert_page_mkwrite(): map one counted ZONE_DEVICE page at fault.
 *
 * When:    a device's memory has struct pages (memremap_pages()), and you map it
 *	    as device-dax does: the pages are counted, and users may pin them for
 *	    long. A write fault makes the entry writable and dirty at once.
 *	    vm_insert_page() leaves this to a second fault.
 * VMA:     shared, without VM_PFNMAP and VM_MIXEDMAP. The file's inode is S_DAX
 *	    and has a dirty_folio() in its address_space operations.
 * Mode:    vm_page_prot's, as it is: the helper looks nothing up.
 *	    memremap_pages() holds the range write-back, so leave it write-back.
 * Pitfall: refuse private mappings. Their write faults come to your fault(), too, and
 *	    the helper makes the entry of the device's page writable.
 *	    Before the insert set the folio's mapping and index. Without
 *	    a dirty_folio() the kernel oopses when somebody splits a dirty entry.
 *	    Unmap all before memunmap_pages(), which does not wait for GENERIC
 *	    pages.
 * Since:   6.15. Older kernels have no helper that counts such a mapping.
 * See:     Documentation/mm/memory-model.rst, "ZONE_DEVICE".
 */
#include <linux/mm.h>

#include "compat.h"
#include "fault_folio.h"
#include "method.h"

#if PFNMAP_HAVE_FOLIO
static vm_fault_t page_mkwrite_fault(struct vm_fault *vmf)
{
	const struct pfnmap_region *region = vmf->vma->vm_private_data;
	unsigned long pfn = PHYS_PFN(region->start) + vmf->pgoff;

	fault_folio(vmf, pfn);
	return vmf_insert_page_mkwrite(vmf, pfn_to_page(pfn),
				       vmf->flags & FAULT_FLAG_WRITE);
}

static const struct vm_operations_struct page_mkwrite_ops = {
	.fault = page_mkwrite_fault,
};

static int page_mkwrite_mmap(struct vm_area_struct *vma,
			     const struct pfnmap_region *region)
{
	if (!(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;

	compat_vm_flags_set(vma, VM_DONTEXPAND);
	vma->vm_ops = &page_mkwrite_ops;
	return 0;
}

const struct pfnmap_method pfnmap_vmf_insert_page_mkwrite = {
	.regions = PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_DAX),
	.levels = PFNMAP_TEST_BIT(PFNMAP_TEST_LEVEL_PTE),
	.flags = PFNMAP_TEST_DESC_FAULT | PFNMAP_TEST_DESC_FOLIO,
	.mmap = page_mkwrite_mmap,
};
#endif
