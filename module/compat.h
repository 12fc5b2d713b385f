/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Everything that depends on the kernel's version, by API. Each part begins with the
 * version that changed the API. probes/ finds out what the kernel at hand has, unless a
 * macro of the kernel says so. This file reads no version number: a stable or vendor
 * kernel may have what a later version introduced.
 *
 * The rest of the module is written for the newest kernel: drop "compat_" from a name, and
 * you have that kernel's name and arguments. This file defines no name of the kernel's own.
 */
#ifndef PFNMAP_TEST_COMPAT_H
#define PFNMAP_TEST_COMPAT_H

#include <linux/kconfig.h>
#include <linux/kref.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "probes/answers.h"
#include "uapi/pfnmap_test.h"

/*
 * 6.16: VM_PAT went away; each VMA points to the counted range that it shares.
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
 * What a kernel can do: the last column of patterns/list.h, and what the KUnit suites need.
 *
 * 7.2: an mmap_prepare() can replace the error of its action.
 * 7.1: mmap_prepare() sets a VMA's flags by bit, and can ask whether the VMA will be CoW.
 * 6.19: memory_failure() finds the processes that map memory without struct pages. A large
 * folio of a private or coherent page map puts the page map's reference for each of its
 * pages. No declaration shows the latter: ask for folio_free(), which came with it.
 * 6.18: vmf_insert_folio_pmd() maps the huge zero folio uncounted. No declaration shows
 * this change of behaviour: ask for find_normal_page(), which the same series renamed.
 * Since then the kernel has this hook only where an option selects it.
 * 6.15: the kernel counts ZONE_DEVICE pages that it maps. Before, they had entries of
 * their own kind (devmap), which 6.17 took away. Both need CONFIG_FS_DAX: the kernel
 * knows a DAX VMA by S_DAX, which is 0 without the option.
 * 6.12: follow_pfnmap_start() tells an entry's protection, too.
 * 6.11: no helper counts the zero page, and each refuses it where a process could write.
 * No declaration shows this change of behaviour: ask for the helpers of 6.15.
 */
#define PFNMAP_HAVE_PMD		IS_ENABLED(CONFIG_TRANSPARENT_HUGEPAGE)
#define PFNMAP_HAVE_PUD							\
	(PFNMAP_HAVE_PMD && IS_ENABLED(CONFIG_HAVE_ARCH_TRANSPARENT_HUGEPAGE_PUD))
#define PFNMAP_HAVE_DAX							\
	(IS_ENABLED(CONFIG_ZONE_DEVICE) && IS_ENABLED(CONFIG_FS_DAX))
#define PFNMAP_HAVE_FOLIO	(PFNMAP_PROBE_VMF_INSERT_FOLIO && PFNMAP_HAVE_DAX)
#define PFNMAP_HAVE_DEVMAP	(!PFNMAP_PROBE_VMF_INSERT_FOLIO && PFNMAP_HAVE_DAX)
#define PFNMAP_HAVE_HUGE_ZERO						\
	(PFNMAP_PROBE_FIND_NORMAL_PAGE && PFNMAP_HAVE_FOLIO && PFNMAP_HAVE_PMD)
#define PFNMAP_HAVE_FIND_NORMAL_PAGE					\
	(PFNMAP_PROBE_FIND_NORMAL_PAGE != 2 && IS_ENABLED(CONFIG_MMU_NOTIFIER))
#define PFNMAP_HAVE_PFN_ADDRESS_SPACE					\
	(PFNMAP_PROBE_PFN_ADDRESS_SPACE && IS_ENABLED(CONFIG_MEMORY_FAILURE))
#define PFNMAP_HAVE_LARGE_PRIVATE	(PFNMAP_PROBE_FOLIO_FREE == 1)
#define PFNMAP_HAVE_MMAP_ACTION	PFNMAP_PROBE_MMAP_ACTION_REMAP
#define PFNMAP_HAVE_MMAP_PAGES	PFNMAP_PROBE_MMAP_ACTION_MAP_KERNEL_PAGES
#define PFNMAP_HAVE_SIMPLE_IOREMAP	PFNMAP_PROBE_MMAP_ACTION_SIMPLE_IOREMAP
#define PFNMAP_HAVE_PREPARE_FLAGS					\
	(PFNMAP_HAVE_MMAP_PAGES && PFNMAP_PROBE_VMA_DESC_IS_COW_MAPPING)
