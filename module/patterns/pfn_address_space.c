// SPDX-License-Identifier: GPL-2.0-only
/*
 * register_pfn_address_space(): tell the processes that map it when memory without
 * struct pages goes bad.
 *
 * When:    user space maps memory of a device that reports uncorrectable errors
 *	    through ACPI (GHES), and the kernel has no struct pages for the memory:
 *	    a GPU's or a CXL device's. vfio's nvgrace-gpu does so.
 * VMA:     VM_PFNMAP, set in mmap, and shared. The helper has a BUG_ON() for a
 *	    private mapping with VM_MAYWRITE: refuse private mappings in mmap. All
 *	    VMAs lie in the address_space that you register.
 *	    Pass vm_page_prot through pgprot_decrypted() for I/O memory: where RAM
 *	    is encrypted (SEV, TDX, SME) a device's memory is not, and the helper
 *	    leaves that bit alone.
 * Mode:    the mode that others reserved; vmf_insert_pfn() ignores the cache bits
 *	    of vm_page_prot.
 * Pitfall: the callback must refuse a pfn that the VMA does not reach. If the
 *	    callback returns 0, the kernel finds no address for the pfn, and sends
 *	    SIGKILL instead of SIGBUS.
 *	    Only one address_space can hold a pfn: the second registration is
 *	    -EBUSY. Never unregister what you did not register.
 *	    The kernel sends SIGBUS only to the current process, and to those that
 *	    asked for it by PR_MCE_KILL_EARLY or vm.memory_failure_early_kill.
 *	    The kernel leaves the entries in place and keeps no record: refuse later
 *	    faults yourself if accesses can hang the bus.
 * Since:   6.19, with CONFIG_MEMORY_FAILURE.
 */
#include <linux/container_of.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "compat.h"
#include "pattern.h"

#if PFNMAP_HAVE_PFN_ADDRESS_SPACE
#include <linux/memory-failure.h>

struct held_space {
	struct pfnmap_held held;
	struct pfn_address_space space;
};

static vm_fault_t space_fault(struct vm_fault *vmf)
{
	return vmf_insert_pfn(vmf->vma, vmf->address,
			      pfnmap_view_pfn(vmf->vma->vm_private_data,
					      vmf->pgoff));
}

static const struct vm_operations_struct space_ops = {
	.fault = space_fault,
};

/* The kernel asks for each VMA of the address_space, whatever it maps. */
static int space_pgoff(struct vm_area_struct *vma, unsigned long pfn, pgoff_t *pgoff)
{
	const struct pfnmap_view *view = vma->vm_private_data;
	pgoff_t off;

	if (vma->vm_ops != &space_ops)
		return -ENOENT;

	off = pfn - PHYS_PFN(view->region->start);
	if (off < vma->vm_pgoff || off - vma->vm_pgoff >= vma_pages(vma))
		return -EFAULT;

	*pgoff = off;
	return 0;
}

static void space_release(struct pfnmap_held *held)
{
	struct held_space *h = container_of(held, struct held_space, held);

	unregister_pfn_address_space(&h->space);
	kfree(h);
}

/* What a driver does in probe(). */
static struct pfnmap_held *space_hold(const struct pfnmap_region *region,
				      struct address_space *mapping)
{
	struct held_space *h;
	int err;

	h = compat_kzalloc_obj(*h, GFP_KERNEL);
	if (!h)
		return ERR_PTR(-ENOMEM);

	h->held.release = space_release;
	h->space.node.start = PHYS_PFN(region->start);
	h->space.node.last = PHYS_PFN(region->start + region->bytes) - 1;
	h->space.mapping = mapping;
	h->space.pfn_to_vma_pgoff = space_pgoff;
	err = register_pfn_address_space(&h->space);
	if (err) {
		kfree(h);
		return ERR_PTR(err);
	}

	return &h->held;
}

static int space_mmap(struct vm_area_struct *vma, const struct pfnmap_mapping *m)
{
	if (compat_vma_is_cow_mapping(vma))
		return -EINVAL;

	compat_vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_page_prot = pgprot_decrypted(vma->vm_page_prot);
	vma->vm_ops = &space_ops;
	return 0;
}

const struct pfnmap_pattern pfnmap_pfn_address_space = {
	.regions = PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_MMIO),
	.levels = PFNMAP_TEST_BIT(PFNMAP_TEST_LEVEL_PTE),
	.flags = PFNMAP_TEST_DESC_FAULT,
	.hold = space_hold,
	.mmap = space_mmap,
};
#endif
