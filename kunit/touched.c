// SPDX-License-Identifier: GPL-2.0-only
/*
 * page_touched: what a page is told of its use: by an entry that goes, and by get_user_pages(),
 * whose caller writes without an entry. The ioctl FOLIO shows no PG_referenced, and our device's
 * pages keep PG_dirty from one mapping to the next.
 */
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/pfn.h>
#include <linux/string.h>

#include "bounds.h"

#define DAX	PFNMAP_TEST_REGION_DAX
#define WB	PFNMAP_TEST_CACHE_WB

static int call_insert_page(struct bounds *b, struct vm_area_struct *vma)
{
	b->left = PAGES;
	return vm_insert_pages(vma, vma->vm_start, b->page, &b->left);
}

static unsigned long map_pages(struct kunit *test, struct bounds *b)
{
	unsigned long addr = kt_bounds_map(test, b, PAGES, 0, call_insert_page);
	int i;

	KUNIT_ASSERT_EQ(test, b->said, 0);
	for (i = 0; i < PAGES; i++) {
		KUNIT_ASSERT_FALSE(test, folio_test_dirty(page_folio(b->page[i])));
		KUNIT_ASSERT_FALSE(test, folio_test_referenced(page_folio(b->page[i])));
	}
	return addr;
}

static void expect_told(struct kunit *test, struct page *page, bool dirty, bool referenced)
{
	KUNIT_EXPECT_EQ(test, folio_test_dirty(page_folio(page)), dirty);
	KUNIT_EXPECT_EQ(test, folio_test_referenced(page_folio(page)), referenced);
}

#ifndef CONFIG_UML
/* The processor marks the entry. UML's kernel writes to user memory without the entry. */
static void unmapped(struct kunit *test)
{
	struct bounds *b = kt_bounds_new(test);
	unsigned long addr = map_pages(test, b);
	u8 value;

	KUNIT_EXPECT_EQ(test, kt_read(addr, &value), 0);
	KUNIT_EXPECT_EQ(test, kt_write(addr + PAGE_SIZE, 1), 0);
	KUNIT_EXPECT_FALSE(test, folio_test_dirty(page_folio(b->page[1])));
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, BYTES), 0);
	expect_told(test, b->page[0], false, true);
	expect_told(test, b->page[1], true, true);
	KUNIT_EXPECT_FALSE(test, folio_test_dirty(page_folio(b->page[2])));
}

/* Whoever reads here and there reads no page twice. */
static void unmapped_random(struct kunit *test)
{
	struct bounds *b = kt_bounds_new(test);
	unsigned long addr = map_pages(test, b);
	u8 value;

	KUNIT_ASSERT_EQ(test, 0, kt_madvise(test->priv, addr, BYTES, MADV_RANDOM));
	KUNIT_EXPECT_EQ(test, kt_read(addr, &value), 0);
	KUNIT_EXPECT_EQ(test, kt_write(addr + PAGE_SIZE, 1), 0);
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, BYTES), 0);
	expect_told(test, b->page[0], false, false);
	expect_told(test, b->page[1], true, false);
}
#endif

static void get_page_at(struct kunit *test, unsigned long addr, unsigned int flags,
			struct page *want)
{
	struct page *page = NULL;

	KUNIT_ASSERT_EQ(test, get_user_pages_unlocked(addr, 1, &page, flags), 1);
	KUNIT_EXPECT_PTR_EQ(test, page, want);
	put_page(page);
}

/* The page is told before its caller writes, for no entry tells of such a write. */
static void got(struct kunit *test)
{
	struct bounds *b = kt_bounds_new(test);
	unsigned long addr = map_pages(test, b);
	struct pfnmap_test_leaf leaf;

	get_page_at(test, addr, 0, b->page[0]);
	expect_told(test, b->page[0], false, true);
	get_page_at(test, addr + PAGE_SIZE, FOLL_WRITE, b->page[1]);
	expect_told(test, b->page[1], true, true);
	kt_leaf(addr + PAGE_SIZE, &leaf);
	KUNIT_EXPECT_FALSE(test, leaf.flags & PFNMAP_TEST_LEAF_DIRTY);
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, BYTES), 0);
}

#ifdef CONFIG_ARCH_HAS_PTE_SPECIAL
static int call_mixed(struct bounds *b, struct vm_area_struct *vma)
{
	compat_vm_flags_set(vma, VM_MIXEDMAP);
	return compat_vmf_insert_mixed(vma, vma->vm_start, page_to_pfn(b->page[0]));
}

