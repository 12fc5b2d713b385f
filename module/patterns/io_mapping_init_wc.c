// SPDX-License-Identifier: GPL-2.0-only
/*
 * io_mapping_init_wc(): write-combining by fault, where the kernel maps it, too.
 *
 * When:    you map pages of a BAR one at a time in write-combining mode, and the
 *	    kernel accesses the BAR as well (io_mapping_map_local_wc()): i915 and
 *	    others. probe() makes the io_mapping. On x86-64 this is an
 *	    ioremap_wc() of the whole BAR, which reserves the BAR.
 * VMA:     VM_PFNMAP, set in mmap, and shared. The helper has a BUG_ON() for a
 *	    private mapping with VM_MAYWRITE, even if it is read-only: refuse
 *	    private mappings in mmap. VM_DONTEXPAND keeps mremap() from growing
 *	    the VMA past what mmap checked.
 *	    Pass vm_page_prot through pgprot_decrypted() for I/O memory: where RAM
 *	    is encrypted (SEV, TDX, SME) a device's memory is not, and the helper
 *	    leaves the encryption bit alone.
 * Mode:    write-combining, by the reservation alone: vmf_insert_pfn() ignores
 *	    the cache bits of vm_page_prot.
 * Pitfall: io_mapping_init_wc() returns NULL if others hold the BAR in another
 *	    mode. Pages that you insert after io_mapping_free() are uncached-minus
 *	    again, without an error.
 * Since:   2.6.28.
 * See:     Documentation/driver-api/io-mapping.rst.
 */
#include <linux/io-mapping.h>
#include <linux/mm.h>

#include "compat.h"
#include "method.h"

/* Call this in probe(). */
static int io_mapping_setup(void *state, const struct pfnmap_region *region,
			    struct address_space *mapping)
{
	struct io_mapping *iomap = state;

	return io_mapping_init_wc(iomap, region->start, region->bytes) ? 0 : -EBUSY;
}

/* Call this in remove(). */
static void io_mapping_teardown(void *state, const struct pfnmap_region *region)
{
	struct io_mapping *iomap = state;

	io_mapping_fini(iomap);
}

static vm_fault_t io_mapping_fault(struct vm_fault *vmf)
{
	const struct io_mapping *iomap = vmf->vma->vm_private_data;

	return vmf_insert_pfn(vmf->vma, vmf->address,
			      PHYS_PFN(iomap->base) + vmf->pgoff);
}

static const struct vm_operations_struct io_mapping_ops = {
	.fault = io_mapping_fault,
};

static int io_mapping_mmap(struct vm_area_struct *vma,
			   const struct pfnmap_region *region)
{
	if (compat_vma_is_cow_mapping(vma))
		return -EINVAL;

	compat_vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_page_prot = pgprot_decrypted(vma->vm_page_prot);
	vma->vm_ops = &io_mapping_ops;
	return 0;
}

const struct pfnmap_method pfnmap_io_mapping_init_wc = {
	.regions = PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_MMIO),
	.levels = PFNMAP_TEST_BIT(PFNMAP_TEST_LEVEL_PTE),
	.flags = PFNMAP_TEST_DESC_FAULT | PFNMAP_TEST_DESC_RESERVES,
	.state_bytes = sizeof(struct io_mapping),
	.setup = io_mapping_setup,
	.teardown = io_mapping_teardown,
	.mmap = io_mapping_mmap,
};
