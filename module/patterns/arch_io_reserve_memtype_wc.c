// SPDX-License-Identifier: GPL-2.0-only
/*
 * arch_io_reserve_memtype_wc(): write-combining by fault, for user space alone.
 *
 * When:    you map pages of a BAR one at a time in write-combining mode, and the
 *	    kernel has no mapping of its own: GPU drivers with a large BAR.
 *	    probe() reserves the range, remove() frees it. In a driver write
 *	    devm_arch_io_reserve_memtype_wc(), which frees it for you.
 * VMA:     VM_PFNMAP, set in mmap, and shared. The helper has a BUG_ON() for a
 *	    private mapping with VM_MAYWRITE, even if it is read-only: refuse
 *	    private mappings in mmap. VM_DONTEXPAND keeps mremap() from growing
 *	    the VMA past what mmap checked.
 *	    Pass vm_page_prot through pgprot_decrypted() for I/O memory: where RAM
 *	    is encrypted (SEV, TDX, SME) a device's memory is not, and the helper
 *	    leaves the encryption bit alone.
 * Mode:    write-combining, by the reservation alone: vmf_insert_pfn() ignores
 *	    the cache bits of vm_page_prot.
 * Pitfall: the reservation fails with -EBUSY if others hold the range
 *	    write-back. If they hold it uncached-minus, it succeeds, and the mode
 *	    stays uncached-minus.
 * Since:   4.9, devm_ since 5.17.
 * See:     Documentation/arch/x86/pat.rst.
 */
#include <linux/io.h>
#include <linux/mm.h>

#include "compat.h"
#include "method.h"

/* Call this in probe(). */
static int memtype_setup(void *state, const struct pfnmap_region *region,
			 struct address_space *mapping)
{
	return arch_io_reserve_memtype_wc(region->start, region->bytes);
}

/* Call this in remove(). */
static void memtype_teardown(void *state, const struct pfnmap_region *region)
{
	arch_io_free_memtype_wc(region->start, region->bytes);
}

static vm_fault_t memtype_fault(struct vm_fault *vmf)
{
	const struct pfnmap_region *region = vmf->vma->vm_private_data;

	return vmf_insert_pfn(vmf->vma, vmf->address,
			      PHYS_PFN(region->start) + vmf->pgoff);
}

static const struct vm_operations_struct memtype_ops = {
	.fault = memtype_fault,
};

static int memtype_mmap(struct vm_area_struct *vma,
			const struct pfnmap_region *region)
{
	if (compat_vma_is_cow_mapping(vma))
		return -EINVAL;

	compat_vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_page_prot = pgprot_decrypted(vma->vm_page_prot);
	vma->vm_ops = &memtype_ops;
	return 0;
}

const struct pfnmap_method pfnmap_arch_io_reserve_memtype_wc = {
	.regions = PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_MMIO),
	.levels = PFNMAP_TEST_BIT(PFNMAP_TEST_LEVEL_PTE),
	.flags = PFNMAP_TEST_DESC_FAULT | PFNMAP_TEST_DESC_RESERVES,
	.setup = memtype_setup,
	.teardown = memtype_teardown,
	.mmap = memtype_mmap,
};
