// SPDX-License-Identifier: GPL-2.0-only
/*
 * insert_present: the helpers for large leaves where an entry is present already (C3). They
 * replace neither an entry of the same page, nor one of another page, nor a page table. A
 * driver gets no error. Our device never asks for another page, so the cases themselves call
 * the helpers on its VMAs.
 */
#include <linux/align.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/pfn.h>
#include <linux/pgtable.h>

#include "fixture.h"

#if PFNMAP_HAVE_PMD
#define MMIO	PFNMAP_TEST_REGION_MMIO
#define DAX	PFNMAP_TEST_REGION_DAX
#define WB	PFNMAP_TEST_CACHE_WB
#define RW	(PROT_READ | PROT_WRITE)

static const struct kt_how pfns[] = {
	{ PFNMAP_TEST_METHOD_VMF_INSERT_PFN_PMD, MMIO, WB, PFNMAP_TEST_LEVEL_PMD },
#if PFNMAP_HAVE_PUD
	{ PFNMAP_TEST_METHOD_VMF_INSERT_PFN_PUD, MMIO, WB, PFNMAP_TEST_LEVEL_PUD },
#endif
};

KUNIT_ARRAY_PARAM(pfn, pfns, kt_how_desc);

/* Finds the entry for @vmf->address, whose tables are there. */
static void find_entry(struct vm_fault *vmf, u32 level)
{
	pgd_t *pgd = pgd_offset(vmf->vma->vm_mm, vmf->address);

	vmf->pud = pud_offset(p4d_offset(pgd, vmf->address), vmf->address);
	if (level == PFNMAP_TEST_LEVEL_PMD)
		vmf->pmd = pmd_offset(vmf->pud, vmf->address);
}

static vm_fault_t insert(struct vm_area_struct *vma, unsigned long addr, u32 level,
			 unsigned long pfn, struct folio *folio, bool write)
{
	struct vm_fault vmf = { .vma = vma, .address = addr };

	find_entry(&vmf, level);
#if PFNMAP_HAVE_FOLIO
	if (folio && level == PFNMAP_TEST_LEVEL_PMD)
		return vmf_insert_folio_pmd(&vmf, folio, write);
#if PFNMAP_HAVE_PUD
	if (folio)
		return vmf_insert_folio_pud(&vmf, folio, write);
#endif
#endif
#if PFNMAP_HAVE_PUD
	if (level == PFNMAP_TEST_LEVEL_PUD)
		return compat_vmf_insert_pfn_pud(&vmf, pfn, write);
#endif
	return compat_vmf_insert_pfn_pmd(&vmf, pfn, write);
}

/* Inserts as a fault() at @addr would. Returns the helper's VM_FAULT_*, 0 without a VMA. */
static vm_fault_t insert_at(unsigned long addr, u32 level, unsigned long pfn,
			    struct folio *folio, bool write)
{
	struct vm_area_struct *vma;
	vm_fault_t ret = 0;

	mmap_read_lock(current->mm);
	vma = vma_lookup(current->mm, addr);
	if (vma)
		ret = insert(vma, addr, level, pfn, folio, write);
	mmap_read_unlock(current->mm);
	return ret;
}

static void expect_leaf(struct kunit *test, unsigned long addr,
			const struct pfnmap_test_leaf *before)
{
	struct pfnmap_test_leaf leaf;

	kt_leaf(addr, &leaf);
	KUNIT_EXPECT_MEMEQ_MSG(test, &leaf, before, sizeof(leaf), "the entry has changed");
}

/* Map a leaf by a read. Skip the case if the kernel does not make such a leaf. */
static unsigned long map_leaf_prot(struct kunit *test, const struct kt_how *how,
				   struct pfnmap_test_leaf *leaf, unsigned long prot)
{
	struct kt *kt = test->priv;
	unsigned long addr;
	u8 value;

	kt_need_method(kt, how->method);
	addr = kt_map(kt, how, 0, kt_leaf_bytes(how->level), prot, MAP_SHARED);
	KUNIT_ASSERT_EQ(test, kt_read(addr, &value), 0);
	kt_leaf(addr, leaf);
	if (leaf->level != how->level)
		kunit_skip(test, "no such leaf of pfns on this kernel");

