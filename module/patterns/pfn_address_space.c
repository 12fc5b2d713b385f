// SPDX-License-Identifier: GPL-2.0-only
/*
 * register_pfn_address_space(): when memory without struct pages goes bad, the
 * kernel tells the processes that map it.
 *
 * When:    user space maps memory of a device that reports uncorrectable errors
 *	    through ACPI (GHES), and the kernel has no struct pages for the memory:
 *	    a GPU's or a CXL device's. vfio's nvgrace-gpu does so.
 * VMA:     VM_PFNMAP, set in mmap, and shared. The helper has a BUG_ON() for a
 *	    private mapping with VM_MAYWRITE: refuse private mappings in mmap. All
 *	    VMAs lie in the address_space that you register.
 *	    Pass vm_page_prot through pgprot_decrypted() for I/O memory: where RAM
 *	    is encrypted (SEV, TDX, SME) a device's memory is not, and the helper
 *	    leaves the encryption bit alone.
 * Mode:    the mode that the page is reserved in, uncached-minus if nobody holds a
 *	    reservation; vmf_insert_pfn() ignores the cache bits of vm_page_prot.
 * Pitfall: the callback must refuse a pfn that the VMA does not reach. If the
 *	    callback returns 0, the kernel finds no address for the pfn, and sends
 *	    SIGKILL instead of SIGBUS.
 *	    Only one address_space can hold a pfn: the second registration returns
 *	    -EBUSY. Never unregister what you did not register.
 *	    The kernel sends SIGBUS to the current process. Other processes get it
 *	    only with PR_MCE_KILL_EARLY or vm.memory_failure_early_kill.
 *	    The kernel leaves the entries in place and keeps no record: refuse later
 *	    faults yourself if accesses can hang the bus.
 * Since:   6.19, with CONFIG_MEMORY_FAILURE.
 */
#include <linux/mm.h>

#include "compat.h"
#include "method.h"

#if PFNMAP_HAVE_PFN_ADDRESS_SPACE
#include <linux/memory-failure.h>

static vm_fault_t space_fault(struct vm_fault *vmf)
{
	const struct pfn_address_space *space = vmf->vma->vm_private_data;

	return vmf_insert_pfn(vmf->vma, vmf->address,
			      space->node.start + vmf->pgoff);
}

static const struct vm_operations_struct space_ops = {
	.fault = space_fault,
};

/* The kernel calls this for each VMA of the address_space, also one with other vm_ops. */
static int space_pgoff(struct vm_area_struct *vma, unsigned long pfn, pgoff_t *pgoff)
{
	const struct pfn_address_space *space = vma->vm_private_data;
	pgoff_t off;

	if (vma->vm_ops != &space_ops)
		return -ENOENT;

	off = pfn - space->node.start;
	if (off < vma->vm_pgoff || off - vma->vm_pgoff >= vma_pages(vma))
		return -EFAULT;

	*pgoff = off;
	return 0;
}

/* Call this in probe(). */
static int space_setup(void *state, const struct pfnmap_region *region,
		       struct address_space *mapping)
{
	struct pfn_address_space *space = state;

	space->node.start = PHYS_PFN(region->start);
	space->node.last = PHYS_PFN(region->start + region->bytes) - 1;
	space->mapping = mapping;
	space->pfn_to_vma_pgoff = space_pgoff;
	return register_pfn_address_space(space);
}

/* Call this in remove(). */
static void space_teardown(void *state, const struct pfnmap_region *region)
{
	struct pfn_address_space *space = state;

	unregister_pfn_address_space(space);
}

static int space_mmap(struct vm_area_struct *vma, const struct pfnmap_region *region)
{
	if (compat_vma_is_cow_mapping(vma))
		return -EINVAL;

	compat_vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_page_prot = pgprot_decrypted(vma->vm_page_prot);
	vma->vm_ops = &space_ops;
	return 0;
}

const struct pfnmap_method pfnmap_pfn_address_space = {
	.regions = PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_MMIO),
	.levels = PFNMAP_TEST_BIT(PFNMAP_TEST_LEVEL_PTE),
	.flags = PFNMAP_TEST_DESC_FAULT,
	.state_bytes = sizeof(struct pfn_address_space),
	.setup = space_setup,
	.teardown = space_teardown,
	.mmap = space_mmap,
};
#endif
