// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmap_action_remap(): remap_pfn_range() for drivers with mmap_prepare().
 *
 * When:    the file operation is mmap_prepare() and not mmap(): it describes the
 *	    VMA before there is one, and the core maps afterwards.
 * VMA:     any; the core sets VM_IO, VM_PFNMAP, VM_DONTEXPAND and VM_DONTDUMP. In
 *	    a private mapping that has VM_MAYWRITE the action has to cover the
 *	    whole VMA.
 * Mode:    set desc->page_prot before the call, which copies it. The core
 *	    reserves the range in that mode until the VMA goes; mmap fails with
 *	    -EINVAL if others hold the range in a mode that conflicts with yours.
 * Pitfall: if a driver has both mmap() and mmap_prepare(), the kernel warns, and
 *	    every mmap fails. For a range outside the VMA the kernel warns, and
 *	    mmap fails with -EFAULT. mmap may still fail after your mmap_prepare()
 *	    has succeeded: the core maps afterwards.
 * Since:   6.19.
 * See:     Documentation/filesystems/mmap_prepare.rst.
 */
#include <linux/mm.h>

#include "compat.h"
#include "method.h"

#if PFNMAP_HAVE_MMAP_ACTION
static int mmap_action_remap_prepare(struct vm_area_desc *desc,
				     const struct pfnmap_region *region)
{
	mmap_action_remap_full(desc, PHYS_PFN(region->start) + desc->pgoff);
	return 0;
}

const struct pfnmap_method pfnmap_mmap_action_remap = {
	.regions = PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_MMIO) |
		   PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_RAM) |
		   PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_DAX),
	.levels = PFNMAP_TEST_BIT(PFNMAP_TEST_LEVEL_PTE),
	.flags = PFNMAP_TEST_DESC_COW | PFNMAP_TEST_DESC_PREPARE,
	.mmap_prepare = mmap_action_remap_prepare,
};
#endif
