// SPDX-License-Identifier: GPL-2.0-only
/*
 * zap_ranges: which pages a zap takes. The ioctl ZAP wants whole pages inside of one VMA of our
 * device, so no test that uses the ioctl shows what the kernel makes of other ranges.
 */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "bounds.h"

/* Bit N is page N of the VMA. */
static unsigned int present_pages(unsigned long addr)
{
	unsigned int pages = 0;
	int i;

	for (i = 0; i < PAGES; i++)
		if (kt_present(addr + i * PAGE_SIZE))
			pages |= BIT(i);
	return pages;
}

/* Where all pages of the file's first PAGES are mapped, from this offset of the file on. */
#define AT	0x100000UL

static const struct bytes {
	const char *what;
	loff_t begin;	/* behind AT */
	loff_t bytes;
	unsigned int left;
} ranges[] = {
	{ "a byte in the middle of a page", PAGE_SIZE + 100, 1, 0xd },
	{ "the last byte of a page", 2 * PAGE_SIZE - 1, 1, 0xd },
	{ "a page", PAGE_SIZE, PAGE_SIZE, 0xd },
	{ "a page and a byte", PAGE_SIZE, PAGE_SIZE + 1, 0x9 },
	{ "all before the last byte", 0, BYTES - 1, 0 },
	{ "all from a byte on", PAGE_SIZE + 1, 0, 0x1 },
	{ "what is before", -PAGE_SIZE, PAGE_SIZE, 0xf },
	{ "what is behind", BYTES, 0, 0xf },
};

static void bytes_desc(const struct bytes *range, char *desc)
{
	strscpy(desc, range->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(bytes, ranges, bytes_desc);

/* unmap_mapping_range() takes each page that has one of the bytes. */
static void by_bytes(struct kunit *test)
{
	const struct bytes *range = test->param_value;
	struct bounds *b = kt_bounds_new(test);
	unsigned long addr = kt_bounds_map(test, b, PAGES, AT, kt_bounds_pfns);
	struct address_space *mapping = kt_mapping(addr);

	KUNIT_ASSERT_EQ(test, b->said, 0);
	KUNIT_ASSERT_EQ(test, present_pages(addr), 0xf);
	KUNIT_ASSERT_NOT_NULL(test, mapping);

	unmap_mapping_range(mapping, AT * PAGE_SIZE + range->begin, range->bytes, 0);
	KUNIT_EXPECT_EQ(test, present_pages(addr), range->left);
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, BYTES), 0);
}

/* The middle one of three VMAs: a range that is not inside of it is left alone as a whole. */
static void outside(struct kunit *test)
{
	struct bounds *b = kt_bounds_new(test);
	unsigned long addr = KT_FREE;
	int i;

	b->flags |= MAP_FIXED_NOREPLACE;
	for (i = -1; i <= 1; i++) {
		b->addr = addr + i * PAGE_SIZE;
		kt_bounds_map(test, b, 1, 0, kt_bounds_pfns);
		KUNIT_ASSERT_EQ(test, b->said, 0);
	}

	kt_zap(addr, addr - PAGE_SIZE, 2 * PAGE_SIZE);
	kt_zap(addr, addr, 2 * PAGE_SIZE);
	kt_zap(addr, addr + PAGE_SIZE, PAGE_SIZE);
	for (i = -1; i <= 1; i++)
		KUNIT_EXPECT_TRUE_MSG(test, kt_present(addr + i * PAGE_SIZE), "page %d", i);
	kt_zap(addr, addr, PAGE_SIZE);
	for (i = -1; i <= 1; i++)
		KUNIT_EXPECT_EQ_MSG(test, kt_present(addr + i * PAGE_SIZE), i != 0, "page %d", i);
	KUNIT_EXPECT_EQ(test, vm_munmap(addr - PAGE_SIZE, 3 * PAGE_SIZE), 0);
}

static int call_page(struct bounds *b, struct vm_area_struct *vma)
{
	return vm_insert_page(vma, vma->vm_start, b->page[1]);
}

/* A driver's zap is for VMAs of pfns. Since 7.1 it takes the pages of VM_MIXEDMAP, too. */
static void of_pages(struct kunit *test)
{
	struct bounds *b = kt_bounds_new(test);
	unsigned long addr;
	u8 value;

	addr = kt_bounds_map(test, b, 1, 0, kt_bounds_by_fault);
	KUNIT_EXPECT_EQ(test, kt_read(addr, &value), 0);
	kt_zap(addr, addr, PAGE_SIZE);
	KUNIT_EXPECT_TRUE_MSG(test, kt_present(addr), "an ordinary VMA");
	KUNIT_EXPECT_EQ(test, page_ref_count(b->page[0]), 2);
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, PAGE_SIZE), 0);
	KUNIT_EXPECT_EQ(test, page_ref_count(b->page[0]), 1);

	addr = kt_bounds_map(test, b, 1, 0, call_page);
	KUNIT_ASSERT_EQ(test, b->said, 0);
	kt_zap(addr, addr, PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, kt_present(addr), !PFNMAP_ZAP_TAKES_MIXED);
	KUNIT_EXPECT_EQ(test, page_ref_count(b->page[1]), PFNMAP_ZAP_TAKES_MIXED ? 1 : 2);
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, PAGE_SIZE), 0);
	KUNIT_EXPECT_EQ(test, page_ref_count(b->page[1]), 1);
}

static struct kunit_case zap_cases[] = {
	KUNIT_CASE_PARAM(by_bytes, bytes_gen_params),
	KUNIT_CASE(outside),
	KUNIT_CASE(of_pages),
	{}
};

static struct kunit_suite zap_suite = {
	.name = "zap_ranges",
	.init = kt_init,
	.exit = kt_exit,
	.test_cases = zap_cases,
};

kunit_test_suite(zap_suite);