/* A pfn has no page to tell: get_user_pages() marks the entry, and its caller gets no page. */
static void got_pfn(struct kunit *test)
{
	struct bounds *b = kt_bounds_new(test);
	struct pfnmap_test_leaf leaf;
	struct page *page = NULL;
	unsigned long addr;

	addr = kt_bounds_map(test, b, 1, 0, call_mixed);
	KUNIT_ASSERT_EQ(test, b->said, (int)VM_FAULT_NOPAGE);
	KUNIT_EXPECT_EQ(test, get_user_pages_unlocked(addr, 1, &page, 0), -EEXIST);
	kt_leaf(addr, &leaf);
	KUNIT_EXPECT_TRUE(test, leaf.flags & PFNMAP_TEST_LEAF_SPECIAL);
	KUNIT_EXPECT_TRUE(test, leaf.flags & PFNMAP_TEST_LEAF_YOUNG);
	KUNIT_EXPECT_FALSE(test, leaf.flags & PFNMAP_TEST_LEAF_DIRTY);
	KUNIT_EXPECT_EQ(test, get_user_pages_unlocked(addr, 1, &page, FOLL_WRITE), -EEXIST);
	kt_leaf(addr, &leaf);
	KUNIT_EXPECT_TRUE(test, leaf.flags & PFNMAP_TEST_LEAF_DIRTY);
	KUNIT_EXPECT_EQ(test, leaf.pfn, (u64)page_to_pfn(b->page[0]));
	expect_told(test, b->page[0], false, false);
	KUNIT_EXPECT_EQ(test, page_ref_count(b->page[0]), 1);
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, PAGE_SIZE), 0);
	expect_told(test, b->page[0], false, false);
}
#endif

#if PFNMAP_HAVE_FOLIO && PFNMAP_HAVE_PMD
static const struct part {
	const char *what;
	unsigned long bytes;
} parts[] = {
	{ "as a whole", PMD_SIZE },
	{ "in part, so the kernel splits it", PAGE_SIZE },
};

