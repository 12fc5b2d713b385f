// SPDX-License-Identifier: GPL-2.0-only
/*
 * remap_range: remap_pfn_range() with a size that is no multiple of the page size, and what the
 * helper leaves where it fails half way; vm_iomap_memory() with an offset. Our device asks for
 * whole pages; and where its mmap() fails, the kernel takes away all entries of the VMA, so no
 * mapping shows what the helper left.
 */
#include <linux/align.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/pfn.h>
#include <linux/pgtable.h>
#include <linux/string.h>

#include "bounds.h"

#define MMIO	PFNMAP_TEST_REGION_MMIO
#define WB	PFNMAP_TEST_CACHE_WB

static void expect_reserved(struct kunit *test, unsigned long bytes, int want)
{
	struct pfnmap_test_memtype_entry entry;
	struct kt *kt = test->priv;

	if (!(kt->info.flags & PFNMAP_TEST_INFO_MEMTYPE))
		return;

	KUNIT_EXPECT_EQ(test, kt_reserved(kt, MMIO, 0, bytes, &entry), want);
	if (!want)
		return;

	KUNIT_EXPECT_EQ(test, entry.start, kt->regions[MMIO].start);
	KUNIT_EXPECT_EQ(test, entry.end, kt->regions[MMIO].start + bytes);
	KUNIT_EXPECT_EQ(test, entry.cache_mode, WB);
}

static const struct share {
	const char *what;
	unsigned long flags;
} shares[] = {
	{ "shared", MAP_SHARED },
	{ "private", MAP_PRIVATE },
};

static void share_desc(const struct share *s, char *desc)
{
	strscpy(desc, s->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(share, shares, share_desc);

static int call_a_byte_more(struct bounds *b, struct vm_area_struct *vma)
{
	return remap_pfn_range(vma, vma->vm_start, b->pfn, PAGE_SIZE + 1, vma->vm_page_prot);
}

/* A page and a byte are two pages, which cover the VMA: so it may be private, and is tracked. */
static void a_byte_more(struct kunit *test)
{
	const struct share *s = test->param_value;
	struct bounds *b = kt_bounds_new(test);
	struct kt *kt = test->priv;
	struct pfnmap_test_leaf leaf;
	unsigned long addr;
	struct kt_vma vma;
	int i;

	kt_need_region(kt, MMIO, 2 * PAGE_SIZE);
	b->flags = s->flags;
	b->pfn = kt_region_pfn(kt, MMIO, 0);
	addr = kt_bounds_map(test, b, 2, 0, call_a_byte_more);
	KUNIT_EXPECT_EQ(test, b->said, 0);
	for (i = 0; i < 2; i++) {
		kt_leaf(addr + i * PAGE_SIZE, &leaf);
		KUNIT_EXPECT_TRUE(test, leaf.flags & PFNMAP_TEST_LEAF_PRESENT);
		KUNIT_EXPECT_EQ(test, leaf.pfn, (u64)b->pfn + i);
	}
	expect_reserved(test, 2 * PAGE_SIZE, 1);
	KUNIT_ASSERT_TRUE(test, kt_vma(addr, &vma));
	KUNIT_EXPECT_EQ(test, vma.pgoff, s->flags == MAP_PRIVATE ? b->pfn : 0);
	if (kt->info.flags & PFNMAP_TEST_INFO_TRACK_CTX) {
		KUNIT_EXPECT_EQ(test, vma.refs, 1);
		KUNIT_EXPECT_EQ(test, vma.bytes, 2 * PAGE_SIZE);
	}
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, 2 * PAGE_SIZE), 0);
	expect_reserved(test, 2 * PAGE_SIZE, 0);
}

static int call_iomap(struct bounds *b, struct vm_area_struct *vma)
{
	return vm_iomap_memory(vma, PFN_PHYS(b->pfn), 3 * PAGE_SIZE);
}

/* The VMA's offset is one into the memory. */
static void iomap_offset(struct kunit *test)
{
	struct bounds *b = kt_bounds_new(test);
	struct kt *kt = test->priv;
	struct pfnmap_test_leaf leaf;
	unsigned long addr;
	int i;

	kt_need_region(kt, MMIO, 3 * PAGE_SIZE);
	b->pfn = kt_region_pfn(kt, MMIO, 0);
	addr = kt_bounds_map(test, b, 2, 1, call_iomap);
	KUNIT_EXPECT_EQ(test, b->said, 0);
	for (i = 0; i < 2; i++) {
		kt_leaf(addr + i * PAGE_SIZE, &leaf);
		KUNIT_EXPECT_EQ(test, leaf.pfn, (u64)b->pfn + 1 + i);
	}
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, 2 * PAGE_SIZE), 0);
}

/*
 * Not PAGE_READONLY: on arm64 it has bits that belong to the pfn if the CPU has addresses of 52
 * bits (LPA2).
 */
static int call_read_only(struct bounds *b, struct vm_area_struct *vma)
{
	return remap_pfn_range(vma, vma->vm_start, b->pfn, PAGE_SIZE,
			       vm_get_page_prot(VM_READ));
}

