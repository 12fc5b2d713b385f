// SPDX-License-Identifier: GPL-2.0-only
/*
 * large_folio: the pages of a large folio, mapped one by one. The kernel handles such entries in
 * batches. The pages that our device maps one by one are small folios.
 */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/mman.h>

#include "bounds.h"

#define RW	(PROT_READ | PROT_WRITE)

static void put_folio(void *folio)
{
	folio_put(folio);
}

static int call_folio(struct bounds *b, struct vm_area_struct *vma)
{
	struct page *pages[PAGES];
	int i;

	for (i = 0; i < PAGES; i++)
		pages[i] = b->other + i;
	b->left = PAGES;
	return vm_insert_pages(vma, vma->vm_start, pages, &b->left);
}

static void expect_counts(struct kunit *test, struct folio *folio, int entries)
{
	KUNIT_EXPECT_EQ_MSG(test, folio_ref_count(folio), 1 + entries, "references");
	KUNIT_EXPECT_EQ(test, compat_folio_mapcount(folio), entries);
}

/* The folio's pages from FIRST on, at @addr. */
static void expect_pages(struct kunit *test, unsigned long addr, struct folio *folio,
			 unsigned long first, unsigned long pages)
{
	struct pfnmap_test_leaf leaf;
	unsigned long i;

	for (i = 0; i < pages; i++) {
		kt_leaf(addr + i * PAGE_SIZE, &leaf);
		KUNIT_EXPECT_TRUE_MSG(test, leaf.flags & PFNMAP_TEST_LEAF_PRESENT, "page %lu",
				      first + i);
		KUNIT_EXPECT_EQ_MSG(test, leaf.pfn, (u64)folio_pfn(folio) + first + i,
				    "page %lu", first + i);
	}
}

static unsigned long map_folio(struct kunit *test, struct folio **folio)
{
	struct bounds *b = kt_bounds_new(test);
	unsigned long addr;

	*folio = folio_alloc(GFP_KERNEL | __GFP_ZERO, ilog2(PAGES));
	KUNIT_ASSERT_NOT_NULL(test, *folio);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, put_folio, *folio));
	b->other = folio_page(*folio, 0);
	addr = kt_bounds_map(test, b, PAGES, 0, call_folio);
	KUNIT_ASSERT_EQ(test, b->said, 0);
	expect_counts(test, *folio, PAGES);
	expect_pages(test, addr, *folio, 0, PAGES);
	return addr;
}

static void unmapped_in_part(struct kunit *test)
{
	struct folio *folio;
	unsigned long addr = map_folio(test, &folio);

	KUNIT_EXPECT_EQ(test, vm_munmap(addr + PAGE_SIZE, 2 * PAGE_SIZE), 0);
	expect_counts(test, folio, 2);
	expect_pages(test, addr, folio, 0, 1);
	expect_pages(test, addr + 3 * PAGE_SIZE, folio, 3, 1);
	KUNIT_EXPECT_FALSE(test, folio_test_dirty(folio));
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, BYTES), 0);
	expect_counts(test, folio, 0);
}

static void got(struct kunit *test)
{
	struct folio *folio;
	unsigned long addr = map_folio(test, &folio);
	struct page *pages[PAGES];
	int i, fast;

	for (fast = 0; fast < 2; fast++) {
		KUNIT_ASSERT_EQ(test, fast ? get_user_pages_fast(addr, PAGES, 0, pages) :
				(int)get_user_pages_unlocked(addr, PAGES, pages, 0), PAGES);
		KUNIT_EXPECT_EQ(test, folio_ref_count(folio), 1 + 2 * PAGES);
		for (i = 0; i < PAGES; i++) {
			KUNIT_EXPECT_PTR_EQ(test, pages[i], folio_page(folio, i));
			put_page(pages[i]);
		}
		expect_counts(test, folio, PAGES);
	}
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, BYTES), 0);
}

#ifndef CONFIG_UML
/* Of a batch that goes, one dirty entry is enough. */
static void written(struct kunit *test)
{
	struct folio *folio;
	unsigned long addr = map_folio(test, &folio);

	KUNIT_EXPECT_EQ(test, kt_write(addr + 2 * PAGE_SIZE, 1), 0);
	KUNIT_EXPECT_FALSE(test, folio_test_dirty(folio));
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, BYTES), 0);
	KUNIT_EXPECT_TRUE(test, folio_test_dirty(folio));
	expect_counts(test, folio, 0);
}