	return addr;
}

static unsigned long map_leaf(struct kunit *test, const struct kt_how *how,
			      struct pfnmap_test_leaf *leaf)
{
	return map_leaf_prot(test, how, leaf, RW);
}

/* Take the leaf away. The tables above stay. */
static void zap(struct kunit *test, unsigned long addr, unsigned long bytes)
{
	struct pfnmap_test_zap req = {
		.how = PFNMAP_TEST_ZAP_MAPPING,
	};
	struct kt *kt = test->priv;

	KUNIT_ASSERT_EQ(test, 0, kt_ioctl(kt, kt->file, PFNMAP_TEST_ZAP, &req, sizeof(req)));
	KUNIT_ASSERT_FALSE(test, kt_present(addr));
	KUNIT_ASSERT_FALSE(test, kt_present(addr + bytes - PAGE_SIZE));
}

/*
 * A write that asks for another page makes the kernel warn, once in each helper: the process
 * can't write to the entry that stays.
 */
static void expect_write_of_other(struct kunit *test, unsigned long addr,
				  const struct kt_how *how, unsigned long pfn,
				  struct folio *folio)
{
#ifdef kunit_warning_suppress
	kunit_warning_suppress(test) {
		KUNIT_EXPECT_EQ(test, insert_at(addr, how->level, pfn, folio, true),
				VM_FAULT_NOPAGE);
		KUNIT_EXPECT_SUPPRESSED_WARNING_COUNT(test, 1);
	}
#endif
}

/* The second pfn need not exist: the helper looks its mode up, and maps nothing. */
static void pfn_over_pfn(struct kunit *test)
{
	const u32 written = PFNMAP_TEST_LEAF_WRITABLE | PFNMAP_TEST_LEAF_DIRTY;
	const struct kt_how *how = test->param_value;
	struct pfnmap_test_leaf before, after;
	unsigned long addr = map_leaf(test, how, &before);
	unsigned long bytes = kt_leaf_bytes(how->level);
	struct kt *kt = test->priv;
	unsigned long pfn = kt_region_pfn(kt, MMIO, 0);
	unsigned long other = pfn + PHYS_PFN(bytes);

	KUNIT_ASSERT_EQ(test, before.pfn, (u64)pfn);
	KUNIT_EXPECT_EQ(test, insert_at(addr, how->level, pfn, NULL, false), VM_FAULT_NOPAGE);
	expect_leaf(test, addr, &before);
	KUNIT_EXPECT_EQ(test, insert_at(addr, how->level, other, NULL, false),
			VM_FAULT_NOPAGE);
	expect_leaf(test, addr, &before);
	expect_write_of_other(test, addr, how, other, NULL);
	expect_leaf(test, addr, &before);

	KUNIT_EXPECT_EQ(test, insert_at(addr, how->level, pfn, NULL, true), VM_FAULT_NOPAGE);
	kt_leaf(addr, &after);
	KUNIT_EXPECT_EQ(test, after.pfn, (u64)pfn);
	KUNIT_EXPECT_EQ(test, after.level, how->level);
	KUNIT_EXPECT_EQ(test, after.flags & written, written);
	kt_unmap(kt, addr, bytes);
}

/* A driver that maps for a write maps no writable leaf in a read-only VMA. */
static void for_write_in_read_only(struct kunit *test)
{
	const struct kt_how *how = test->param_value;
	unsigned long addr, bytes = kt_leaf_bytes(how->level);
	struct kt *kt = test->priv;
	struct pfnmap_test_leaf leaf;
	unsigned long pfn;
	int i;

	addr = map_leaf_prot(test, how, &leaf, PROT_READ);
	pfn = kt_region_pfn(kt, MMIO, 0);
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_EQ(test, insert_at(addr, how->level, pfn, NULL, true),
				VM_FAULT_NOPAGE);
		kt_leaf(addr, &leaf);
		KUNIT_EXPECT_EQ(test, leaf.level, how->level);
		KUNIT_EXPECT_EQ(test, leaf.pfn, (u64)pfn);
		KUNIT_EXPECT_FALSE(test, leaf.flags & PFNMAP_TEST_LEAF_WRITABLE);
		KUNIT_EXPECT_EQ(test, kt_write(addr, 1), -EFAULT);
		zap(test, addr, bytes);
	}
	kt_unmap(kt, addr, bytes);
}