#define PFNMAP_HAVE_ERROR_OVERRIDE	(PFNMAP_PROBE_MMAP_ACTION_ERROR_OVERRIDE == 1)
#define PFNMAP_HAVE_FOLLOW_PFNMAP	(PFNMAP_PROBE_FOLLOW_PFNMAP != 0)
#define PFNMAP_HAVE_WRPROTECT_RANGE	PFNMAP_PROBE_MAPPING_WRPROTECT_RANGE
#define PFNMAP_HAVE_ZERO_PAGE		PFNMAP_PROBE_VMF_INSERT_FOLIO

/*
 * 7.3: vma_is_cow_mapping() takes the VMA; before, is_cow_mapping() takes its flags.
 */
#if PFNMAP_PROBE_VMA_IS_COW_MAPPING
#define compat_vma_is_cow_mapping	vma_is_cow_mapping
#else
#define compat_vma_is_cow_mapping(vma)	is_cow_mapping((vma)->vm_flags)
#endif

/*
 * 7.1: zap_vma_ptes() became zap_special_vma_range(), and takes VM_MIXEDMAP.
 */
#define PFNMAP_ZAP_TAKES_MIXED	PFNMAP_PROBE_ZAP_SPECIAL_VMA_RANGE
#if PFNMAP_PROBE_ZAP_SPECIAL_VMA_RANGE
#define compat_zap_special_vma_range	zap_special_vma_range
#else
#define compat_zap_special_vma_range	zap_vma_ptes
#endif

/*
 * 7.0: vma_desc_is_cow_mapping() tells whether the VMA will be CoW. The names before it did
 * not last: take each VMA for CoW, and do without the operations that a CoW mapping must
 * not have.
 */
#if PFNMAP_PROBE_VMA_DESC_IS_COW_MAPPING
#define compat_vma_desc_is_cow_mapping	vma_desc_is_cow_mapping
#else
#define compat_vma_desc_is_cow_mapping(desc)	true
#endif

/*
 * 7.0: kzalloc_obj() takes an object; kzalloc() takes its size.
 */
#if PFNMAP_PROBE_KZALLOC_OBJ
#define compat_kzalloc_obj		kzalloc_obj
#else
#define compat_kzalloc_obj(obj, gfp)	kzalloc(sizeof(obj), gfp)
#endif

/*
 * 6.19: mm_get_unmapped_area() lost its argument mm. 6.10: the function came.
 */
#if PFNMAP_PROBE_MM_GET_UNMAPPED_AREA == 1
#define compat_mm_get_unmapped_area	mm_get_unmapped_area
#elif PFNMAP_PROBE_MM_GET_UNMAPPED_AREA == 2
#define compat_mm_get_unmapped_area(...)				\
	mm_get_unmapped_area(current->mm, __VA_ARGS__)
#else
#define compat_mm_get_unmapped_area(...)				\
	current->mm->get_unmapped_area(__VA_ARGS__)
#endif

/*
 * 6.19: a page map's callback gets a folio; before, a page. Put
 * PFNMAP_DEFINE_FOLIO_FREE() behind the function, PFNMAP_FOLIO_FREE() into the
 * dev_pagemap_ops.
 */
#if PFNMAP_PROBE_FOLIO_FREE
#define PFNMAP_DEFINE_FOLIO_FREE(_fn)
#define PFNMAP_FOLIO_FREE(_fn)		.folio_free = _fn
#else
#define PFNMAP_FOLIO_FREE(_fn)		.page_free = _fn##_page
#define PFNMAP_DEFINE_FOLIO_FREE(_fn)					\
static void _fn##_page(struct page *page)				\
{									\
	_fn(page_folio(page));						\
}
#endif

/*
 * 6.19: the kernel no longer warns of a zap of part of a 1 GiB leaf without the mmap lock
 * (zap_pud_range()). No declaration shows this: ask for the change of
 * mm_get_unmapped_area(), which came with the same release.
 */
#define PFNMAP_PART_OF_PUD_WARNS	(PFNMAP_PROBE_MM_GET_UNMAPPED_AREA != 1)

/*
 * 6.18: get_dev_pagemap() lost its second argument, a page map to try first.
 */
#if PFNMAP_PROBE_GET_DEV_PAGEMAP
#define compat_get_dev_pagemap		get_dev_pagemap
#else
#define compat_get_dev_pagemap(pfn)	get_dev_pagemap(pfn, NULL)
#endif

/*
 * 6.18: find_special_page() became find_normal_page().
 */
