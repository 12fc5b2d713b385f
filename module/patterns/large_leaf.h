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
 * @pfn: page frame number of the page at the faulting address
 *
 * No helper checks that the leaf lies inside the VMA, or that @pfn is as far into
 * a naturally aligned block of pages as the address is into the leaf.
 *
 * Return: true if it may. If not, the caller returns VM_FAULT_FALLBACK.
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
 * @vma: the VMA; the caller does not hold its i_mmap_rwsem
 * @start: the first address, inside @vma
 * @end: the address after the last; may lie past the end of @vma
 *
 * Zaps these pages of the file in every VMA that maps them. In other VMAs a 1 GiB
 * leaf may cover more pages of the file. Zap the whole leaf: before 6.19 the kernel
 * warns of a zap of part of a leaf without the mmap lock (zap_pud_range()).
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
 * @addr: where the kernel is about to split it
 *
 * If @addr is not aligned to 2 MiB, the kernel looks for a 2 MiB leaf across
 * @addr before it splits the VMA. On the way it takes a 1 GiB leaf for a page
 * table: it oopses, or takes data for entries (mm_find_pmd(), 6.1 to 7.3). So
 * refuse the split.
 *
 * If @addr is aligned to 2 MiB, the kernel clears the 1 GiB leaf, and marks its
 * folio dirty if the leaf was dirty. But the VMA has its new border by then, and
 * with CONFIG_DEBUG_VM the kernel BUGs about this (__split_huge_pud_locked()). So
 * zap the leaf first on such a kernel, although zap_huge_pud() does not mark the
 * folio dirty. The kernel locks faults out of the VMA only after may_split(), and
 * a fault would put the leaf back: lock them out here.
 *
 * This works around two bugs of the kernel. A driver can drop it when all kernels that
 * the driver is for tell a 1 GiB leaf from a page table in mm_find_pmd(): 7.3 does not.
 *
 * Return: 0, or -EINVAL, which munmap() and other callers then return.
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
 * mremap() takes a 1 GiB leaf for a broken page table and clears it, without a TLB
 * flush and without dropping the leaf's reference (get_old_pud(), 6.1 to 7.3). It
 * calls open() for the new VMA before it moves entries. If open() zaps them,
 * mremap() finds none, and they fault in again.
 *
 * The kernel also calls open() for a split, where a VMA is at the new VMA's start
 * already, and for a child's VMA, which has another mm. Neither needs a zap.
 *
 * This works around a bug of the kernel. A driver can drop it when all kernels that
 * the driver is for let a 1 GiB leaf pass in get_old_pud(): 7.3 does not.
 */
static inline void open_pud(struct vm_area_struct *vma)
{
	if (vma->vm_mm == current->mm && !vma_lookup(vma->vm_mm, vma->vm_start))
		zap_pud(vma, vma->vm_start, vma->vm_end);
}

#endif /* PFNMAP_LARGE_LEAF_H */
