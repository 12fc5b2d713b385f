// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmap_action_ioremap(): io_remap_pfn_range() for drivers with mmap_prepare().
 *
 * When:  as for mmap_action_remap(), and what is mapped is I/O memory.
 *	  mmap_action_simple_ioremap() adds the arithmetic of vm_iomap_memory().
 * VMA:   as for mmap_action_remap().
 * Mode:  likewise.
 * Wrong: likewise.
 * Since: 6.19.
 */
#include <linux/mm.h>

#include "compat.h"
#include "pattern.h"

#if PFNMAP_HAVE_MMAP_ACTION
static int mmap_action_ioremap_prepare(struct vm_area_desc *desc,
				       const struct pfnmap_mapping *m)
{
	mmap_action_ioremap_full(desc,
				 PHYS_PFN(m->region->start) + desc->pgoff);
	return 0;
}

const struct pfnmap_pattern pfnmap_mmap_action_ioremap = {
	.regions = PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_MMIO),
	.levels = PFNMAP_TEST_BIT(PFNMAP_TEST_LEVEL_PTE),
	.flags = PFNMAP_TEST_DESC_COW | PFNMAP_TEST_DESC_PREPARE,
	.mmap_prepare = mmap_action_ioremap_prepare,
};
#endif
