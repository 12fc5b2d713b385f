/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For patterns with large leaves: the checks that no helper makes, and workarounds
 * for kernels that take a 1 GiB leaf for a page table.
 */
#ifndef PFNMAP_LARGE_LEAF_H
#define PFNMAP_LARGE_LEAF_H

#include <linux/align.h>
#include <linux/fs.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/pfn.h>
#include <linux/sched.h>

#include "compat.h"
#include "method.h"

/**
 * leaf_fits - whether a large leaf may be mapped for a fault
 * @vmf: the fault
 * @order: log2 of the leaf's pages
 * @pfn: of the page at the faulting address
 *
 * No helper checks this: that the leaf is inside of the VMA, and that memory is
 * as far into a naturally aligned block as the address is.
 *
 * Return: true if so, otherwise the fault is for VM_FAULT_FALLBACK.
 */
static inline bool leaf_fits(const struct vm_fault *vmf, unsigned int order,
			     unsigned long pfn)
{
	unsigned long bytes = PAGE_SIZE << order;
	unsigned long start = ALIGN_DOWN(vmf->address, bytes);

	return start >= vmf->vma->vm_start &&
	       bytes <= vmf->vma->vm_end - start &&
	       IS_ALIGNED(pfn - PHYS_PFN(vmf->address - start), 1UL << order);
}

/**
 * zap_pud - empty the entries of a VMA that may hold 1 GiB leaves
 * @vma: the VMA; not in the way of unmap_mapping_range(), so no lock of rmap
 * @start: the first address, inside of @vma
 * @end: the one after the last; what is after @vma is emptied where it is mapped
 *
 * A leaf of which that is a part, of another VMA, is zapped whole: before 6.19
 * who zaps less without the mmap lock is warned (zap_pud_range()).
 */
static inline void zap_pud(struct vm_area_struct *vma, unsigned long start,
			   unsigned long end)
{
	unsigned long pages = PHYS_PFN(end - start), leaf = PHYS_PFN(PUD_SIZE);
	const struct pfnmap_region *region = vma->vm_private_data;
	unsigned long pgoff = linear_page_index(vma, start);
	unsigned long pfn = PHYS_PFN(region->start) + pgoff;
	unsigned long before = min(pfn % leaf, pgoff);
	unsigned long after = -(pfn + pages) % leaf;

	unmap_mapping_pages(vma->vm_file->f_mapping, pgoff - before,
			    before + pages + after, false);
}

/**
 * may_split_pud - a may_split() for VMAs that may hold 1 GiB leaves
 * @vma: the VMA
 * @addr: where somebody wants to split it
 *
 * Before it splits a VMA the kernel looks for a 2 MiB leaf across @addr, unless
 * that is at the border of one, and takes a 1 GiB leaf on its way for a page
 * table: it oopses, or takes data for entries (mm_find_pmd(), 6.1 to 7.3).
 *
 * At the border of one it clears the 1 GiB leaf, and tells the folio if that was
 * dirty. But it comes to that when the VMA has its new border already, which
 * CONFIG_DEBUG_VM BUGs about (__split_huge_pud_locked()): there the leaf is
 * zapped here, by which it is not told (zap_huge_pud()). The kernel keeps faults
 * out of the VMA only after this, and one of them would put the leaf back.
 *
 * A workaround for these two faults of the kernel. It can go from a driver that is for
 * kernels alone whose mm_find_pmd() tells a 1 GiB leaf from a page table: 7.3 does not.
 *
 * Return: 0, or -EINVAL for munmap() and its like to return.
 */
static inline int may_split_pud(struct vm_area_struct *vma, unsigned long addr)
{
	unsigned long leaf = ALIGN_DOWN(addr, PUD_SIZE);

	if (!IS_ALIGNED(addr, PMD_SIZE))
		return -EINVAL;
	if (IS_ENABLED(CONFIG_DEBUG_VM) && leaf != addr && leaf >= vma->vm_start) {
		compat_vma_start_write(vma);
		zap_pud(vma, leaf, leaf + PUD_SIZE);
	}

	return 0;
}

/**
 * open_pud - an open() for VMAs that may hold 1 GiB leaves
 * @vma: the new VMA
 *
 * mremap() takes a 1 GiB leaf for a broken page table and clears it: nobody
 * flushes it, nobody drops its reference (get_old_pud(), 6.1 to 7.3). It opens
 * the new VMA before it moves entries. So there are none by then, and they fault
 * in again. What a VMA is split into overlaps the VMA, and needs no zap; nor
 * does a child's.
 *
 * A workaround for that fault of the kernel. It can go from a driver that is for kernels
 * alone whose get_old_pud() lets a 1 GiB leaf pass: 7.3 does not.
 */
static inline void open_pud(struct vm_area_struct *vma)
{
	if (vma->vm_mm == current->mm && !vma_lookup(vma->vm_mm, vma->vm_start))
		zap_pud(vma, vma->vm_start, vma->vm_end);
}

#endif /* PFNMAP_LARGE_LEAF_H */