#if PFNMAP_PROBE_FIND_NORMAL_PAGE
#define compat_find_normal_page		find_normal_page
#else
#define compat_find_normal_page		find_special_page
#endif
#if PFNMAP_PROBE_FIND_NORMAL_PAGE == 2
#define compat_has_normal_page(ops)	false
#else
#define compat_has_normal_page(ops)	(!!(ops)->compat_find_normal_page)
#endif

/*
 * 6.17: the insert helpers take a plain pfn; before, a pfn_t.
 */
#if PFNMAP_PROBE_PFN_T
#define compat_vmf_insert_mixed		vmf_insert_mixed
#define compat_vmf_insert_pfn_pmd	vmf_insert_pfn_pmd
#define compat_vmf_insert_pfn_pud	vmf_insert_pfn_pud
#else
#include <linux/pfn_t.h>

#define compat_vmf_insert_mixed(vma, addr, pfn)				\
	vmf_insert_mixed(vma, addr, __pfn_to_pfn_t(pfn, PFN_DEV))
#define compat_vmf_insert_pfn_pmd(vmf, pfn, write)			\
	vmf_insert_pfn_pmd(vmf, __pfn_to_pfn_t(pfn, PFN_DEV), write)
#define compat_vmf_insert_pfn_pud(vmf, pfn, write)			\
	vmf_insert_pfn_pud(vmf, __pfn_to_pfn_t(pfn, PFN_DEV), write)

/* For kernel-only/devmap.c, which newer kernels do not compile. */
#define compat_insert_devmap_pte(vmf, pfn)				\
	vmf_insert_mixed((vmf)->vma, (vmf)->address,			\
			 __pfn_to_pfn_t(pfn, PFN_DEV | PFN_MAP))
#define compat_insert_devmap_pmd(vmf, pfn, write)			\
	vmf_insert_pfn_pmd(vmf, __pfn_to_pfn_t(pfn, PFN_DEV | PFN_MAP), write)
#define compat_insert_devmap_pud(vmf, pfn, write)			\
	vmf_insert_pfn_pud(vmf, __pfn_to_pfn_t(pfn, PFN_DEV | PFN_MAP), write)
#endif

/*
 * 6.15: page_pgmap() finds the page map through the folio, for all kinds of pages.
 */
#if PFNMAP_PROBE_PAGE_PGMAP
#define compat_page_pgmap		page_pgmap
#else
#define compat_page_pgmap(page)		((page)->pgmap)
#endif

/*
 * 6.12: large leaves have a special bit, too.
 */
#if PFNMAP_PROBE_PMD_SPECIAL
#define compat_pmd_special		pmd_special
#define compat_pud_special		pud_special
#else
#define compat_pmd_special(pmd)		false
#define compat_pud_special(pud)		false
#endif

/*
 * 6.10: folio_mapcount() calls only what the kernel exports. Before, page_mapcount() counts
 * for a large folio the entries for all of it, and those for its first page.
 */
#if PFNMAP_PROBE_FOLIO_MAPCOUNT
#define compat_folio_mapcount		folio_mapcount
#else
#define compat_folio_mapcount(folio)	page_mapcount(&(folio)->page)
#endif

/*
 * 6.6: huge_fault() gets the order of the leaf; before, an enum page_entry_size. Put
 * PFNMAP_DEFINE_HUGE_FAULT() behind the function, PFNMAP_HUGE_FAULT() into the
 * vm_operations_struct.
 */
#if PFNMAP_PROBE_HUGE_FAULT
#define PFNMAP_DEFINE_HUGE_FAULT(_fn)
#define PFNMAP_HUGE_FAULT(_fn)		_fn
#define compat_huge_fault(ops, vmf, order)	((ops)->huge_fault(vmf, order))
#else
#define PFNMAP_HUGE_FAULT(_fn)		_fn##_pe
#define compat_huge_fault(ops, vmf, order)				\
	((ops)->huge_fault(vmf, (order) == COMPAT_PUD_ORDER ? PE_SIZE_PUD : \
				(order) == COMPAT_PMD_ORDER ? PE_SIZE_PMD : \
							      PE_SIZE_PTE))
#define PFNMAP_DEFINE_HUGE_FAULT(_fn)					\
static vm_fault_t _fn##_pe(struct vm_fault *vmf, enum page_entry_size pe) \
{									\
	return _fn(vmf, pe == PE_SIZE_PUD ? COMPAT_PUD_ORDER :		\
			pe == PE_SIZE_PMD ? COMPAT_PMD_ORDER : 0);	\
}
#endif

