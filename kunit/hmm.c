// SPDX-License-Identifier: GPL-2.0-only
/*
 * hmm_range_fault: what a driver with page tables of its own, such as a GPU's, is told of special
 * mappings. The driver takes each pfn that it is told for memory with a struct page.
 */
#include <linux/hmm.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/mmu_notifier.h>
#include <linux/string.h>

#include "fixture.h"

#ifdef CONFIG_HMM_MIRROR
#define PAGES	4
#define BYTES	(PAGES * PAGE_SIZE)
#define RW	(PROT_READ | PROT_WRITE)

/* What to ask for. */
#define LOOK	0
#define WANT_READ	HMM_PFN_REQ_FAULT
#define WANT_WRITE	(HMM_PFN_REQ_FAULT | HMM_PFN_REQ_WRITE)

/* What the kernel told of the pages from an address on. */
struct told {
	struct mmu_interval_notifier notifier;
	unsigned long page[PAGES];
};

static bool invalidate(struct mmu_interval_notifier *notifier,
		       const struct mmu_notifier_range *range, unsigned long seq)
{
	mmu_interval_set_seq(notifier, seq);
	return true;
}

static const struct mmu_interval_notifier_ops ops = {
	.invalidate = invalidate,
};

/* Returns what hmm_range_fault() does: -EBUSY only where entries change again and again. */
static int ask(struct kunit *test, unsigned long addr, unsigned long flags, struct told *told)
{
	struct hmm_range range = {
		.notifier = &told->notifier,
		.start = addr,
		.end = addr + BYTES,
		.hmm_pfns = told->page,
		.default_flags = flags,
	};
	int err, tries = 10;

	KUNIT_ASSERT_EQ(test, 0, mmu_interval_notifier_insert(&told->notifier, current->mm, addr,
							      BYTES, &ops));
	do {
		memset(told->page, 0, sizeof(told->page));
		range.notifier_seq = mmu_interval_read_begin(&told->notifier);
		mmap_read_lock(current->mm);
		err = hmm_range_fault(&range);
		mmap_read_unlock(current->mm);
	} while (err == -EBUSY && --tries);
	mmu_interval_notifier_remove(&told->notifier);
	return err;
}

/* Each page has these flags and no pfn. */
static void expect_flags(struct kunit *test, const struct told *told, unsigned long flags)
{
	int i;

	for (i = 0; i < PAGES; i++)
		KUNIT_EXPECT_EQ(test, told->page[i], flags);
}

/* The pages are these pfns, in leaves of a level. */
static void expect_pfns(struct kunit *test, const struct told *told, unsigned long pfn, bool write,
			u32 level)
{
	unsigned long flags = HMM_PFN_VALID | (write ? HMM_PFN_WRITE : 0);
	int i;

	flags |= (unsigned long)ilog2(kt_leaf_bytes(level) / PAGE_SIZE) << HMM_PFN_ORDER_SHIFT;
	for (i = 0; i < PAGES; i++)
		KUNIT_EXPECT_EQ(test, told->page[i], flags | (pfn + i));
}

/* Maps a leaf, or four pages, and returns the address of the last four pages. */
static unsigned long map(struct kt *kt, const struct kt_how *how, unsigned long prot,
			 unsigned long *start)
{
	unsigned long bytes = max(kt_leaf_bytes(how->level), BYTES);

	kt_need_method(kt, how->method);
	kt_need_region(kt, how->region, bytes);
	*start = kt_map(kt, how, 0, bytes, prot, MAP_SHARED);
	return *start + bytes - BYTES;
}

static void unmap(struct kt *kt, const struct kt_how *how, unsigned long start)
{
	kt_unmap(kt, start, max(kt_leaf_bytes(how->level), BYTES));
}

static const struct kt_how pfns[] = {
	{ PFNMAP_TEST_METHOD_REMAP_PFN_RANGE, PFNMAP_TEST_REGION_MMIO, PFNMAP_TEST_CACHE_UC_MINUS },
	{ PFNMAP_TEST_METHOD_VMF_INSERT_PFN, PFNMAP_TEST_REGION_RAM, PFNMAP_TEST_CACHE_WB },
	{ PFNMAP_TEST_METHOD_VMF_INSERT_MIXED, PFNMAP_TEST_REGION_RAM, PFNMAP_TEST_CACHE_WB },
	{ PFNMAP_TEST_METHOD_VMF_INSERT_PFN_PMD, PFNMAP_TEST_REGION_MMIO,
	  PFNMAP_TEST_CACHE_UC_MINUS, PFNMAP_TEST_LEVEL_PMD },
	{ PFNMAP_TEST_METHOD_VMF_INSERT_PFN_PUD, PFNMAP_TEST_REGION_MMIO,
	  PFNMAP_TEST_CACHE_UC_MINUS, PFNMAP_TEST_LEVEL_PUD },
};

KUNIT_ARRAY_PARAM(pfn, pfns, kt_how_desc);

/* A pfn is an error for who looks, and a failure for who wants the page. */
static void pfn(struct kunit *test)
{
	const struct kt_how *how = test->param_value;
	unsigned long start, addr = map(test->priv, how, RW, &start), i;
	struct told told;

	for (i = 0; i < PAGES; i++)
		KUNIT_ASSERT_EQ(test, kt_write(addr + i * PAGE_SIZE, 1), 0);
	KUNIT_EXPECT_EQ(test, ask(test, addr, LOOK, &told), 0);
	expect_flags(test, &told, HMM_PFN_ERROR);
	KUNIT_EXPECT_EQ(test, ask(test, addr, WANT_READ, &told), -EFAULT);
	KUNIT_EXPECT_EQ(test, ask(test, addr, WANT_WRITE, &told), -EFAULT);
	unmap(test->priv, how, start);
}