struct in_child {
	unsigned long addr;
	struct folio *folio;
};

static void look_in_child(struct kt *kt, void *data)
{
	struct in_child *c = data;
	struct pfnmap_test_leaf leaf;
	int i;

	expect_counts(kt->test, c->folio, 2 * PAGES);
	expect_pages(kt->test, c->addr, c->folio, 0, PAGES);
	for (i = 0; i < PAGES; i++) {
		kt_leaf(c->addr + i * PAGE_SIZE, &leaf);
		KUNIT_EXPECT_TRUE(kt->test, leaf.flags & PFNMAP_TEST_LEAF_WRITABLE);
		KUNIT_EXPECT_FALSE(kt->test, leaf.flags & PFNMAP_TEST_LEAF_DIRTY);
	}
}

static void forked(struct kunit *test)
{
	struct in_child c;
	int i;

	c.addr = map_folio(test, &c.folio);
	for (i = 0; i < PAGES; i++)
		KUNIT_EXPECT_EQ(test, kt_write(c.addr + i * PAGE_SIZE, 1), 0);
	KUNIT_EXPECT_EQ(test, kt_fork(test->priv, look_in_child, &c), 0);
	expect_counts(test, c.folio, PAGES);
	expect_pages(test, c.addr, c.folio, 0, PAGES);
	KUNIT_EXPECT_EQ(test, vm_munmap(c.addr, BYTES), 0);
	expect_counts(test, c.folio, 0);
}

static void mprotected(struct kunit *test)
{
	struct folio *folio;
	unsigned long addr = map_folio(test, &folio);
	struct pfnmap_test_leaf leaf;
	int i;

	KUNIT_ASSERT_EQ(test, 0, kt_mprotect(test->priv, addr + PAGE_SIZE, 2 * PAGE_SIZE,
					     PROT_READ));
	expect_pages(test, addr, folio, 0, PAGES);
	for (i = 0; i < PAGES; i++) {
		kt_leaf(addr + i * PAGE_SIZE, &leaf);
		KUNIT_EXPECT_EQ_MSG(test, !(leaf.flags & PFNMAP_TEST_LEAF_WRITABLE),
				    i == 1 || i == 2, "page %d", i);
	}
	KUNIT_ASSERT_EQ(test, 0, kt_mprotect(test->priv, addr, BYTES, RW));
	for (i = 0; i < PAGES; i++)
		KUNIT_EXPECT_EQ(test, kt_write(addr + i * PAGE_SIZE, 1), 0);
	expect_counts(test, folio, PAGES);
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, BYTES), 0);
	expect_counts(test, folio, 0);
}

static void mremapped(struct kunit *test)
{
	struct folio *folio;
	unsigned long addr = map_folio(test, &folio), to = KT_FREE;

	KUNIT_ASSERT_EQ(test, (long)to,
			kt_mremap(test->priv, addr + PAGE_SIZE, 3 * PAGE_SIZE, 3 * PAGE_SIZE,
				  MREMAP_MAYMOVE | MREMAP_FIXED, to));
	expect_pages(test, addr, folio, 0, 1);
	expect_pages(test, to, folio, 1, 3);
	KUNIT_EXPECT_FALSE(test, kt_present(addr + PAGE_SIZE));
	expect_counts(test, folio, PAGES);
	KUNIT_EXPECT_EQ(test, vm_munmap(to, 3 * PAGE_SIZE), 0);
	expect_counts(test, folio, 1);
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, BYTES), 0);
	expect_counts(test, folio, 0);
}
#endif

static struct kunit_case large_cases[] = {
	KUNIT_CASE(unmapped_in_part),
	KUNIT_CASE(got),
#ifndef CONFIG_UML
	KUNIT_CASE(written),
	KUNIT_CASE(forked),
	KUNIT_CASE(mprotected),
	KUNIT_CASE(mremapped),
#endif
	{}
};

static struct kunit_suite large_suite = {
	.name = "large_folio",
	.init = kt_init,
	.exit = kt_exit,
	.test_cases = large_cases,
};

kunit_test_suite(large_suite);