/* A leaf that a driver maps for a write is dirty before the write, which x86 would mark. */
static void pfn_for_write(struct kunit *test)
{
	const u32 written = PFNMAP_TEST_LEAF_WRITABLE | PFNMAP_TEST_LEAF_DIRTY;
	const struct kt_how *how = test->param_value;
	unsigned long addr, bytes = kt_leaf_bytes(how->level);
	struct kt *kt = test->priv;
	struct pfnmap_test_leaf leaf;

	addr = map_leaf(test, how, &leaf);
	zap(test, addr, bytes);
	KUNIT_EXPECT_EQ(test, insert_at(addr, how->level, kt_region_pfn(kt, MMIO, 0), NULL, true),
			VM_FAULT_NOPAGE);
	kt_leaf(addr, &leaf);
	KUNIT_EXPECT_EQ(test, leaf.level, how->level);
	KUNIT_EXPECT_EQ(test, leaf.flags & written, written);
	kt_unmap(kt, addr, bytes);
}

/* An insert of a large leaf where small entries are: their page table stays. */
static void pfn_over_table(struct kunit *test)
{
	static const struct kt_how how = {
		PFNMAP_TEST_METHOD_VMF_INSERT_PFN, MMIO, WB, PFNMAP_TEST_LEVEL_PTE,
	};
	struct kt *kt = test->priv;
	struct pfnmap_test_leaf before;
	unsigned long addr, at;
	u8 value;

	addr = kt_map(kt, &how, 0, 2 * PMD_SIZE, RW, MAP_SHARED);
	at = ALIGN(addr, PMD_SIZE);
	KUNIT_ASSERT_EQ(test, kt_read(at + PAGE_SIZE, &value), 0);
	kt_leaf(at + PAGE_SIZE, &before);
	KUNIT_ASSERT_EQ(test, before.level, PFNMAP_TEST_LEVEL_PTE);

	KUNIT_EXPECT_EQ(test, insert_at(at, PFNMAP_TEST_LEVEL_PMD,
					ALIGN(kt_region_pfn(kt, MMIO, 0), PHYS_PFN(PMD_SIZE)),
					NULL, false), VM_FAULT_NOPAGE);
	expect_leaf(test, at + PAGE_SIZE, &before);
	KUNIT_EXPECT_FALSE(test, kt_present(at));
	kt_unmap(kt, addr, 2 * PMD_SIZE);
}

/*
 * Map a leaf of pfns, and protect a part of its VMA: the kernel takes the leaf away. Then touch
 * the start, which gets a smaller entry. Skip the case where the kernel has no such leaf.
 */
static unsigned long map_parts(struct kunit *test, const struct kt_how *how,
			       struct pfnmap_test_leaf *leaf)
{
	unsigned long part = how->level == PFNMAP_TEST_LEVEL_PMD ? PAGE_SIZE : PMD_SIZE;
	unsigned long addr = map_leaf(test, how, leaf);
	struct kt *kt = test->priv;
	u8 value;

	KUNIT_ASSERT_EQ(test, kt_mprotect(kt, addr + part, part, PROT_READ), 0L);
	KUNIT_ASSERT_EQ(test, kt_read(addr, &value), 0);
	kt_leaf(addr, leaf);
	KUNIT_ASSERT_LT(test, leaf->level, how->level);
	return addr;
}

