// SPDX-License-Identifier: GPL-2.0-only
/*
 * fault_page: pages that a fault() gives to the core, which then maps or copies them. Our methods
 * map in fault() themselves, so the core's part is in none of our mappings.
 */
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/pagemap.h>
#include <linux/string.h>

#include "bounds.h"

#define FILLED	0x5a
#define AT	8

/* Whether fault() and page_mkwrite() lock the page, or leave that to the core. */
static const struct locking {
	const char *what;
	bool locked;
} lockings[] = {
	{ "unlocked", false },
	{ "locked", true },
};

static void locking_desc(const struct locking *l, char *desc)
{
	strscpy(desc, l->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(locking, lockings, locking_desc);

static vm_fault_t fault_locked(struct vm_fault *vmf)
{
	kt_bounds_fault(vmf);
	lock_page(vmf->page);
	return VM_FAULT_LOCKED;
}

/* The core wants a page without a mapping locked here. */
static vm_fault_t allow_write(struct vm_fault *vmf)
{
	struct bounds *b = vmf->vma->vm_private_data;

	b->asked++;
	b->mkwrite = vmf->flags & FAULT_FLAG_MKWRITE;
	lock_page(vmf->page);
	return VM_FAULT_LOCKED;
}

static const struct vm_operations_struct locked_ops = {
	.fault = fault_locked,
};

static const struct vm_operations_struct asked_ops = {
	.fault = kt_bounds_fault,
	.page_mkwrite = allow_write,
};

static unsigned long map_page(struct kunit *test, struct bounds *b, unsigned long flags)
{
	const struct locking *l = test->param_value;

	b->flags = flags;
	if (l->locked)
		b->ops = &locked_ops;
	memset(page_address(b->page[0]), FILLED, PAGE_SIZE);
	return kt_bounds_map(test, b, 1, 0, kt_bounds_by_fault);
}

static void expect_page(struct kunit *test, struct bounds *b, int entries)
{
	struct folio *folio = page_folio(b->page[0]);

	KUNIT_EXPECT_EQ_MSG(test, folio_ref_count(folio), 1 + entries, "references");
	KUNIT_EXPECT_EQ(test, compat_folio_mapcount(folio), entries);
	KUNIT_EXPECT_FALSE_MSG(test, folio_test_locked(folio), "locked for ever");
}

/* The process has a page of its own, with what the driver's page had. */
static void expect_copy(struct kunit *test, struct bounds *b, unsigned long addr)
{
	struct pfnmap_test_leaf leaf;
	u8 value = 0;

	kt_leaf(addr, &leaf);
	KUNIT_EXPECT_NE(test, leaf.pfn, (u64)page_to_pfn(b->page[0]));
	KUNIT_EXPECT_TRUE(test, leaf.flags & PFNMAP_TEST_LEAF_WRITABLE);
	KUNIT_EXPECT_EQ(test, kt_read(addr + PAGE_SIZE - 1, &value), 0);
	KUNIT_EXPECT_EQ(test, value, FILLED);
	KUNIT_EXPECT_EQ(test, kt_read(addr + AT, &value), 0);
	KUNIT_EXPECT_EQ(test, value, 1);
	KUNIT_EXPECT_EQ(test, ((u8 *)page_address(b->page[0]))[AT], FILLED);
	expect_page(test, b, 0);
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, PAGE_SIZE), 0);
	expect_page(test, b, 0);
}

static void written_private(struct kunit *test)
{
	struct bounds *b = kt_bounds_new(test);
	unsigned long addr = map_page(test, b, MAP_PRIVATE);

	KUNIT_EXPECT_EQ(test, kt_write(addr + AT, 1), 0);
	expect_copy(test, b, addr);
}

static void read_then_written_private(struct kunit *test)
{
	struct bounds *b = kt_bounds_new(test);
	unsigned long addr = map_page(test, b, MAP_PRIVATE);
	struct pfnmap_test_leaf leaf;
	u8 value = 0;

	KUNIT_EXPECT_EQ(test, kt_read(addr, &value), 0);
	KUNIT_EXPECT_EQ(test, value, FILLED);
	kt_leaf(addr, &leaf);
	KUNIT_EXPECT_EQ(test, leaf.pfn, (u64)page_to_pfn(b->page[0]));
	KUNIT_EXPECT_FALSE(test, leaf.flags & PFNMAP_TEST_LEAF_WRITABLE);
	expect_page(test, b, 1);
	KUNIT_EXPECT_EQ(test, kt_write(addr + AT, 1), 0);
	expect_copy(test, b, addr);
}

static void expect_shared(struct kunit *test, struct bounds *b, unsigned long addr)
{
	struct pfnmap_test_leaf leaf;

	kt_leaf(addr, &leaf);
	KUNIT_EXPECT_EQ(test, leaf.pfn, (u64)page_to_pfn(b->page[0]));
	KUNIT_EXPECT_TRUE(test, leaf.flags & PFNMAP_TEST_LEAF_WRITABLE);
	KUNIT_EXPECT_TRUE(test, leaf.flags & PFNMAP_TEST_LEAF_DIRTY);
	KUNIT_EXPECT_TRUE(test, folio_test_dirty(page_folio(b->page[0])));
	KUNIT_EXPECT_EQ(test, ((u8 *)page_address(b->page[0]))[AT], 1);
	expect_page(test, b, 1);
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, PAGE_SIZE), 0);
	expect_page(test, b, 0);
}

static void written_shared(struct kunit *test)
{
	struct bounds *b = kt_bounds_new(test);
	unsigned long addr = map_page(test, b, MAP_SHARED);

	KUNIT_EXPECT_EQ(test, kt_write(addr + AT, 1), 0);
	expect_shared(test, b, addr);
}

/* With page_mkwrite(), a read maps read-only, and the driver is asked once. */
static void written_when_allowed(struct kunit *test)
{
	struct pfnmap_test_leaf leaf;
	struct bounds *b;
	unsigned long addr;
	int read_first;
	u8 value = 0;

	for (read_first = 0; read_first < 2; read_first++) {
		b = kt_bounds_new(test);
		b->ops = &asked_ops;
		addr = kt_bounds_map(test, b, 1, 0, kt_bounds_by_fault);
		if (read_first) {
			KUNIT_EXPECT_EQ(test, kt_read(addr, &value), 0);
			kt_leaf(addr, &leaf);
			KUNIT_EXPECT_FALSE(test, leaf.flags & PFNMAP_TEST_LEAF_WRITABLE);
			KUNIT_EXPECT_FALSE(test, folio_test_dirty(page_folio(b->page[0])));
			expect_page(test, b, 1);
		}
		KUNIT_EXPECT_EQ(test, b->asked, 0);
		KUNIT_EXPECT_EQ(test, kt_write(addr + AT, 1), 0);
		KUNIT_EXPECT_EQ(test, kt_write(addr + AT, 1), 0);
		KUNIT_EXPECT_EQ(test, b->asked, 1);
		KUNIT_EXPECT_TRUE(test, b->mkwrite);
		expect_shared(test, b, addr);
	}
}

static struct kunit_case fault_cases[] = {
	KUNIT_CASE_PARAM(written_private, locking_gen_params),
	KUNIT_CASE_PARAM(read_then_written_private, locking_gen_params),
	KUNIT_CASE_PARAM(written_shared, locking_gen_params),
	KUNIT_CASE(written_when_allowed),
	{}
};

static struct kunit_suite fault_suite = {
	.name = "fault_page",
	.init = kt_init,
	.exit = kt_exit,
	.test_cases = fault_cases,
};

kunit_test_suite(fault_suite);
