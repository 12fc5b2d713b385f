// SPDX-License-Identifier: GPL-2.0-only
/*
 * wrprotect_range: mapping_wrprotect_range() learns which pages were written since. It finds
 * entries by the file's offset and the pfn, so pfns and pages are the same to it. No pattern of
 * ours calls it.
 */
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/rmap.h>

#include "fixture.h"

#if PFNMAP_HAVE_WRPROTECT_RANGE
#define PAGES	4
#define BYTES	(PAGES * PAGE_SIZE)
#define RW	(PROT_READ | PROT_WRITE)
/* UML's kernel writes to user memory without setting the dirty bit. */
#ifdef CONFIG_UML
#define WRITTEN	PFNMAP_TEST_LEAF_WRITABLE
#else
#define WRITTEN	(PFNMAP_TEST_LEAF_WRITABLE | PFNMAP_TEST_LEAF_DIRTY)
#endif

static const struct kt_how smalls[] = {
	{ PFNMAP_TEST_METHOD_REMAP_PFN_RANGE, PFNMAP_TEST_REGION_MMIO, PFNMAP_TEST_CACHE_UC_MINUS },
	{ PFNMAP_TEST_METHOD_VMF_INSERT_PFN, PFNMAP_TEST_REGION_RAM, PFNMAP_TEST_CACHE_WB },
	{ PFNMAP_TEST_METHOD_VMF_INSERT_MIXED, PFNMAP_TEST_REGION_RAM, PFNMAP_TEST_CACHE_WB },
	{ PFNMAP_TEST_METHOD_VM_INSERT_PAGE, PFNMAP_TEST_REGION_RAM, PFNMAP_TEST_CACHE_WB },
	{ PFNMAP_TEST_METHOD_VMF_INSERT_PAGE_MKWRITE, PFNMAP_TEST_REGION_DAX,
	  PFNMAP_TEST_CACHE_WB },
};

static const struct kt_how larges[] = {
	{ PFNMAP_TEST_METHOD_VMF_INSERT_PFN_PMD, PFNMAP_TEST_REGION_MMIO,
	  PFNMAP_TEST_CACHE_UC_MINUS, PFNMAP_TEST_LEVEL_PMD },
	{ PFNMAP_TEST_METHOD_VMF_INSERT_FOLIO_PMD, PFNMAP_TEST_REGION_DAX, PFNMAP_TEST_CACHE_WB,
	  PFNMAP_TEST_LEVEL_PMD },
};

KUNIT_ARRAY_PARAM(small, smalls, kt_how_desc);
KUNIT_ARRAY_PARAM(large, larges, kt_how_desc);

/* Protects pages that are counted from the one at @addr, by the file's offset. */
static int protect(unsigned long addr, unsigned long page, unsigned long pfn, unsigned long pages)
{
	struct kt_vma vma = { };

	kt_vma(addr, &vma);
	return mapping_wrprotect_range(kt_mapping(addr), vma.pgoff + page, pfn, pages);
}

static void expect_written(struct kunit *test, unsigned long addr, unsigned long page, bool written)
{
	struct pfnmap_test_leaf leaf;

	kt_leaf(addr + page * PAGE_SIZE, &leaf);
	KUNIT_EXPECT_TRUE(test, leaf.flags & PFNMAP_TEST_LEAF_PRESENT);
	KUNIT_EXPECT_EQ_MSG(test, leaf.flags & WRITTEN, written ? WRITTEN : 0, "page %lu", page);
}

static unsigned long map_written(struct kt *kt, const struct kt_how *how, u64 offset,
				 unsigned long bytes)
{
	unsigned long addr = kt_map(kt, how, offset, bytes, RW, MAP_SHARED), at;

	for (at = addr; at < addr + bytes; at += PAGE_SIZE)
		KUNIT_ASSERT_EQ(kt->test, kt_write(at, 1), 0);
	return addr;
}

