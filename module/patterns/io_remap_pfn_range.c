// SPDX-License-Identifier: GPL-2.0-only
/*
 * io_remap_pfn_range(): remap_pfn_range() for I/O memory, such as a PCI BAR.
 *
 * When:    you map a device's memory and not RAM. On confidential guests (SEV,
 *	    TDX) the entry must not be encrypted, and this helper clears the
 *	    encryption bit. On other machines it does what remap_pfn_range() does.
 * VMA:     any. The helper sets VM_IO, VM_PFNMAP, VM_DONTEXPAND and VM_DONTDUMP.
 *	    In a private mapping that has VM_MAYWRITE, one call has to cover the
 *	    whole VMA.
 *	    generic_access_phys() as access() lets gdb and /proc/PID/mem read and
 *	    write the memory, which they can't otherwise. Leave it out of a private
 *	    mapping: pages copied on write are RAM, and ioremap() of RAM warns.
 * Mode:    set vm_page_prot before the call: pgprot_writecombine() if the BAR is
 *	    prefetchable, else pgprot_noncached(), which is uncached-minus on x86.
 *	    One call over the whole VMA reserves the range in that mode until the
 *	    VMA goes. The call returns -EINVAL if others hold the range in a mode
 *	    that conflicts with yours.
 * Pitfall: a call over part of the VMA reserves nothing, and you get no error
 *	    when the mode differs. The host of a confidential guest can read RAM
 *	    that you map by this helper. A second call over the whole VMA returns
 *	    -EINVAL since 6.16. Before 6.16 it hits a BUG_ON() unless the VMA was
 *	    zapped first. Nothing brings a zapped entry back: access gives SIGBUS.
 *	    Call the helper in mmap() alone: fault() holds the mmap lock for
 *	    reading only, and kernels from 6.9 to 7.0 warn of the call. Two
 *	    threads that call the helper in fault() at the same time hit a
 *	    BUG_ON() on every kernel.
 * Since:   2.6. Since 5.7 (encryption) drivers must use this name for I/O memory.
 * See:     Documentation/arch/x86/pat.rst.
 */
#include <linux/mm.h>

#include "compat.h"
#include "method.h"

static const struct vm_operations_struct io_remap_pfn_range_ops = {
#ifdef CONFIG_HAVE_IOREMAP_PROT
	.access = generic_access_phys,
#endif
};

static int io_remap_pfn_range_mmap(struct vm_area_struct *vma,
				   const struct pfnmap_region *region)
{
	if (!compat_vma_is_cow_mapping(vma))
		vma->vm_ops = &io_remap_pfn_range_ops;

	return io_remap_pfn_range(vma, vma->vm_start,
				  PHYS_PFN(region->start) + vma->vm_pgoff,
				  vma->vm_end - vma->vm_start,
				  vma->vm_page_prot);
}

const struct pfnmap_method pfnmap_io_remap_pfn_range = {
	.regions = PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_MMIO),
	.levels = PFNMAP_TEST_BIT(PFNMAP_TEST_LEVEL_PTE),
	.flags = PFNMAP_TEST_DESC_COW | PFNMAP_TEST_DESC_ACCESS,
	.mmap = io_remap_pfn_range_mmap,
};
