/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Everything that depends on the kernel's version, by API, dated by the
 * kernel that changed it. Where a macro of the kernel tells, no version is
 * asked for. The rest of the module is written for the newest kernel.
 */
#ifndef PFNMAP_TEST_COMPAT_H
#define PFNMAP_TEST_COMPAT_H

#include <linux/kconfig.h>
#include <linux/kref.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/version.h>

#include "uapi/pfnmap_test.h"

/*
 * 6.16: VM_PAT went away; a counted range hangs off every VMA that shares it.
 */
#ifdef VM_PAT
#define PFNMAP_TRACKING_INFO	PFNMAP_TEST_INFO_VM_PAT

static inline void pfnmap_vma_tracking(const struct vm_area_struct *vma,
				       struct pfnmap_test_vma *out)
{
	if (vma->vm_flags & VM_PAT)
		out->tracking = PFNMAP_TEST_TRACK_VM_PAT;
}
#elif defined(__HAVE_PFNMAP_TRACKING)
#define PFNMAP_TRACKING_INFO	PFNMAP_TEST_INFO_TRACK_CTX

static inline void pfnmap_vma_tracking(const struct vm_area_struct *vma,
				       struct pfnmap_test_vma *out)
{
	const struct pfnmap_track_ctx *ctx = vma->pfnmap_track_ctx;

	if (!ctx)
		return;

	out->tracking = PFNMAP_TEST_TRACK_CTX;
	out->track_refs = kref_read(&ctx->kref);
	out->track_start = PFN_PHYS(ctx->pfn);
	out->track_bytes = ctx->size;
}
#else
#define PFNMAP_TRACKING_INFO	0

static inline void pfnmap_vma_tracking(const struct vm_area_struct *vma,
				       struct pfnmap_test_vma *out)
{
}
#endif

/*
 * What a kernel can do: the last column of patterns/list.h.
 *
 * 7.1: an mmap_prepare() may leave mapping kernel pages to the core, as it may
 * remapping (6.19).
 * 6.18: the huge zero folio is mapped by vmf_insert_folio_pmd() uncounted; a page
 * for a special entry is found only where something selects that.
 * 6.15: ZONE_DEVICE pages are counted when mapped; before, they had entries of
 * their own kind (devmap), which 6.17 took away. device-dax cares for neither
 * without CONFIG_FS_DAX: its VMAs are known by S_DAX, which is 0 then.
 */
#define PFNMAP_HAVE_PMD		IS_ENABLED(CONFIG_TRANSPARENT_HUGEPAGE)
#define PFNMAP_HAVE_PUD							\
	(PFNMAP_HAVE_PMD && IS_ENABLED(CONFIG_HAVE_ARCH_TRANSPARENT_HUGEPAGE_PUD))
#define PFNMAP_HAVE_FOLIO						\
	(LINUX_VERSION_CODE >= KERNEL_VERSION(6, 15, 0) &&		\
	 IS_ENABLED(CONFIG_ZONE_DEVICE) && IS_ENABLED(CONFIG_FS_DAX))
#define PFNMAP_HAVE_DEVMAP						\
	(LINUX_VERSION_CODE < KERNEL_VERSION(6, 15, 0) &&		\
	 IS_ENABLED(CONFIG_ZONE_DEVICE) && IS_ENABLED(CONFIG_FS_DAX))
#define PFNMAP_HAVE_HUGE_ZERO						\
	(LINUX_VERSION_CODE >= KERNEL_VERSION(6, 18, 0) &&		\
	 PFNMAP_HAVE_FOLIO && PFNMAP_HAVE_PMD)
#define PFNMAP_HAVE_FIND_NORMAL_PAGE					\
	(IS_ENABLED(CONFIG_MMU_NOTIFIER) &&				\
	 (LINUX_VERSION_CODE < KERNEL_VERSION(6, 18, 0) ||		\
	  IS_ENABLED(CONFIG_FIND_NORMAL_PAGE)))
#define PFNMAP_HAVE_MMAP_ACTION	(LINUX_VERSION_CODE >= KERNEL_VERSION(7, 1, 0))

#ifndef PMD_ORDER
#define PMD_ORDER	(PMD_SHIFT - PAGE_SHIFT)
#endif
#ifndef PUD_ORDER
#define PUD_ORDER	(PUD_SHIFT - PAGE_SHIFT)
#endif

