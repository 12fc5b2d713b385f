// SPDX-License-Identifier: GPL-2.0-only
/*
 * vm_iomap_memory(): io_remap_pfn_range() of a resource, with the arithmetic.
 *
 * When:  vm_pgoff counts from the start of one contiguous resource: most
 *	  drivers. Bounds are checked here, and need no check in the driver.
 * VMA:   as for remap_pfn_range(); all of it is mapped.
 * Mode:  as for remap_pfn_range(): set vm_page_prot before.
 * Wrong: -EINVAL for a VMA that does not fit the resource. A resource that does
 *	  not begin at a page boundary shows what else its first page holds.
 * Since: 3.9.
 */
#include <linux/mm.h>

#include "pattern.h"

static int vm_iomap_memory_mmap(struct vm_area_struct *vma,
				const struct pfnmap_mapping *m)
{
	return vm_iomap_memory(vma, m->region->start, m->region->bytes);
}

const struct pfnmap_pattern pfnmap_vm_iomap_memory = {
	.regions = PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_MMIO),
	.levels = PFNMAP_TEST_BIT(PFNMAP_TEST_LEVEL_PTE),
	.map_flags = PFNMAP_TEST_MAP_FAIL,
	.flags = PFNMAP_TEST_DESC_COW,
	.mmap = vm_iomap_memory_mmap,
};
