// SPDX-License-Identifier: GPL-2.0-only
/*
 * io_remap_pfn_range(): remap_pfn_range() for I/O memory, such as a PCI BAR.
 *
 * When:  what is mapped is a device's memory and not RAM. On confidential guests
 *	  (SEV, TDX) the entry must not be encrypted, and this sees to it; on
 *	  other machines it is remap_pfn_range().
 * VMA:   as for remap_pfn_range().
 * Mode:  likewise. For a BAR pgprot_writecombine() if it is prefetchable, else
 *	  pgprot_noncached(), which is uncached-minus on x86.
 * Wrong: as with remap_pfn_range(). With RAM, the guest's host can read it.
 * Since: 2.6; a name that drivers must use since 5.7 (encryption).
 */
#include <linux/mm.h>

#include "pattern.h"

static int io_remap_pfn_range_mmap(struct vm_area_struct *vma,
				   const struct pfnmap_mapping *m)
{
	return io_remap_pfn_range(vma, vma->vm_start,
				  PHYS_PFN(m->region->start) + vma->vm_pgoff,
				  vma->vm_end - vma->vm_start,
				  vma->vm_page_prot);
}

const struct pfnmap_pattern pfnmap_io_remap_pfn_range = {
	.regions = PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_MMIO),
	.levels = PFNMAP_TEST_BIT(PFNMAP_TEST_LEVEL_PTE),
	.map_flags = PFNMAP_TEST_MAP_FAIL,
	.flags = PFNMAP_TEST_DESC_COW,
	.mmap = io_remap_pfn_range_mmap,
};