/*
 * 6.12: follow_pfnmap_start() replaces follow_pte(), which is for small entries only. Since
 * 6.15 it tells how large the entry is. Since 6.10 follow_pte() checks the VMA's flags;
 * before, its callers did.
 */
#if PFNMAP_PROBE_FOLLOW_PFNMAP
#define compat_follow_pfnmap_args	follow_pfnmap_args
#define compat_follow_pfnmap_start	follow_pfnmap_start
#define compat_follow_pfnmap_end	follow_pfnmap_end
#if PFNMAP_PROBE_FOLLOW_PFNMAP == 1
#define compat_follow_addr_mask(args)	((args)->addr_mask)
#else
#define compat_follow_addr_mask(args)	0UL
#endif
#else
struct compat_follow_pfnmap_args {
	struct vm_area_struct *vma;
	unsigned long address;
	spinlock_t *lock; /* ptep */
	pte_t *ptep;
	unsigned long pfn;
	bool writable;
	bool special;
};

static inline int compat_follow_pfnmap_start(struct compat_follow_pfnmap_args *args)
{
	pte_t pte;
	int err;

	if (!(args->vma->vm_flags & (VM_IO | VM_PFNMAP)))
		return -EINVAL;

#if PFNMAP_PROBE_FOLLOW_PTE == 2
	err = follow_pte(args->vma, args->address, &args->ptep, &args->lock);
#else
	err = follow_pte(args->vma->vm_mm, args->address, &args->ptep, &args->lock);
#endif
	if (err)
		return err;

	pte = READ_ONCE(*args->ptep);
	args->pfn = pte_pfn(pte);
	args->writable = pte_write(pte);
	args->special = pte_special(pte);
	return 0;
}

static inline void compat_follow_pfnmap_end(struct compat_follow_pfnmap_args *args)
{
	/* For sparse: the declaration of follow_pte() does not say that it takes the lock. */
	__acquire(args->lock);
	pte_unmap_unlock(args->ptep, args->lock);
}

#define compat_follow_addr_mask(args)	PAGE_MASK
#endif

/*
 * 6.12: large leaves have a special bit, so a VM_PFNMAP VMA may have them. 6.8 already
 * calls huge_fault() for such a VMA. But without the special bit get_user_pages_fast()
 * takes the pfn for a page, and oopses.
 */
#define PFNMAP_PFN_HUGE_FAULT(_fn)					\
	(PFNMAP_PROBE_PMD_SPECIAL ? PFNMAP_HUGE_FAULT(_fn) : NULL)

/*
 * 6.6: all architectures have PMD_ORDER and PUD_ORDER.
 */
#define COMPAT_PMD_ORDER	(PMD_SHIFT - PAGE_SHIFT)
#define COMPAT_PUD_ORDER	(PUD_SHIFT - PAGE_SHIFT)

/*
 * 6.5: pin_user_pages() no longer returns the VMAs.
 */
#if PFNMAP_PROBE_PIN_USER_PAGES
#define compat_pin_user_pages		pin_user_pages
#else
#define compat_pin_user_pages(...)	pin_user_pages(__VA_ARGS__, NULL)
#endif

/*
 * 6.2: a caller of GUP passes FOLL_PCI_P2PDMA if it can cope with P2PDMA memory.
 */
#if PFNMAP_PROBE_FOLL_PCI_P2PDMA
#define COMPAT_FOLL_PCI_P2PDMA		FOLL_PCI_P2PDMA
#else
#define COMPAT_FOLL_PCI_P2PDMA		0
#endif

/*
 * 6.4: a fault may hold only the lock of its VMA. Before, the mmap lock keeps faults out.
 */
#if PFNMAP_PROBE_VMA_START_WRITE
#define compat_vma_start_write		vma_start_write
#else
#define compat_vma_start_write(vma)
#endif

/*
 * 6.3: a driver sets and clears vm_flags by functions.
 */
#if PFNMAP_PROBE_VM_FLAGS_SET
#define compat_vm_flags_set		vm_flags_set
#define compat_vm_flags_clear		vm_flags_clear
#else
#define compat_vm_flags_set(vma, flags)		((vma)->vm_flags |= (flags))
#define compat_vm_flags_clear(vma, flags)	((vma)->vm_flags &= ~(flags))
#endif

#endif /* PFNMAP_TEST_COMPAT_H */
