// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmf_insert_pfn() of many extents: buffers that lie anywhere in physical memory,
 * side by side in one VMA.
 *
 * When:    one mmap() shows several buffers, the pieces of a scatterlist, or a
 *	    window whose parts lie in several BARs.
 * VMA:     VM_PFNMAP, set in mmap, and shared: a private writable mapping makes
 *	    the helper BUG_ON(), so mmap must refuse it. VM_DONTEXPAND keeps
 *	    mremap() from growing the VMA past what mmap checked.
 *	    Pass vm_page_prot through pgprot_decrypted() for I/O memory: where RAM
 *	    is encrypted (SEV, TDX, SME) a device's memory is not, and the helper
 *	    leaves the encryption bit alone.
 * Mode:    the mode in which you reserve each extent, here write-combining by
 *	    arch_io_reserve_memtype_wc(). The helper ignores the cache bits of
 *	    vm_page_prot.
 * Pitfall: remap_pfn_range() for each extent reserves nothing, since no extent
 *	    covers the whole VMA, and yields uncached-minus. If you reserve the
 *	    extents as here, remap_pfn_range() in mmap yields their mode, too. Some
 *	    drivers set vm_start and vm_end to the extent's ends around each call.
 *	    Since 6.16 they get -EINVAL from the second call on. Before 6.16
 *	    munmap() looks for one reservation of the VMA's size, and leaks them
 *	    all.
 * Since:   4.20 for vmf_insert_pfn() under this name, 4.9 for the reservation.
 * See:     Documentation/arch/x86/pat.rst.
 */
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/pfn.h>

#include "compat.h"
#include "method.h"

#define EXTENTS	4

struct extent {
	unsigned long pgoff;	/* offset in the file */
	unsigned long pfn;
	unsigned long pages;
};

struct extents {
	unsigned int n;
	struct extent all[EXTENTS];	/* sorted by pgoff, without holes */
};

static int extents_add(struct extents *e, unsigned long pgoff,
		       unsigned long pfn, unsigned long pages)
{
	int err;

	err = arch_io_reserve_memtype_wc(PFN_PHYS(pfn), PFN_PHYS(pages));
	if (!err)
		e->all[e->n++] = (struct extent){ pgoff, pfn, pages };

	return err;
}

/* Call this where you free your buffers. */
static void extents_teardown(void *state, const struct pfnmap_region *region)
{
	struct extents *e = state;

	while (e->n--)
		arch_io_free_memtype_wc(PFN_PHYS(e->all[e->n].pfn),
					PFN_PHYS(e->all[e->n].pages));
}

/* Call this where you get your buffers. Here they are parts of one region. */
static int extents_setup(void *state, const struct pfnmap_region *region,
			 struct address_space *mapping)
{
	struct extents *e = state;
	unsigned long pages = PHYS_PFN(region->bytes), at, next, i;
	int err;

	for (i = 0, at = 0, e->n = 0; i < EXTENTS; i++, at = next) {
		next = pages * (i + 1) / EXTENTS;
		if (next == at)
			continue;
		err = extents_add(e, at, PHYS_PFN(region->start) + at, next - at);
		if (err) {
			extents_teardown(e, region);
			return err;
		}
	}

	return 0;
}

static vm_fault_t extents_fault(struct vm_fault *vmf)
{
	const struct extents *e = vmf->vma->vm_private_data;
	const struct extent *extent;

	for (extent = e->all; extent < e->all + e->n; extent++)
		if (vmf->pgoff - extent->pgoff < extent->pages)
			return vmf_insert_pfn(vmf->vma, vmf->address, extent->pfn +
					      (vmf->pgoff - extent->pgoff));

	return VM_FAULT_SIGBUS;
}

static const struct vm_operations_struct extents_ops = {
	.fault = extents_fault,
};

static int extents_mmap(struct vm_area_struct *vma,
			const struct pfnmap_region *region)
{
	if (compat_vma_is_cow_mapping(vma))
		return -EINVAL;

	compat_vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_page_prot = pgprot_decrypted(vma->vm_page_prot);
	vma->vm_ops = &extents_ops;
	return 0;
}

const struct pfnmap_method pfnmap_extents_vmf_insert_pfn = {
	.regions = PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_MMIO),
	.levels = PFNMAP_TEST_BIT(PFNMAP_TEST_LEVEL_PTE),
	.flags = PFNMAP_TEST_DESC_FAULT | PFNMAP_TEST_DESC_RESERVES,
	.state_bytes = sizeof(struct extents),
	.setup = extents_setup,
	.teardown = extents_teardown,
	.mmap = extents_mmap,
};