/*
 * 7.3: asked of the VMA, of its flags before.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 3, 0)
#define vma_is_cow_mapping(vma)	is_cow_mapping((vma)->vm_flags)
#endif

/*
 * 7.1: zap_vma_ptes() became zap_special_vma_range(), and takes VM_MIXEDMAP.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 1, 0)
#define zap_special_vma_range	zap_vma_ptes
#endif

/*
 * 6.18: get_dev_pagemap() lost its second argument, a page map to try first.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 18, 0)
#define get_dev_pagemap(pfn)	get_dev_pagemap(pfn, NULL)
#endif

/*
 * 7.0: mm_get_unmapped_area() lost its mm; 6.10 brought it.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
static inline unsigned long mm_get_unmapped_area(struct file *file,
						 unsigned long addr,
						 unsigned long len,
						 unsigned long pgoff,
						 unsigned long flags)
{
	return current->mm->get_unmapped_area(file, addr, len, pgoff, flags);
}
#elif LINUX_VERSION_CODE < KERNEL_VERSION(7, 0, 0)
#define mm_get_unmapped_area(file, addr, len, pgoff, flags)		\
	mm_get_unmapped_area(current->mm, file, addr, len, pgoff, flags)
#endif

/*
 * 6.18: the hook's name.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 18, 0)
#define find_normal_page	find_special_page
#endif

/*
 * 6.17: pfns are plain numbers to the mappers, pfn_t before.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 17, 0)
#include <linux/pfn_t.h>

static inline vm_fault_t pfnmap_insert_devmap_pte(struct vm_fault *vmf,
						  unsigned long pfn)
{
	return vmf_insert_mixed(vmf->vma, vmf->address,
				__pfn_to_pfn_t(pfn, PFN_DEV | PFN_MAP));
}

#if PFNMAP_HAVE_PMD
static inline vm_fault_t pfnmap_insert_devmap_pmd(struct vm_fault *vmf,
						  unsigned long pfn, bool write)
{
	return vmf_insert_pfn_pmd(vmf, __pfn_to_pfn_t(pfn, PFN_DEV | PFN_MAP),
				  write);
}
#endif

#if PFNMAP_HAVE_PUD
static inline vm_fault_t pfnmap_insert_devmap_pud(struct vm_fault *vmf,
						  unsigned long pfn, bool write)
{
	return vmf_insert_pfn_pud(vmf, __pfn_to_pfn_t(pfn, PFN_DEV | PFN_MAP),
				  write);
}
#endif

#define vmf_insert_mixed(vma, addr, pfn)				\
	vmf_insert_mixed(vma, addr, __pfn_to_pfn_t(pfn, PFN_DEV))
#define vmf_insert_pfn_pmd(vmf, pfn, write)				\
	vmf_insert_pfn_pmd(vmf, __pfn_to_pfn_t(pfn, PFN_DEV), write)
#define vmf_insert_pfn_pud(vmf, pfn, write)				\
	vmf_insert_pfn_pud(vmf, __pfn_to_pfn_t(pfn, PFN_DEV), write)
#endif

/*
 * 6.14: the page map is found through the folio, for all kinds of pages.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 14, 0)
#define page_pgmap(page)	((page)->pgmap)
#endif

/*
 * 6.12: large leaves have a special bit too.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
static inline bool pmd_special(pmd_t pmd)
{
	return false;
}

static inline bool pud_special(pud_t pud)
{
	return false;
}
#endif

/*
 * 6.7: folio_mapcount() is for modules too. Before, an entry for the whole of a
 * folio is all that can be seen of a large one.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
#define pfnmap_folio_mapcount(folio)	page_mapcount(&(folio)->page)
#else
#define pfnmap_folio_mapcount(folio)	folio_mapcount(folio)
#endif

/*
 * 6.6: huge_fault() is given the order of the leaf, an enum before. The macro
 * goes behind the function, PFNMAP_HUGE_FAULT() into the vm_operations_struct.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
#define PFNMAP_HUGE_FAULT(_fn)		_fn##_pe
#define PFNMAP_DEFINE_HUGE_FAULT(_fn)					\
static vm_fault_t _fn##_pe(struct vm_fault *vmf, enum page_entry_size pe) \
{									\
	return _fn(vmf, pe == PE_SIZE_PUD ? PUD_ORDER :			\
			pe == PE_SIZE_PMD ? PMD_ORDER : 0);		\
}
#else
#define PFNMAP_DEFINE_HUGE_FAULT(_fn)
#define PFNMAP_HUGE_FAULT(_fn)		_fn
#endif

/*
 * 7.0: allocations by object.
 */
#ifndef kzalloc_obj
#define kzalloc_obj(obj, gfp)	kzalloc(sizeof(obj), gfp)
#endif

/*
 * 6.5: pin_user_pages() no longer gives the VMAs.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
#define pin_user_pages(start, n, flags, pages)				\
	pin_user_pages(start, n, flags, pages, NULL)
#endif

/*
 * 6.3: vm_flags are set and cleared by functions.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
static inline void vm_flags_set(struct vm_area_struct *vma, vm_flags_t flags)
{
	vma->vm_flags |= flags;
}

static inline void vm_flags_clear(struct vm_area_struct *vma, vm_flags_t flags)
{
	vma->vm_flags &= ~flags;
}
#endif

#endif /* PFNMAP_TEST_COMPAT_H */