/* As for a fault() that falls back for some addresses of a leaf, and not for others. */
static void pfn_over_parts(struct kunit *test)
{
	const struct kt_how *how = test->param_value;
	struct pfnmap_test_leaf before;
	unsigned long addr = map_parts(test, how, &before);
	struct kt *kt = test->priv;
	unsigned long pfn = kt_region_pfn(kt, MMIO, 0);

	KUNIT_EXPECT_EQ(test, insert_at(addr, how->level, pfn, NULL, false), VM_FAULT_NOPAGE);
	expect_leaf(test, addr, &before);
	expect_write_of_other(test, addr, how, pfn, NULL);
	expect_leaf(test, addr, &before);
	kt_unmap(kt, addr, kt_leaf_bytes(how->level));
}

#if PFNMAP_HAVE_FOLIO
static const struct kt_how folios[] = {
	{ PFNMAP_TEST_METHOD_VMF_INSERT_FOLIO_PMD, DAX, WB, PFNMAP_TEST_LEVEL_PMD },
#if PFNMAP_HAVE_PUD
	{ PFNMAP_TEST_METHOD_VMF_INSERT_FOLIO_PUD, DAX, WB, PFNMAP_TEST_LEVEL_PUD },
#endif
};

KUNIT_ARRAY_PARAM(folio, folios, kt_how_desc);

static struct folio *folio_of(struct kunit *test, unsigned long offset)
{
	return page_folio(pfn_to_page(kt_region_pfn(test->priv, DAX, offset)));
}

static void expect_counts(struct kunit *test, struct folio *folio, int refs)
{
	KUNIT_EXPECT_EQ(test, folio_ref_count(folio), refs);
	KUNIT_EXPECT_EQ(test, compat_folio_mapcount(folio), refs - 1);
}

/* The helper takes no reference to a folio that it does not insert, nor a second one. */
static void folio_over_folio(struct kunit *test)
{
	const struct kt_how *how = test->param_value;
	unsigned long addr, bytes = kt_leaf_bytes(how->level);
	struct kt *kt = test->priv;
	struct pfnmap_test_leaf before;
	struct folio *folio, *other;

	kt_need_method(kt, how->method);
	kt_need_region(kt, DAX, 2 * bytes);
	addr = map_leaf(test, how, &before);
	folio = folio_of(test, 0);
	other = folio_of(test, bytes);
	KUNIT_ASSERT_PTR_NE(test, folio, other);

	KUNIT_EXPECT_EQ(test, insert_at(addr, how->level, 0, folio, false), VM_FAULT_NOPAGE);
	expect_counts(test, folio, 2);
	KUNIT_EXPECT_EQ(test, insert_at(addr, how->level, 0, other, false), VM_FAULT_NOPAGE);
	expect_leaf(test, addr, &before);
	expect_write_of_other(test, addr, how, 0, other);
	expect_leaf(test, addr, &before);
	expect_counts(test, folio, 2);
	expect_counts(test, other, 1);
	kt_unmap(kt, addr, bytes);
	expect_counts(test, folio, 1);
}

/*
 * The huge zero folio stays when a driver asks for another folio, even for a write: the driver
 * has to zap it. This is no fault of the driver's, so the kernel does not warn.
 */
static void folio_over_zero(struct kunit *test)
{
	static const struct kt_how how = {
		PFNMAP_TEST_METHOD_HUGE_ZERO_FOLIO, DAX, WB, PFNMAP_TEST_LEVEL_PMD,
	};
	struct kt *kt = test->priv;
	struct pfnmap_test_leaf before;
	unsigned long addr;
	vm_fault_t ret = 0;

	addr = map_leaf(test, &how, &before);
	KUNIT_ASSERT_TRUE(test, before.flags & PFNMAP_TEST_LEAF_HUGE_ZERO);
#ifdef kunit_warning_suppress
	kunit_warning_suppress(test) {
		ret = insert_at(addr, how.level, 0, folio_of(test, 0), true);
		KUNIT_EXPECT_SUPPRESSED_WARNING_COUNT(test, 0);
	}
#else
	ret = insert_at(addr, how.level, 0, folio_of(test, 0), true);
#endif
	KUNIT_EXPECT_EQ(test, ret, VM_FAULT_NOPAGE);
	expect_leaf(test, addr, &before);
	expect_counts(test, folio_of(test, 0), 1);
	kt_unmap(kt, addr, PMD_SIZE);
}

