// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmap_action_ioremap(): io_remap_pfn_range() for drivers with mmap_prepare().
 *
 * When:    the file operation is mmap_prepare() and not mmap(), and you map I/O
 *	    memory. mmap_action_simple_ioremap() adds the arithmetic of
 *	    vm_iomap_memory().
 * VMA:     any; the core sets VM_IO, VM_PFNMAP, VM_DONTEXPAND and VM_DONTDUMP. In
 *	    a private mapping that has VM_MAYWRITE the action has to cover the
 *	    whole VMA.
 *	    generic_access_phys() as access() lets gdb and /proc/PID/mem read and
 *	    write the memory, which they can't otherwise. Leave it out of a private
 *	    mapping: pages copied on write are RAM, and ioremap() of RAM warns.
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
static const struct vm_operations_struct mmap_action_ioremap_ops = {
#ifdef CONFIG_HAVE_IOREMAP_PROT
	.access = generic_access_phys,
#endif
};

static int mmap_action_ioremap_prepare(struct vm_area_desc *desc,
				       const struct pfnmap_region *region)
{
	if (!compat_vma_desc_is_cow_mapping(desc))
		desc->vm_ops = &mmap_action_ioremap_ops;

	mmap_action_ioremap_full(desc,
				 PHYS_PFN(region->start) + desc->pgoff);
	return 0;
}

const struct pfnmap_method pfnmap_mmap_action_ioremap = {
	.regions = PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_MMIO),
	.levels = PFNMAP_TEST_BIT(PFNMAP_TEST_LEVEL_PTE),
	.flags = PFNMAP_TEST_DESC_COW | PFNMAP_TEST_DESC_PREPARE |
		 PFNMAP_TEST_DESC_ACCESS,
	.mmap_prepare = mmap_action_ioremap_prepare,
};
#endif
