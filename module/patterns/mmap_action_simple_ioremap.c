// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmap_action_simple_ioremap(): vm_iomap_memory() for drivers with mmap_prepare().
 *
 * When:    the file operation is mmap_prepare() and not mmap(), and the page offset
 *	    counts from the start of one contiguous resource: most drivers. The
 *	    core checks bounds, so the driver need not.
 * VMA:     any; the core maps all of it, and sets VM_IO, VM_PFNMAP, VM_DONTEXPAND
 *	    and VM_DONTDUMP.
 *	    generic_access_phys() as access() lets gdb and /proc/PID/mem read and
 *	    write the memory, which they can't otherwise. Leave it out of a private
 *	    mapping: pages copied on write are RAM, and ioremap() of RAM warns.
 * Mode:    set desc->page_prot, before or after the call. The core reserves the
 *	    range in that mode until the VMA goes; mmap fails with -EINVAL if
 *	    others hold the range in a mode that conflicts with yours.
 * Pitfall: if the VMA does not fit the resource, mmap fails with -EINVAL after your
 *	    mmap_prepare() has succeeded. If the resource does not begin at a page
 *	    boundary, user space also sees what else its first page holds. If a
 *	    driver has both mmap() and mmap_prepare(), the kernel warns, and every
 *	    mmap fails.
 * Since:   7.1.
 * See:     Documentation/filesystems/mmap_prepare.rst.
 */
#include <linux/mm.h>

#include "compat.h"
#include "method.h"

#if PFNMAP_HAVE_SIMPLE_IOREMAP
static const struct vm_operations_struct simple_ioremap_ops = {
#ifdef CONFIG_HAVE_IOREMAP_PROT
	.access = generic_access_phys,
#endif
};

static int mmap_simple_ioremap(struct vm_area_desc *desc,
			       const struct pfnmap_region *region)
{
	if (!compat_vma_desc_is_cow_mapping(desc))
		desc->vm_ops = &simple_ioremap_ops;

	mmap_action_simple_ioremap(desc, region->start, region->bytes);
	return 0;
}

const struct pfnmap_method pfnmap_mmap_action_simple_ioremap = {
	.regions = PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_MMIO),
	.levels = PFNMAP_TEST_BIT(PFNMAP_TEST_LEVEL_PTE),
	.flags = PFNMAP_TEST_DESC_COW | PFNMAP_TEST_DESC_PREPARE |
		 PFNMAP_TEST_DESC_ACCESS,
	.mmap_prepare = mmap_simple_ioremap,
};
#endif
