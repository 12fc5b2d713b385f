// SPDX-License-Identifier: GPL-2.0-only
/*
 * vm_iomap_memory(): io_remap_pfn_range() of a resource, bounds checked.
 *
 * When:    vm_pgoff counts from the start of one contiguous resource: most
 *	    drivers. The helper checks bounds, so the driver need not.
 * VMA:     any; the helper maps all of it, and sets VM_IO, VM_PFNMAP,
 *	    VM_DONTEXPAND and VM_DONTDUMP.
 *	    generic_access_phys() as access() lets gdb and /proc/PID/mem read and
 *	    write the memory, which they can't otherwise. Leave it out of a private
 *	    mapping: pages copied on write are RAM, and ioremap() of RAM warns.
 * Mode:    set vm_page_prot before the call. The helper reserves the range in
 *	    that mode until the VMA goes. It returns -EINVAL if others hold the
 *	    range in a mode that conflicts with yours.
 * Pitfall: -EINVAL for a VMA that does not fit the resource. If the resource does
 *	    not begin at a page boundary, user space also sees what else its first
 *	    page holds.
 * Since:   3.9.
 * See:     Documentation/arch/x86/pat.rst.
 */
#include <linux/mm.h>

#include "compat.h"
#include "method.h"

static const struct vm_operations_struct vm_iomap_memory_ops = {
#ifdef CONFIG_HAVE_IOREMAP_PROT
	.access = generic_access_phys,
#endif
};

static int vm_iomap_memory_mmap(struct vm_area_struct *vma,
				const struct pfnmap_region *region)
{
	if (!compat_vma_is_cow_mapping(vma))
		vma->vm_ops = &vm_iomap_memory_ops;

	return vm_iomap_memory(vma, region->start, region->bytes);
}

const struct pfnmap_method pfnmap_vm_iomap_memory = {
	.regions = PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_MMIO),
	.levels = PFNMAP_TEST_BIT(PFNMAP_TEST_LEVEL_PTE),
	.flags = PFNMAP_TEST_DESC_COW | PFNMAP_TEST_DESC_ACCESS,
	.mmap = vm_iomap_memory_mmap,
};