static void part_desc(const struct part *part, char *desc)
{
	strscpy(desc, part->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(part, parts, part_desc);

/* Maps an entry of 2 MiB, by a read. */
static unsigned long map_large(struct kunit *test)
{
	static const struct kt_how how = {
		PFNMAP_TEST_METHOD_VMF_INSERT_FOLIO_PMD, DAX, WB, PFNMAP_TEST_LEVEL_PMD,
	};
	struct kt *kt = test->priv;
	struct pfnmap_test_leaf leaf;
	unsigned long addr;
	u8 value;

	kt_need_method(kt, how.method);
	addr = kt_map(kt, &how, 0, PMD_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED);
	KUNIT_ASSERT_EQ(test, kt_read(addr, &value), 0);
	kt_leaf(addr, &leaf);
	KUNIT_ASSERT_EQ(test, leaf.level, PFNMAP_TEST_LEVEL_PMD);
	KUNIT_ASSERT_FALSE(test, leaf.flags & PFNMAP_TEST_LEAF_DIRTY);
	return addr;
}

/* Of 2 MiB: the kernel tells no folio of 1 GiB that goes as a whole. */
static void unmapped_large(struct kunit *test)
{
	const struct part *part = test->param_value;
	unsigned long addr = map_large(test);
	struct kt *kt = test->priv;
	struct folio *folio;

	folio = kt_folio(addr);
	KUNIT_ASSERT_NOT_NULL(test, folio);
	folio_clear_referenced(folio);
	kt_unmap(kt, addr, part->bytes);
	KUNIT_EXPECT_TRUE(test, folio_test_referenced(folio));
	kt_unmap(kt, addr, PMD_SIZE);
	folio_clear_referenced(folio);
}

/* Of an entry of 2 MiB, get_user_pages() marks the entry, which tells the folio when it goes. */
static void got_large(struct kunit *test)
{
	unsigned long addr = map_large(test);
	struct kt *kt = test->priv;
	struct pfnmap_test_leaf leaf;
	struct page *page;

	page = pfn_to_page(kt_region_pfn(kt, DAX, PAGE_SIZE));
	get_page_at(test, addr + PAGE_SIZE, 0, page);
	kt_leaf(addr, &leaf);
	KUNIT_EXPECT_FALSE(test, leaf.flags & PFNMAP_TEST_LEAF_DIRTY);
	get_page_at(test, addr + PAGE_SIZE, FOLL_WRITE, page);
	kt_leaf(addr, &leaf);
	KUNIT_EXPECT_EQ(test, leaf.level, PFNMAP_TEST_LEVEL_PMD);
	KUNIT_EXPECT_TRUE(test, leaf.flags & PFNMAP_TEST_LEAF_DIRTY);
	kt_unmap(kt, addr, PMD_SIZE);
}
#endif

#if PFNMAP_HAVE_FOLIO
static vm_fault_t fault_device(struct vm_fault *vmf)
{
	struct bounds *b = vmf->vma->vm_private_data;

	vmf->page = pfn_to_page(b->pfn);
	get_page(vmf->page);
	return 0;
}

static vm_fault_t fault_device_large(struct vm_fault *vmf, unsigned int order)
{
#if PFNMAP_HAVE_PMD
	struct bounds *b = vmf->vma->vm_private_data;

	if (order == COMPAT_PMD_ORDER && b->left == COMPAT_PMD_ORDER)
		return vmf_insert_folio_pmd(vmf, page_folio(pfn_to_page(b->pfn)), false);
#endif
	return VM_FAULT_FALLBACK;
}

PFNMAP_DEFINE_HUGE_FAULT(fault_device_large)

static int call_device(struct bounds *b, struct vm_area_struct *vma)
{
	compat_vm_flags_set(vma, VM_HUGEPAGE);
	return kt_bounds_by_fault(b, vma);
}

static const struct kt_how devices[] = {
	{ PFNMAP_TEST_METHOD_VMF_INSERT_PAGE_MKWRITE, DAX, WB, PFNMAP_TEST_LEVEL_PTE },
	{ PFNMAP_TEST_METHOD_VMF_INSERT_FOLIO_PMD, DAX, WB, PFNMAP_TEST_LEVEL_PMD },
};

KUNIT_ARRAY_PARAM(device, devices, kt_how_desc);

/*
 * Reclaim never sees ZONE_DEVICE pages, so mlock() has no use for them. Of a DAX file mlock() looks
 * at no page; so here is a VMA without any flag, of a file that is none of DAX.
 */
static void locked(struct kunit *test)
{
	static const struct vm_operations_struct ops = {
		.fault = fault_device,
		.huge_fault = PFNMAP_HUGE_FAULT(fault_device_large),
	};
	const struct kt_how *how = test->param_value;
	unsigned long addr, bytes = kt_leaf_bytes(how->level);
	struct bounds *b = kt_bounds_new(test);
	struct kt *kt = test->priv;
	struct pfnmap_test_leaf leaf;
	struct folio *folio;
	u8 value;

	kt_need_method(kt, how->method);
	kt_need_region(kt, DAX, bytes);
	/* Makes folios of this size. */
	KUNIT_ASSERT_EQ(test, kt_set(kt, how), 0);
	b->ops = &ops;
	b->pfn = kt_region_pfn(kt, DAX, 0);
	b->left = how->level == PFNMAP_TEST_LEVEL_PMD ? COMPAT_PMD_ORDER : 0;
	b->addr = KT_FREE;
	b->flags |= MAP_FIXED_NOREPLACE;
	addr = kt_bounds_map(test, b, PHYS_PFN(bytes), 0, call_device);
	KUNIT_ASSERT_EQ(test, b->said, 0);
	KUNIT_EXPECT_EQ(test, kt_read(addr, &value), 0);
	kt_leaf(addr, &leaf);
	KUNIT_EXPECT_EQ(test, leaf.level, how->level);
	folio = page_folio(pfn_to_page(b->pfn));
	KUNIT_EXPECT_EQ(test, leaf.pfn, (u64)b->pfn);

	KUNIT_EXPECT_EQ(test, kt_mlock(kt, addr, bytes), 0);
	KUNIT_EXPECT_FALSE(test, folio_test_mlocked(folio));
	/* By munmap() of a locked VMA a CPU keeps a reference for a while. */
	KUNIT_EXPECT_EQ(test, kt_munlock(kt, addr, bytes), 0);
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, bytes), 0);
}
#endif

static struct kunit_case touched_cases[] = {
#ifndef CONFIG_UML
	KUNIT_CASE(unmapped),
	KUNIT_CASE(unmapped_random),
#endif
	KUNIT_CASE(got),
#ifdef CONFIG_ARCH_HAS_PTE_SPECIAL
	KUNIT_CASE(got_pfn),
#endif
#if PFNMAP_HAVE_FOLIO && PFNMAP_HAVE_PMD
	KUNIT_CASE_PARAM(unmapped_large, part_gen_params),
	KUNIT_CASE(got_large),
#endif
#if PFNMAP_HAVE_FOLIO
	KUNIT_CASE_PARAM(locked, device_gen_params),
#endif
	{}
};

static struct kunit_suite touched_suite = {
	.name = "page_touched",
	.init = kt_init,
	.exit = kt_exit,
	.test_cases = touched_cases,
};

kunit_test_suite(touched_suite);
