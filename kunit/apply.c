// SPDX-License-Identifier: GPL-2.0-only
/*
 * apply_range: apply_to_page_range(), by which drivers make or change entries themselves. No
 * pattern of ours does so.
 */
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/string.h>

#include "bounds.h"

/**
 * struct applied - what the callback saw
 * @addr: its addresses
 * @pfn: in the entries; 0 where none is
 * @calls: their number
 * @stop: the call that fails, from 1 on; or 0
 */
struct applied {
	unsigned long addr[PAGES];
	unsigned long pfn[PAGES];
	unsigned int calls;
	unsigned int stop;
};

static int look(pte_t *pte, unsigned long addr, void *data)
{
	struct applied *a = data;
	pte_t entry = ptep_get(pte);

	if (a->calls < PAGES) {
		a->addr[a->calls] = addr;
		a->pfn[a->calls] = pte_present(entry) ? pte_pfn(entry) : 0;
	}
	return ++a->calls == a->stop ? -EINTR : 0;
}

static int apply(unsigned long addr, unsigned long bytes, pte_fn_t fn, struct applied *a)
{
	int err;

	mmap_read_lock(current->mm);
	err = apply_to_page_range(current->mm, addr, bytes, fn, a);
	mmap_read_unlock(current->mm);
	return err;
}

/* Where a page table ends, and with it the tables above. */
static const struct border {
	const char *what;
	unsigned long addr;
} borders[] = {
	{ "inside of a page table", KT_FREE + BYTES },
	{ "between page tables", KT_FREE + PMD_SIZE - 2 * PAGE_SIZE },
	{ "between tables of page tables", KT_FREE + PUD_SIZE - 2 * PAGE_SIZE },
	{ "between tables of those", KT_FREE - 2 * PAGE_SIZE },
};

static void border_desc(const struct border *border, char *desc)
{
	strscpy(desc, border->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(border, borders, border_desc);

static unsigned long map_at(struct kunit *test, struct bounds *b,
			    int (*call)(struct bounds *b, struct vm_area_struct *vma))
{
	const struct border *border = test->param_value;

	b->flags |= MAP_FIXED_NOREPLACE;
	b->addr = border->addr;
	return kt_bounds_map(test, b, PAGES, 0, call);
}

/* Each page once, by its own entry, up to the first page that the callback refuses. */
static void each_page(struct kunit *test)
{
	struct bounds *b = kt_bounds_new(test);
	unsigned long addr = map_at(test, b, kt_bounds_pfns);
	struct applied a = { };
	int i;

	KUNIT_ASSERT_EQ(test, b->said, 0);
	KUNIT_EXPECT_EQ(test, apply(addr, BYTES, look, &a), 0);
	KUNIT_EXPECT_EQ(test, a.calls, PAGES);
	for (i = 0; i < PAGES; i++) {
		KUNIT_EXPECT_EQ_MSG(test, a.addr[i], addr + i * PAGE_SIZE, "call %d", i);
		KUNIT_EXPECT_EQ_MSG(test, a.pfn[i], page_to_pfn(b->page[i]), "call %d", i);
	}

	for (i = 1; i <= PAGES; i++) {
		a = (struct applied){ .stop = i };
		KUNIT_EXPECT_EQ(test, apply(addr, BYTES, look, &a), -EINTR);
		KUNIT_EXPECT_EQ(test, a.calls, i);
	}
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, BYTES), 0);
}

static int call_nothing(struct bounds *b, struct vm_area_struct *vma)
{
	return 0;
}

/* Page tables that are not there are made, and the callback sees empty entries. */
static void where_nothing_is(struct kunit *test)
{
	struct bounds *b = kt_bounds_new(test);
	unsigned long addr = map_at(test, b, call_nothing);
	struct applied a = { };
	int i;

	KUNIT_EXPECT_EQ(test, apply(addr, BYTES, NULL, NULL), 0);
	KUNIT_EXPECT_EQ(test, apply(addr, BYTES, look, &a), 0);
	KUNIT_EXPECT_EQ(test, a.calls, PAGES);
	for (i = 0; i < PAGES; i++) {
		KUNIT_EXPECT_EQ(test, a.pfn[i], 0);
		KUNIT_EXPECT_FALSE(test, kt_present(addr + i * PAGE_SIZE));
	}
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, BYTES), 0);
}

static struct kunit_case apply_cases[] = {
	KUNIT_CASE_PARAM(each_page, border_gen_params),
	KUNIT_CASE_PARAM(where_nothing_is, border_gen_params),
	{}
};

static struct kunit_suite apply_suite = {
	.name = "apply_range",
	.init = kt_init,
	.exit = kt_exit,
	.test_cases = apply_cases,
};

kunit_test_suite(apply_suite);
