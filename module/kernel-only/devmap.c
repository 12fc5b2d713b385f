// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests the kernel; not for your driver.
 *
 * devmap entries: how drivers mapped ZONE_DEVICE pages before 6.15.
 *
 * When:    never in a new driver. Kernels up to 6.14 have no other way to map
 *	    ZONE_DEVICE pages by 2 MiB. The helpers are those for pfns, called with
 *	    a pfn_t that has PFN_DEV | PFN_MAP.
 * VMA:     shared, without VM_PFNMAP and VM_MIXEDMAP; the file's inode is S_DAX.
 *	    Set VM_HUGEPAGE, as device-dax does.
 * Mode:    the mode that the page is reserved in: memremap_pages() reserves the
 *	    range write-back. On 6.12 a PUD gets the mode of vm_page_prot.
 * Pitfall: a mapping takes no reference: a page is idle at a count of one, mapped
 *	    or not, and RSS does not count it. Pins take references. On 6.1
 *	    MADV_COLD and MADV_PAGEOUT clear a 2 MiB leaf as if it were a broken
 *	    table, without a TLB flush; no driver can prevent this.
 * Since:   4.5; gone in 6.17, and pfn_t with it. Kernels since 6.15 have
 *	    vmf_insert_page_mkwrite() in its place.
 */
#include <linux/mm.h>

#include "compat.h"
#include "patterns/fault_folio.h"
#include "patterns/large_leaf.h"
#include "patterns/method.h"

#if PFNMAP_HAVE_DEVMAP
static vm_fault_t devmap_fault(struct vm_fault *vmf)
{
	const struct pfnmap_region *region = vmf->vma->vm_private_data;
	unsigned long pfn = PHYS_PFN(region->start) + vmf->pgoff;

	fault_folio(vmf, pfn);
	return compat_insert_devmap_pte(vmf, pfn);
}

static const struct vm_operations_struct devmap_ops = {
	.fault = devmap_fault,
};

static int devmap_map(struct vm_area_struct *vma,
		      const struct vm_operations_struct *ops)
{
	if (!(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;

	compat_vm_flags_set(vma, VM_DONTEXPAND | VM_HUGEPAGE);
	vma->vm_ops = ops;
	return 0;
}

static int devmap_pte_mmap(struct vm_area_struct *vma,
			   const struct pfnmap_region *region)
{
	return devmap_map(vma, &devmap_ops);
}

const struct pfnmap_method pfnmap_devmap_pte = {
	.regions = PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_DAX),
	.levels = PFNMAP_TEST_BIT(PFNMAP_TEST_LEVEL_PTE),
	.flags = PFNMAP_TEST_DESC_FAULT | PFNMAP_TEST_DESC_FOLIO,
	.mmap = devmap_pte_mmap,
};

#if PFNMAP_HAVE_PMD
static vm_fault_t devmap_huge_fault(struct vm_fault *vmf, unsigned int order)
{
	const struct pfnmap_region *region = vmf->vma->vm_private_data;
	unsigned long pfn = PHYS_PFN(region->start) + vmf->pgoff;
	bool write = vmf->flags & FAULT_FLAG_WRITE;

	/* The page map has made one folio for each leaf. */
	if (order != folio_order(page_folio(pfn_to_page(pfn))) || !leaf_fits(vmf, order, pfn))
		return VM_FAULT_FALLBACK;

	fault_folio(vmf, pfn);
	pfn = ALIGN_DOWN(pfn, 1UL << order);
	switch (order) {
	case COMPAT_PUD_ORDER:
		return compat_insert_devmap_pud(vmf, pfn, write);
	case COMPAT_PMD_ORDER:
		return compat_insert_devmap_pmd(vmf, pfn, write);
	default:
		return VM_FAULT_FALLBACK;
	}
}

PFNMAP_DEFINE_HUGE_FAULT(devmap_huge_fault)

static const struct vm_operations_struct devmap_pmd_ops = {
	.fault = devmap_fault,
	.huge_fault = PFNMAP_HUGE_FAULT(devmap_huge_fault),
};

static int devmap_pmd_mmap(struct vm_area_struct *vma,
			   const struct pfnmap_region *region)
{
	return devmap_map(vma, &devmap_pmd_ops);
}

const struct pfnmap_method pfnmap_devmap_pmd = {
	.regions = PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_DAX),
	.levels = PFNMAP_TEST_BIT(PFNMAP_TEST_LEVEL_PMD),
	.flags = PFNMAP_TEST_DESC_FAULT | PFNMAP_TEST_DESC_FOLIO,
	.mmap = devmap_pmd_mmap,
};
#endif

#if PFNMAP_HAVE_PUD
/* Before 6.12 mprotect() takes a 1 GiB leaf for a broken table, and does not flush: zap it. */
static int devmap_pud_mprotect(struct vm_area_struct *vma, unsigned long start,
			       unsigned long end, unsigned long flags)
{
	zap_pud(vma, vma->vm_start, vma->vm_end);
	return 0;
}

static const struct vm_operations_struct devmap_pud_ops = {
	.fault = devmap_fault,
	.huge_fault = PFNMAP_HUGE_FAULT(devmap_huge_fault),
	.may_split = may_split_pud,
	.open = open_pud,
	.mprotect = devmap_pud_mprotect,
};

static int devmap_pud_mmap(struct vm_area_struct *vma,
			   const struct pfnmap_region *region)
{
	return devmap_map(vma, &devmap_pud_ops);
}

const struct pfnmap_method pfnmap_devmap_pud = {
	.regions = PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_DAX),
	.levels = PFNMAP_TEST_BIT(PFNMAP_TEST_LEVEL_PUD),
	.flags = PFNMAP_TEST_DESC_FAULT | PFNMAP_TEST_DESC_FOLIO,
	.mmap = devmap_pud_mmap,
};
#endif
#endif
