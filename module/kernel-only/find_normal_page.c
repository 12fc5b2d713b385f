// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests the kernel; not for your driver.
 *
 * find_normal_page(): a special entry that has a page all the same.
 *
 * When:    never in a new driver. Xen's gntdev maps foreign frames, and by this hook
 *	    lets the kernel find the pages that stand for them, so that users can
 *	    pin the pages for I/O.
 * VMA:     VM_MIXEDMAP and shared, with VM_DONTCOPY, and an mmu_interval_notifier
 *	    over it.
 * Mode:    the helper that inserts, vmf_insert_mixed(), ignores the cache bits of
 *	    vm_page_prot and takes the mode that the page is reserved in.
 * Pitfall: the kernel takes what your hook returns for a normal page. An unmap
 *	    drops a reference, a mapcount and RSS that the insert did not take. So
 *	    the hook must return NULL for a page as soon as the notifier hears that
 *	    the kernel takes the page's entry away. Allow neither private copies
 *	    nor fork(). Before 7.0 MADV_DOFORK undoes VM_DONTCOPY: then the hook
 *	    must return NULL, too, in both processes. mprotect() and clear_refs
 *	    invalidate, too, clear_refs the whole mm. But they only protect
 *	    entries, and the page stays mapped.
 * Since:   6.18 under this name, and since then only where something selects
 *	    CONFIG_FIND_NORMAL_PAGE; find_special_page() before.
 */
#include <linux/bitops.h>
#include <linux/kref.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/overflow.h>
#include <linux/pagemap.h>
#include <linux/pfn.h>
#include <linux/slab.h>

#include "compat.h"
#include "patterns/method.h"

#if PFNMAP_HAVE_FIND_NORMAL_PAGE
struct special {
	struct mmu_interval_notifier notifier;
	const struct pfnmap_region *region;
	struct kref vmas;	/* a split makes more of them */
	unsigned long start;	/* user address at mmap */
	unsigned long pgoff;	/* vm_pgoff at mmap */
	unsigned long n;	/* pages */
	unsigned long gone[];	/* by page; mremap() moves a page, and its bit stays */
};

static bool takes_entries(enum mmu_notifier_event event)
{
	return event != MMU_NOTIFY_PROTECTION_VMA &&
	       event != MMU_NOTIFY_PROTECTION_PAGE && event != MMU_NOTIFY_SOFT_DIRTY;
}

static bool special_invalidate(struct mmu_interval_notifier *notifier,
			       const struct mmu_notifier_range *range,
			       unsigned long seq)
{
	struct special *s = container_of(notifier, struct special, notifier);

	unsigned long end = s->start + s->n * PAGE_SIZE;
	unsigned long addr;

	mmu_interval_set_seq(notifier, seq);
	if (!takes_entries(range->event))
		return true;

	for (addr = max(range->start, s->start); addr < min(range->end, end);
	     addr += PAGE_SIZE)
		set_bit(PHYS_PFN(addr - s->start), s->gone);
	return true;
}

static const struct mmu_interval_notifier_ops special_notifier_ops = {
	.invalidate = special_invalidate,
};

static void special_open(struct vm_area_struct *vma)
{
	struct special *s = vma->vm_private_data;

	kref_get(&s->vmas);
}

static void special_free(struct kref *kref)
{
	struct special *s = container_of(kref, struct special, vmas);

	mmu_interval_notifier_remove(&s->notifier);
	kfree(s);
}

static void special_close(struct vm_area_struct *vma)
{
	struct special *s = vma->vm_private_data;

	kref_put(&s->vmas, special_free);
}

static struct page *special_find(struct vm_area_struct *vma, unsigned long addr)
{
	struct special *s = vma->vm_private_data;
	unsigned long pgoff = linear_page_index(vma, addr);

	/* The notifier does not hear of a child's entries. fork() counts what we return. */
	if (vma->vm_mm != s->notifier.mm || !(vma->vm_flags & VM_DONTCOPY))
		return NULL;
	if (test_bit(pgoff - s->pgoff, s->gone))
		return NULL;

	return s->region->pages[pgoff];
}

static vm_fault_t special_fault(struct vm_fault *vmf)
{
	struct special *s = vmf->vma->vm_private_data;

	return compat_vmf_insert_mixed(vmf->vma, vmf->address,
				       page_to_pfn(s->region->pages[vmf->pgoff]));
}

static const struct vm_operations_struct special_ops = {
	.open = special_open,
	.close = special_close,
	.fault = special_fault,
	.compat_find_normal_page = special_find,
};

static int special_mmap(struct vm_area_struct *vma,
			const struct pfnmap_region *region)
{
	struct special *s;
	int err;

	if (compat_vma_is_cow_mapping(vma))
		return -EINVAL;

	s = kzalloc(struct_size(s, gone, BITS_TO_LONGS(vma_pages(vma))),
		    GFP_KERNEL_ACCOUNT);
	if (!s)
		return -ENOMEM;

	s->start = vma->vm_start;
	s->pgoff = vma->vm_pgoff;
	s->n = vma_pages(vma);
	err = mmu_interval_notifier_insert_locked(&s->notifier, vma->vm_mm,
						  vma->vm_start,
						  vma->vm_end - vma->vm_start,
						  &special_notifier_ops);
	if (err) {
		kfree(s);
		return err;
	}

	kref_init(&s->vmas);
	s->region = region;
	compat_vm_flags_set(vma, VM_MIXEDMAP | VM_DONTEXPAND | VM_DONTDUMP |
			    VM_DONTCOPY);
	vma->vm_private_data = s;
	vma->vm_ops = &special_ops;
	return 0;
}

const struct pfnmap_method pfnmap_find_normal_page = {
	.regions = PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_RAM),
	.levels = PFNMAP_TEST_BIT(PFNMAP_TEST_LEVEL_PTE),
	.flags = PFNMAP_TEST_DESC_FAULT,
	.mmap = special_mmap,
};
#endif
