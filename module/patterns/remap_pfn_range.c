// SPDX-License-Identifier: GPL-2.0-only
/*
 * remap_pfn_range(): map a physically contiguous range all at once, in mmap.
 *
 * When:    the memory stays as long as the VMA, and you need not take single
 *	    pages back: nothing brings a zapped entry back, and access to it gives
 *	    SIGBUS.
 * VMA:     any. The helper sets VM_IO, VM_PFNMAP, VM_DONTEXPAND and VM_DONTDUMP.
 *	    A private mapping that has VM_MAYWRITE is copied on write, even if it
 *	    begins read-only: mprotect() can make it writable. One call has to
 *	    cover the whole of such a VMA, and replaces vm_pgoff by the pfn. If
 *	    nobody may write to the memory or copy it, refuse VM_WRITE and clear
 *	    VM_MAYWRITE before the call. A call may then cover part of the VMA,
 *	    and vm_pgoff stays.
 * Mode:    set vm_page_prot before the call. One call over the whole VMA reserves
 *	    the range in that mode until the VMA goes. You get -EINVAL if others
 *	    hold the range in a mode that conflicts with yours. Before 6.16
 *	    pgprot_writecombine() adds its bits to those that are there: after
 *	    pgprot_noncached() the result is uncached.
 * Pitfall: a call over part of the VMA reserves nothing and ignores the mode in
 *	    vm_page_prot without an error. It takes the mode that the range is
 *	    reserved in, outside RAM uncached-minus if nobody reserved it, and
 *	    returns -EINVAL for a range with more than one mode. A second call
 *	    over the whole VMA returns -EINVAL since 6.16, even after a zap;
 *	    before 6.16 it hits a BUG_ON() unless the VMA was zapped first. A size
 *	    of zero hits a BUG_ON() on every kernel. Call the helper in mmap()
 *	    alone: fault() holds the mmap lock for reading only, and kernels from
 *	    6.9 to 7.0 warn of the call. Two threads that call the helper in
 *	    fault() at the same time hit a BUG_ON() on every kernel.
 * Since:   ever. Before 6.16 a zap of any page gives the whole reservation back,
 *	    and the VMA can be remapped after it. Since 6.16 the reservation stays
 *	    until the VMA goes.
 * See:     Documentation/arch/x86/pat.rst.
 */
#include <linux/mm.h>

#include "method.h"

static int remap_pfn_range_mmap(struct vm_area_struct *vma,
				const struct pfnmap_region *region)
{
	return remap_pfn_range(vma, vma->vm_start,
			       PHYS_PFN(region->start) + vma->vm_pgoff,
			       vma->vm_end - vma->vm_start, vma->vm_page_prot);
}

const struct pfnmap_method pfnmap_remap_pfn_range = {
	.regions = PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_MMIO) |
		   PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_RAM) |
		   PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_DAX),
	.levels = PFNMAP_TEST_BIT(PFNMAP_TEST_LEVEL_PTE),
	.flags = PFNMAP_TEST_DESC_COW,
	.mmap = remap_pfn_range_mmap,
};