static const struct kt_how pages[] = {
	{ PFNMAP_TEST_METHOD_VM_INSERT_PAGE, PFNMAP_TEST_REGION_RAM, PFNMAP_TEST_CACHE_WB },
	{ PFNMAP_TEST_METHOD_VMF_INSERT_PAGE_MKWRITE, PFNMAP_TEST_REGION_DAX,
	  PFNMAP_TEST_CACHE_WB },
	{ PFNMAP_TEST_METHOD_VMF_INSERT_FOLIO_PMD, PFNMAP_TEST_REGION_DAX, PFNMAP_TEST_CACHE_WB,
	  PFNMAP_TEST_LEVEL_PMD },
	{ PFNMAP_TEST_METHOD_VMF_INSERT_FOLIO_PUD, PFNMAP_TEST_REGION_DAX, PFNMAP_TEST_CACHE_WB,
	  PFNMAP_TEST_LEVEL_PUD },
};

KUNIT_ARRAY_PARAM(page, pages, kt_how_desc);

/* A page is told with the size of its leaf, for reads or for writes, and faults in. */
static void page(struct kunit *test)
{
	const struct kt_how *how = test->param_value;
	unsigned long start, addr = map(test->priv, how, RW, &start), first;
	struct told told;

	first = kt_region_pfn(test->priv, how->region, addr - start);
	if (how->method != PFNMAP_TEST_METHOD_VM_INSERT_PAGE) {
		KUNIT_EXPECT_EQ(test, ask(test, addr, LOOK, &told), 0);
		expect_flags(test, &told, 0);
		KUNIT_EXPECT_FALSE(test, kt_present(addr));
	}
	KUNIT_EXPECT_EQ(test, ask(test, addr, WANT_WRITE, &told), 0);
	expect_pfns(test, &told, first, true, how->level);
	KUNIT_EXPECT_EQ(test, ask(test, addr, LOOK, &told), 0);
	expect_pfns(test, &told, first, true, how->level);
	unmap(test->priv, how, start);
}

/* Nobody gets a page for writes through a mapping that can only be read. */
static void read_only(struct kunit *test)
{
	const struct kt_how *how = test->param_value;
	unsigned long start, addr = map(test->priv, how, PROT_READ, &start), first;
	struct told told;

	first = kt_region_pfn(test->priv, how->region, addr - start);
	KUNIT_EXPECT_EQ(test, ask(test, addr, WANT_WRITE, &told), -EPERM);
	KUNIT_EXPECT_EQ(test, ask(test, addr, WANT_READ, &told), 0);
	expect_pfns(test, &told, first, false, how->level);
	KUNIT_EXPECT_EQ(test, ask(test, addr, WANT_WRITE, &told), -EPERM);
	unmap(test->priv, how, start);
}

/* What can't be read is told as an error, though the entry has a page. */
static void no_access(struct kunit *test)
{
	const struct kt_how *how = test->param_value;
	unsigned long start, addr = map(test->priv, how, PROT_NONE, &start);
	struct told told;

	KUNIT_EXPECT_EQ(test, ask(test, addr, LOOK, &told), 0);
	expect_flags(test, &told, HMM_PFN_ERROR);
	KUNIT_EXPECT_EQ(test, ask(test, addr, WANT_READ, &told), -EFAULT);
	unmap(test->priv, how, start);
}

/* The huge zero folio has struct pages: it is told, for reads alone. */
static void huge_zero(struct kunit *test)
{
	static const struct kt_how how = {
		PFNMAP_TEST_METHOD_HUGE_ZERO_FOLIO, PFNMAP_TEST_REGION_DAX, PFNMAP_TEST_CACHE_WB,
		PFNMAP_TEST_LEVEL_PMD
	};
	unsigned long start, addr = map(test->priv, &how, RW, &start);
	struct pfnmap_test_leaf leaf;
	struct told told;

	KUNIT_EXPECT_EQ(test, ask(test, addr, WANT_READ, &told), 0);
	kt_leaf(addr, &leaf);
	KUNIT_ASSERT_TRUE(test, leaf.flags & PFNMAP_TEST_LEAF_HUGE_ZERO);
	expect_pfns(test, &told, leaf.pfn, false, PFNMAP_TEST_LEVEL_PMD);
	KUNIT_EXPECT_EQ(test, ask(test, addr, WANT_WRITE, &told), 0);
	expect_pfns(test, &told, kt_region_pfn(test->priv, how.region, addr - start), true,
		    PFNMAP_TEST_LEVEL_PMD);
	unmap(test->priv, &how, start);
}

static struct kunit_case hmm_cases[] = {
	KUNIT_CASE_PARAM(pfn, pfn_gen_params),
	KUNIT_CASE_PARAM(page, page_gen_params),
	KUNIT_CASE_PARAM(read_only, page_gen_params),
	KUNIT_CASE_PARAM(no_access, page_gen_params),
	KUNIT_CASE(huge_zero),
	{}
};

static struct kunit_suite hmm_suite = {
	.name = "hmm_range_fault",
	.init = kt_init,
	.exit = kt_exit,
	.test_cases = hmm_cases,
};

kunit_test_suite(hmm_suite);
#endif