static int call_insert_read_only(struct bounds *b, struct vm_area_struct *vma)
{
	compat_vm_flags_set(vma, VM_PFNMAP);
	return vmf_insert_pfn_prot(vma, vma->vm_start, b->pfn,
				   vm_get_page_prot(VM_READ)) != VM_FAULT_NOPAGE;
}

/*
 * The driver's protection counts, and not the VMA's. Our methods pass that of the VMA, and PAT
 * replaces the mode of any.
 */
static void given_protection(struct kunit *test)
{
	struct bounds *b = kt_bounds_new(test);
	struct kt *kt = test->priv;
	struct pfnmap_test_leaf leaf;
	unsigned long addr;
	int i;

	kt_need_region(kt, MMIO, PAGE_SIZE);
	b->pfn = kt_region_pfn(kt, MMIO, 0);
	for (i = 0; i < 2; i++) {
		addr = kt_bounds_map(test, b, 1, 0, i ? call_read_only : call_insert_read_only);
		KUNIT_EXPECT_EQ(test, b->said, 0);
		kt_leaf(addr, &leaf);
		KUNIT_EXPECT_EQ(test, leaf.pfn, (u64)b->pfn);
		KUNIT_EXPECT_TRUE(test, leaf.flags & PFNMAP_TEST_LEAF_PRESENT);
		KUNIT_EXPECT_FALSE(test, leaf.flags & PFNMAP_TEST_LEAF_WRITABLE);
		KUNIT_EXPECT_EQ(test, vm_munmap(addr, PAGE_SIZE), 0);
	}
}

#if PFNMAP_HAVE_PMD
#define HALF	PMD_SIZE

static int call_page(struct bounds *b, struct vm_area_struct *vma)
{
	compat_vm_flags_set(vma, VM_PFNMAP);
	return vmf_insert_pfn(vma, vma->vm_start, b->pfn);
}

/* The upper half is a large leaf: remap_pfn_range() finds no page table there. */
static int call_half_way(struct bounds *b, struct vm_area_struct *vma)
{
	struct vm_fault vmf = { .vma = vma, .address = vma->vm_start + HALF };

	compat_vm_flags_set(vma, VM_PFNMAP);
	vmf.pud = pud_offset(p4d_offset(pgd_offset(vma->vm_mm, vmf.address), vmf.address),
			     vmf.address);
	vmf.pmd = pmd_offset(vmf.pud, vmf.address);
	if (compat_vmf_insert_pfn_pmd(&vmf, b->pfn, false) != VM_FAULT_NOPAGE)
		return 0;

	return remap_pfn_range(vma, vma->vm_start, b->pfn, 2 * HALF, vma->vm_page_prot);
}

/*
 * Nothing counts pfns. If the helper fails, its caller may free the memory before the VMA goes,
 * so the helper takes its entries away at once, and tracks no longer what they mapped.
 */
static void half_way(struct kunit *test)
{
	struct bounds *b = kt_bounds_new(test);
	struct kt *kt = test->priv;
	unsigned long addr, beside;

	kt_need_method(kt, PFNMAP_TEST_METHOD_VMF_INSERT_PFN_PMD);
	kt_need_region(kt, MMIO, 3 * HALF);
	b->pfn = ALIGN(kt_region_pfn(kt, MMIO, 0), PHYS_PFN(HALF));
	b->flags |= MAP_FIXED_NOREPLACE;
	/* A page in the same table of page tables makes that table. */
	b->addr = KT_FREE + 2 * HALF;
	beside = kt_bounds_map(test, b, 1, 0, call_page);
	KUNIT_ASSERT_EQ(test, b->said, (int)VM_FAULT_NOPAGE);
	b->addr = KT_FREE;
	addr = kt_bounds_map(test, b, PHYS_PFN(2 * HALF), 0, call_half_way);

	KUNIT_EXPECT_EQ(test, b->said, -ENOMEM);
	KUNIT_EXPECT_FALSE_MSG(test, kt_present(addr), "what was mapped before it failed");
	KUNIT_EXPECT_FALSE(test, kt_present(addr + HALF - PAGE_SIZE));
	KUNIT_EXPECT_FALSE(test, kt_present(addr + HALF));
	KUNIT_EXPECT_TRUE(test, kt_present(beside));
	KUNIT_EXPECT_EQ(test, kt_refs(addr), 0);
	expect_reserved(test, 3 * HALF, 0);
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, 2 * HALF + PAGE_SIZE), 0);
	expect_reserved(test, 3 * HALF, 0);
}
#endif

static struct kunit_case remap_cases[] = {
	KUNIT_CASE_PARAM(a_byte_more, share_gen_params),
	KUNIT_CASE(iomap_offset),
	KUNIT_CASE(given_protection),
#if PFNMAP_HAVE_PMD
	KUNIT_CASE(half_way),
#endif
	{}
};

static struct kunit_suite remap_suite = {
	.name = "remap_range",
	.init = kt_init,
	.exit = kt_exit,
	.test_cases = remap_cases,
};

kunit_test_suite(remap_suite);