static void put_small(void *page)
{
	__free_page(page);
}

/* A folio of a page would be mapped with the memory of others behind it. */
static void folio_of_other_size(struct kunit *test)
{
#ifdef kunit_warning_suppress
	const struct kt_how *how = test->param_value;
	unsigned long addr, bytes = kt_leaf_bytes(how->level);
	struct kt *kt = test->priv;
	struct pfnmap_test_leaf leaf;
	struct page *page;

	page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, put_small, page));
	kt_need_method(kt, how->method);
	kt_need_region(kt, DAX, bytes);
	addr = map_leaf(test, how, &leaf);
	zap(test, addr, bytes);
	kunit_warning_suppress(test) {
		KUNIT_EXPECT_EQ(test, insert_at(addr, how->level, 0, page_folio(page), false),
				VM_FAULT_SIGBUS);
		KUNIT_EXPECT_SUPPRESSED_WARNING_COUNT(test, 1);
	}
	KUNIT_EXPECT_FALSE(test, kt_present(addr));
	KUNIT_EXPECT_EQ(test, page_ref_count(page), 1);
	kt_unmap(kt, addr, bytes);
#else
	kunit_skip(test, "the kernel warns, and no case can hide the warning");
#endif
}

/* The helper for folios asks nothing of the VMA: one of pfns will do. */
static void folio_over(struct kunit *test,
		       unsigned long (*map)(struct kunit *test, const struct kt_how *how,
					    struct pfnmap_test_leaf *leaf))
{
	const struct kt_how *how = test->param_value;
	struct kt_how under = { .region = MMIO, .mode = WB, .level = how->level };
	unsigned long addr, bytes = kt_leaf_bytes(how->level);
	struct kt *kt = test->priv;
	struct pfnmap_test_leaf before;
	struct folio *folio;

	under.method = how->level == PFNMAP_TEST_LEVEL_PMD ?
		       PFNMAP_TEST_METHOD_VMF_INSERT_PFN_PMD :
		       PFNMAP_TEST_METHOD_VMF_INSERT_PFN_PUD;
	kt_need_method(kt, how->method);
	kt_need_region(kt, DAX, bytes);
	/* Make the folios as large as the leaf. */
	KUNIT_ASSERT_EQ(test, kt_set(kt, how), 0);
	folio = folio_of(test, 0);
	addr = map(test, &under, &before);

	KUNIT_EXPECT_EQ(test, insert_at(addr, how->level, 0, folio, false), VM_FAULT_NOPAGE);
	expect_leaf(test, addr, &before);
	expect_write_of_other(test, addr, how, 0, folio);
	expect_leaf(test, addr, &before);
	expect_counts(test, folio, 1);
	kt_unmap(kt, addr, bytes);
	expect_counts(test, folio, 1);
}

static void folio_over_pfn(struct kunit *test)
{
	folio_over(test, map_leaf);
}

static void folio_over_parts(struct kunit *test)
{
	folio_over(test, map_parts);
}
#endif

static struct kunit_case present_cases[] = {
	KUNIT_CASE_PARAM(pfn_over_pfn, pfn_gen_params),
	KUNIT_CASE_PARAM(for_write_in_read_only, pfn_gen_params),
	KUNIT_CASE_PARAM(pfn_for_write, pfn_gen_params),
	KUNIT_CASE(pfn_over_table),
	KUNIT_CASE_PARAM(pfn_over_parts, pfn_gen_params),
#if PFNMAP_HAVE_FOLIO
	KUNIT_CASE_PARAM(folio_over_folio, folio_gen_params),
	KUNIT_CASE_PARAM(folio_of_other_size, folio_gen_params),
	KUNIT_CASE_PARAM(folio_over_pfn, folio_gen_params),
	KUNIT_CASE_PARAM(folio_over_parts, folio_gen_params),
	KUNIT_CASE(folio_over_zero),
#endif
	{}
};

static struct kunit_suite present_suite = {
	.name = "insert_present",
	.init = kt_init,
	.exit = kt_exit,
	.test_cases = present_cases,
};

kunit_test_suite(present_suite);
#endif