/* Two pages of four; the next write to one of the two dirties its entry alone. */
static void pages(struct kunit *test)
{
	const struct kt_how *how = test->param_value;
	struct kt *kt = test->priv;
	unsigned long addr, pfn;
	int i;

	kt_need_method(kt, how->method);
	kt_need_region(kt, how->region, BYTES);
	addr = map_written(kt, how, 0, BYTES);
	pfn = kt_region_pfn(kt, how->region, PAGE_SIZE);

	KUNIT_EXPECT_EQ_MSG(test, protect(addr, 1, pfn + PAGES, 2), 0, "other pfns");
	for (i = 0; i < PAGES; i++)
		expect_written(test, addr, i, true);
	KUNIT_EXPECT_EQ(test, protect(addr, 1, pfn, 2), 2);
	for (i = 0; i < PAGES; i++)
		expect_written(test, addr, i, i == 0 || i == 3);
	KUNIT_EXPECT_EQ_MSG(test, protect(addr, 1, pfn, 2), 0, "again");

	KUNIT_EXPECT_EQ(test, kt_write(addr + 2 * PAGE_SIZE, 2), 0);
	for (i = 0; i < PAGES; i++)
		expect_written(test, addr, i, i != 1);
	KUNIT_EXPECT_EQ(test, protect(addr, 1, pfn, 2), 1);
	kt_unmap(kt, addr, BYTES);
}

/* The file's page is at another place in each mapping, and not in the third. */
static void mappings(struct kunit *test)
{
	const struct kt_how *how = test->param_value;
	struct kt *kt = test->priv;
	unsigned long one, two, three, pfn;

	kt_need_method(kt, how->method);
	kt_need_region(kt, how->region, 2 * BYTES);
	one = map_written(kt, how, 0, BYTES);
	two = map_written(kt, how, 2 * PAGE_SIZE, BYTES);
	three = map_written(kt, how, 3 * PAGE_SIZE, BYTES);
	pfn = kt_region_pfn(kt, how->region, 2 * PAGE_SIZE);

	KUNIT_EXPECT_EQ(test, protect(one, 2, pfn, 1), 2);
	expect_written(test, one, 1, true);
	expect_written(test, one, 2, false);
	expect_written(test, one, 3, true);
	expect_written(test, two, 0, false);
	expect_written(test, two, 1, true);
	expect_written(test, three, 0, true);
	kt_unmap(kt, one, BYTES);
	kt_unmap(kt, two, BYTES);
	kt_unmap(kt, three, BYTES);
}

/* A leaf is one entry: each page of it protects all. */
static void leaf(struct kunit *test)
{
	const struct kt_how *how = test->param_value;
	unsigned long addr, pfn, bytes = kt_leaf_bytes(how->level), last = bytes / PAGE_SIZE - 1;
	struct kt *kt = test->priv;

	kt_need_method(kt, how->method);
	kt_need_region(kt, how->region, 2 * bytes);
	addr = map_written(kt, how, 0, 2 * bytes);
	pfn = kt_region_pfn(kt, how->region, 0);

	KUNIT_EXPECT_EQ_MSG(test, protect(addr, last, pfn + last + 1, 1), 0, "another pfn");
	KUNIT_EXPECT_EQ(test, protect(addr, last, pfn + last, 1), 1);
	expect_written(test, addr, 0, false);
	expect_written(test, addr, last, false);
	expect_written(test, addr, last + 1, true);
	KUNIT_EXPECT_EQ_MSG(test, protect(addr, 0, pfn, 1), 0, "again");
	KUNIT_EXPECT_EQ(test, kt_write(addr, 2), 0);
	expect_written(test, addr, last, true);
	kt_unmap(kt, addr, 2 * bytes);
}

static struct kunit_case wrprotect_cases[] = {
	KUNIT_CASE_PARAM(pages, small_gen_params),
	KUNIT_CASE_PARAM(mappings, small_gen_params),
	KUNIT_CASE_PARAM(leaf, large_gen_params),
	{}
};

static struct kunit_suite wrprotect_suite = {
	.name = "wrprotect_range",
	.init = kt_init,
	.exit = kt_exit,
	.test_cases = wrprotect_cases,
};

kunit_test_suite(wrprotect_suite);
#endif
