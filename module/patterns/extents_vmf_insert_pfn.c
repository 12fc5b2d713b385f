// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmf_insert_pfn() of many extents: buffers that lie anywhere in physical memory,
 * side by side in one VMA.
 *
 * When:    one mmap() shows several buffers, the pieces of a scatterlist, or a
 *	    window whose parts are of several BARs.
 * VMA:     VM_PFNMAP, set in mmap, and shared: a private writable mapping makes
 *	    the helper BUG_ON(), so mmap must refuse it. VM_DONTEXPAND keeps
 *	    mremap() from growing it past what mmap checked.
 *	    Pass vm_page_prot through pgprot_decrypted() for I/O memory: where RAM
 *	    is encrypted (SEV, TDX, SME) a device's memory is not, and the helper
 *	    leaves that bit alone.
 * Mode:    that in which you reserve each extent, here write-combining by
 *	    arch_io_reserve_memtype_wc(). The helper ignores vm_page_prot's.
 * Pitfall: remap_pfn_range() for each extent reserves nothing, since none of them
 *	    is all of the VMA, and yields uncached-minus. Drivers that move vm_start
 *	    and vm_end around each call, so that it is, get -EINVAL from the second
 *	    call on since 6.16; before, munmap() gave back one reservation of many.
 * Since:   4.20 under vmf_insert_pfn()'s name, the reservation 4.9.
 */
#include <linux/container_of.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/slab.h>

#include "compat.h"
#include "pattern.h"

#define EXTENTS	4

struct extent {
	unsigned long pgoff;	/* where user space sees it */
	unsigned long pfn;
	unsigned long pages;
};

struct held_extents {
	struct pfnmap_held held;
	unsigned int n;
	struct extent extents[EXTENTS];	/* by pgoff, without holes */
};

static void extents_free(struct held_extents *h)
{
	while (h->n--)
		arch_io_free_memtype_wc(PFN_PHYS(h->extents[h->n].pfn),
					PFN_PHYS(h->extents[h->n].pages));
	kfree(h);
}

static void extents_release(struct pfnmap_held *held)
{
	extents_free(container_of(held, struct held_extents, held));
}

static int extents_add(struct held_extents *h, unsigned long pgoff,
		       unsigned long pfn, unsigned long pages)
{
	int err;

	err = arch_io_reserve_memtype_wc(PFN_PHYS(pfn), PFN_PHYS(pages));
	if (!err)
		h->extents[h->n++] = (struct extent){ pgoff, pfn, pages };

	return err;
}

/* What a driver does where it gets its buffers. Ours are parts of the region. */
static struct pfnmap_held *extents_hold(const struct pfnmap_region *region,
					struct address_space *mapping)
{
	unsigned long pages = PHYS_PFN(region->bytes), at, next, i;
	struct held_extents *h;
	int err;

	h = compat_kzalloc_obj(*h, GFP_KERNEL);
	if (!h)
		return ERR_PTR(-ENOMEM);

	h->held.release = extents_release;
	for (i = 0, at = 0; i < EXTENTS; i++, at = next) {
		next = pages * (i + 1) / EXTENTS;
		if (next == at)
			continue;
		err = extents_add(h, at, PHYS_PFN(region->start) + at, next - at);
		if (err) {
			extents_free(h);
			return ERR_PTR(err);
		}
	}

	return &h->held;
}

static vm_fault_t extents_fault(struct vm_fault *vmf)
{
	const struct held_extents *h = vmf->vma->vm_private_data;
	const struct extent *extent;

	for (extent = h->extents; extent < h->extents + h->n; extent++)
		if (vmf->pgoff - extent->pgoff < extent->pages)
			return vmf_insert_pfn(vmf->vma, vmf->address, extent->pfn +
					      (vmf->pgoff - extent->pgoff));

	return VM_FAULT_SIGBUS;
}

static const struct vm_operations_struct extents_ops = {
	.fault = extents_fault,
};

static int extents_mmap(struct vm_area_struct *vma,
			const struct pfnmap_mapping *m)
{
	if (compat_vma_is_cow_mapping(vma))
		return -EINVAL;

	compat_vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_page_prot = pgprot_decrypted(vma->vm_page_prot);
	vma->vm_private_data = container_of(m->held, struct held_extents, held);
	vma->vm_ops = &extents_ops;
	return 0;
}

const struct pfnmap_pattern pfnmap_extents_vmf_insert_pfn = {
	.regions = PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_MMIO),
	.levels = PFNMAP_TEST_BIT(PFNMAP_TEST_LEVEL_PTE),
	.flags = PFNMAP_TEST_DESC_FAULT,
	.hold = extents_hold,
	.mmap = extents_mmap,
};
