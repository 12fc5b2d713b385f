// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmap_action_remap(): remap_pfn_range() for drivers with mmap_prepare().
 *
 * When:  the file operation is mmap_prepare() and not mmap(): it describes the
 *	  VMA before there is one, and the core does the mapping after.
 * VMA:   as for remap_pfn_range(), and the core sets the flags. A private
 *	  writable mapping has to be covered whole.
 * Mode:  desc->page_prot as it is at the time of the call: set it before. The
 *	  whole VMA is reserved in that mode.
 * Wrong: a driver that has both mmap() and mmap_prepare() is refused with a
 *	  WARN. A range outside of the VMA is a WARN, and -EFAULT later. What
 *	  can't be mapped fails the mmap after the driver has said yes.
 * Since: 6.19.
 */
#include <linux/mm.h>

#include "compat.h"
#include "pattern.h"

#if PFNMAP_HAVE_MMAP_ACTION
static int mmap_action_remap_prepare(struct vm_area_desc *desc,
				     const struct pfnmap_mapping *m)
{
	mmap_action_remap_full(desc, PHYS_PFN(m->region->start) + desc->pgoff);
	return 0;
}

const struct pfnmap_pattern pfnmap_mmap_action_remap = {
	.regions = PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_MMIO) |
		   PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_RAM) |
		   PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_DAX),
	.levels = PFNMAP_TEST_BIT(PFNMAP_TEST_LEVEL_PTE),
	.flags = PFNMAP_TEST_DESC_COW | PFNMAP_TEST_DESC_PREPARE,
	.mmap_prepare = mmap_action_remap_prepare,
};
#endif
