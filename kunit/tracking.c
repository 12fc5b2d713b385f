// SPDX-License-Identifier: GPL-2.0-only
/*
 * pfnmap_tracking: the kernel tracks a range once that remap_pfn_range() or a
 * relative maps whole. All VMAs that map part of the range share the tracking. The
 * kernel untracks the range once, when the last of these VMAs goes.
 */
#include <linux/mman.h>
#include <linux/string.h>

#include "fixture.h"
#include "tracked.h"

#define RAM	PFNMAP_TEST_REGION_RAM
#define SHARED	MAP_SHARED

/* Methods that map the whole VMA at once, in every mode. */
struct whole {
	u32 method;
	u32 mode;
};

#define REMAP	PFNMAP_TEST_METHOD_REMAP_PFN_RANGE
#define IO_REMAP	PFNMAP_TEST_METHOD_IO_REMAP_PFN_RANGE
#define IOMAP	PFNMAP_TEST_METHOD_VM_IOMAP_MEMORY
#define ACTION	PFNMAP_TEST_METHOD_MMAP_ACTION_REMAP
#define IO_ACTION	PFNMAP_TEST_METHOD_MMAP_ACTION_IOREMAP
#define WB	PFNMAP_TEST_CACHE_WB
#define UCM	PFNMAP_TEST_CACHE_UC_MINUS
#define UC	PFNMAP_TEST_CACHE_UC
#define WC	PFNMAP_TEST_CACHE_WC
#define WT	PFNMAP_TEST_CACHE_WT
#define WP	PFNMAP_TEST_CACHE_WP

static const struct whole wholes[] = {
	{ REMAP, WB }, { REMAP, UCM }, { REMAP, UC },
	{ REMAP, WC }, { REMAP, WT }, { REMAP, WP },
	{ IO_REMAP, WB }, { IO_REMAP, UCM }, { IO_REMAP, UC },
	{ IO_REMAP, WC }, { IO_REMAP, WT }, { IO_REMAP, WP },
	{ IOMAP, WB }, { IOMAP, UCM }, { IOMAP, UC },
	{ IOMAP, WC }, { IOMAP, WT }, { IOMAP, WP },
	{ ACTION, WB }, { ACTION, UCM }, { ACTION, UC },
	{ ACTION, WC }, { ACTION, WT }, { ACTION, WP },
	{ IO_ACTION, WB }, { IO_ACTION, UCM }, { IO_ACTION, UC },
	{ IO_ACTION, WC }, { IO_ACTION, WT }, { IO_ACTION, WP },
};

static void whole_desc(const struct whole *w, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s %s", kt_method_name(w->method),
		 kt_mode_name(w->mode));
}

KUNIT_ARRAY_PARAM(whole, wholes, whole_desc);

static void tracked_once(struct kunit *test)
{
	const struct whole *w = test->param_value;
	struct kt_how how = { .method = w->method, .region = MMIO, .mode = w->mode };
	struct kt *kt = test->priv;
	struct pfnmap_test_leaf leaf;
	unsigned long addr, pfn;
	struct kt_vma vma;
	int i;

	kt_need_tracking(kt);
	kt_need_region(kt, MMIO, BYTES);
	pfn = kt_region_pfn(kt, MMIO, 0);
	kt_probe_reset(pfn, PAGES);
	addr = kt_map(kt, &how, 0, BYTES, RW, SHARED);

	KUNIT_ASSERT_TRUE(test, kt_vma(addr, &vma));
	KUNIT_EXPECT_EQ(test, vma.refs, 1);
	KUNIT_EXPECT_EQ(test, vma.pfn, pfn);
	KUNIT_EXPECT_EQ(test, vma.bytes, BYTES);
	KUNIT_EXPECT_EQ(test, vma.flags & (VM_PFNMAP | VM_IO | VM_DONTEXPAND | VM_DONTDUMP),
			VM_PFNMAP | VM_IO | VM_DONTEXPAND | VM_DONTDUMP);
	for (i = 0; i < PAGES; i++) {
		kt_leaf(addr + i * PAGE_SIZE, &leaf);
		KUNIT_EXPECT_TRUE_MSG(test, leaf.flags & PFNMAP_TEST_LEAF_SPECIAL,
				      "page %d", i);
		KUNIT_EXPECT_EQ_MSG(test, leaf.pfn, pfn + i, "page %d", i);
		KUNIT_EXPECT_EQ(test, leaf.level, PFNMAP_TEST_LEVEL_PTE);
		KUNIT_EXPECT_STREQ(test, kt_mode_name(leaf.cache_mode),
				   kt_mode_name(w->mode));
	}
	kt_expect_calls(test, 1, 0);
	kt_expect_reserved(test, 1, w->mode);

	kt_unmap(kt, addr, BYTES);
	kt_expect_untracked(test);
}

#define UNTRACKED_pfn(_id)	{ PFNMAP_TEST_METHOD_##_id, MMIO, PFNMAP_TEST_CACHE_WC },
#define UNTRACKED_mixed(_id)	{ PFNMAP_TEST_METHOD_##_id, MMIO, PFNMAP_TEST_CACHE_WC },
#define UNTRACKED_remap(_id)
#define UNTRACKED_wc(_id)
#define UNTRACKED_large(_id)
#define UNTRACKED_page(_id)
#define UNTRACKED_folio(_id)
#define UNTRACKED_devmap(_id)
#define UNTRACKED_zero(_id)
#define UNTRACKED_hook(_id)

/* Ways to map that track nothing: in parts, or by fault. */
static const struct kt_how untracked[] = {
	{ PFNMAP_TEST_METHOD_REMAP_PFN_RANGE, MMIO, PFNMAP_TEST_CACHE_WC, 0,
	  PFNMAP_TEST_MAP_PARTIAL },
	{ PFNMAP_TEST_METHOD_REMAP_PFN_RANGE, MMIO, PFNMAP_TEST_CACHE_WC, 0,
	  PFNMAP_TEST_MAP_CHUNKED, PAGE_SIZE },
#define METHOD(_id, _name, _family, _have)	UNTRACKED_##_family(_id)
#include "patterns/list.h"
#undef METHOD
};

static void how_desc(const struct kt_how *how, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s flags %#x",
		 kt_method_name(how->method), how->flags);
}

KUNIT_ARRAY_PARAM(untracked, untracked, how_desc);

static void tracks_nothing(struct kunit *test)
{
	const struct kt_how *how = test->param_value;
	struct kt *kt = test->priv;
	struct pfnmap_test_leaf leaf;
	unsigned long addr;
	u8 byte;

	kt_need_tracking(kt);
	kt_need_region(kt, MMIO, BYTES);
	kt_probe_reset(kt_region_pfn(kt, MMIO, 0), PAGES);
	addr = kt_map(kt, how, 0, BYTES, RW, SHARED);
	KUNIT_EXPECT_EQ(test, kt_read(addr, &byte), 0);
	KUNIT_EXPECT_EQ(test, kt_refs(addr), 0);
	kt_expect_calls(test, 0, 0);
	kt_expect_reserved(test, 0, 0);

	/* Nobody holds the range, so the mode that SET_MAP asked for does not count. */
	kt_leaf(addr, &leaf);
	KUNIT_EXPECT_TRUE(test, leaf.flags & PFNMAP_TEST_LEAF_SPECIAL);
	KUNIT_EXPECT_STREQ(test, kt_mode_name(leaf.cache_mode), "uncached-minus");
	kt_unmap(kt, addr, BYTES);
	kt_expect_calls(test, 0, 0);
}

/* munmap() of one page, then of the rest: the whole range stays tracked until the end. */
static const int cuts[] = { 0, 1, 3 };

static void cut_desc(const int *page, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "page %d of 4", *page);
}

KUNIT_ARRAY_PARAM(cut, cuts, cut_desc);

static void split_by_munmap(struct kunit *test)
{
	unsigned int page = *(const int *)test->param_value;
	unsigned long addr = kt_map_tracked(test);
	bool middle = page && page < PAGES - 1;
	struct kt *kt = test->priv;
	struct kt_vma vma;

	kt_unmap(kt, addr + page * PAGE_SIZE, PAGE_SIZE);
	KUNIT_ASSERT_TRUE(test, kt_vma(addr + (page ? 0 : PAGE_SIZE), &vma));
	KUNIT_EXPECT_EQ(test, vma.refs, middle ? 2 : 1);
	KUNIT_EXPECT_EQ_MSG(test, vma.pfn, kt_region_pfn(kt, MMIO, 0),
			    "the tracked range has changed");
	KUNIT_EXPECT_EQ(test, vma.bytes, BYTES);
	kt_expect_calls(test, 1, 0);
	kt_expect_reserved(test, 1, PFNMAP_TEST_CACHE_WC);

	kt_unmap(kt, addr, page * PAGE_SIZE ?: BYTES);
	if (middle) {
		KUNIT_EXPECT_EQ(test, kt_refs(addr + BYTES - PAGE_SIZE), 1);
		kt_expect_calls(test, 1, 0);
	}
	kt_unmap(kt, addr, BYTES);
	kt_expect_untracked(test);
}

KUNIT_ARRAY_PARAM(protect, cuts, cut_desc);

static void split_by_mprotect(struct kunit *test)
{
	unsigned int page = *(const int *)test->param_value;
	unsigned long addr = kt_map_tracked(test);
	bool middle = page && page < PAGES - 1;
	struct kt *kt = test->priv;

	KUNIT_ASSERT_EQ(test, 0, kt_mprotect(kt, addr + page * PAGE_SIZE,
					     PAGE_SIZE, PROT_READ));
	KUNIT_EXPECT_EQ(test, kt_refs(addr), middle ? 3 : 2);
	kt_expect_calls(test, 1, 0);
	kt_expect_reserved(test, 1, PFNMAP_TEST_CACHE_WC);

	/* With the protection as before, the kernel still does not merge VMAs of pfns. */
	KUNIT_ASSERT_EQ(test, 0, kt_mprotect(kt, addr, BYTES, RW));
	KUNIT_EXPECT_EQ(test, kt_refs(addr), middle ? 3 : 2);
	kt_unmap(kt, addr, BYTES);
	kt_expect_untracked(test);
}

static void split_by_madvise(struct kunit *test)
{
	unsigned long addr = kt_map_tracked(test);
	struct kt *kt = test->priv;

	KUNIT_ASSERT_EQ(test, 0, kt_madvise(kt, addr, PAGE_SIZE, MADV_DONTFORK));
	KUNIT_EXPECT_EQ(test, kt_refs(addr), 2);
	kt_expect_calls(test, 1, 0);
	kt_unmap(kt, addr, BYTES);
	kt_expect_untracked(test);
}

/* A zap empties entries and leaves the range tracked. */
static const struct zap {
	const char *what;
	u32 how;
	unsigned long bytes;
} zaps[] = {
	{ "zap_special_vma_range of a page", PFNMAP_TEST_ZAP_VMA, PAGE_SIZE },
	{ "zap_special_vma_range of all", PFNMAP_TEST_ZAP_VMA, BYTES },
	{ "unmap_mapping_range of a page", PFNMAP_TEST_ZAP_MAPPING, PAGE_SIZE },
	{ "unmap_mapping_range of all", PFNMAP_TEST_ZAP_MAPPING, 0 },
};

static void zap_desc(const struct zap *z, char *desc)
{
	strscpy(desc, z->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(zap, zaps, zap_desc);

static void zapped(struct kunit *test)
{
	const struct zap *z = test->param_value;
	unsigned long addr = kt_map_tracked(test);
	struct kt *kt = test->priv;
	struct pfnmap_test_zap req = {
		.how = z->how,
		.start = z->how == PFNMAP_TEST_ZAP_VMA ? addr : 0,
		.bytes = z->bytes,
	};

	KUNIT_ASSERT_EQ(test, 0, kt_ioctl(kt, kt->file, PFNMAP_TEST_ZAP, &req,
					  sizeof(req)));
	KUNIT_EXPECT_FALSE(test, kt_present(addr));
	KUNIT_EXPECT_EQ(test, kt_present(addr + PAGE_SIZE), z->bytes == PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, kt_refs(addr), 1);
	kt_expect_calls(test, 1, 0);
	kt_expect_reserved(test, 1, PFNMAP_TEST_CACHE_WC);
	kt_unmap(kt, addr, BYTES);
	kt_expect_untracked(test);
}

static void mapped_twice(struct kunit *test)
{
	unsigned long addr = kt_map_tracked(test);
	struct kt *kt = test->priv;
	unsigned long other;

	other = kt_map(kt, &kt_remap_wc, 0, BYTES, RW, SHARED);
	KUNIT_EXPECT_EQ_MSG(test, kt_refs(addr), 1, "each has a range of its own");
	KUNIT_EXPECT_EQ(test, kt_refs(other), 1);
	kt_expect_calls(test, 2, 0);
	kt_expect_reserved(test, 2, PFNMAP_TEST_CACHE_WC);
	kt_unmap(kt, addr, BYTES);
	kt_expect_calls(test, 2, 1);
	kt_expect_reserved(test, 1, PFNMAP_TEST_CACHE_WC);
	kt_unmap(kt, other, BYTES);
	kt_expect_calls(test, 2, 2);
	kt_expect_reserved(test, 0, 0);
}

/* mmap() that fails after the kernel has tracked the range. */
static const struct failing {
	const char *what;
	u32 flags;
	long err;
} failings[] = {
	{ "the driver's mmap fails", PFNMAP_TEST_MAP_FAIL, -EIO },
	{ "mapped again after a zap", PFNMAP_TEST_MAP_TWICE, -EINVAL },
};

static void failing_desc(const struct failing *f, char *desc)
{
	strscpy(desc, f->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(failing, failings, failing_desc);

static void mmap_fails(struct kunit *test)
{
	const struct failing *f = test->param_value;
	struct kt_how how = kt_remap_wc;
	struct kt *kt = test->priv;

	kt_need_tracking(kt);
	kt_need_region(kt, MMIO, BYTES);
	kt_probe_reset(kt_region_pfn(kt, MMIO, 0), PAGES);
	how.flags = f->flags;
	KUNIT_EXPECT_EQ(test, f->err,
			(long)kt_try_map(kt, &how, 0, BYTES, RW, SHARED));
	kt_expect_untracked(test);
}

/* System RAM has its mode in the struct pages: the range is tracked, but not in the tree. */
static void ram_is_not_in_the_tree(struct kunit *test)
{
	struct kt_how how = kt_remap_wc;
	struct kt *kt = test->priv;
	unsigned long addr;
	struct kt_vma vma;

	kt_need_tracking(kt);
	kt_need_region(kt, RAM, BYTES);
	how.region = RAM;
	how.mode = PFNMAP_TEST_CACHE_WB;
	kt_probe_reset(kt_region_pfn(kt, RAM, 0), PAGES);
	addr = kt_map(kt, &how, 0, BYTES, RW, SHARED);
	KUNIT_ASSERT_TRUE(test, kt_vma(addr, &vma));
	KUNIT_EXPECT_EQ(test, vma.refs, 1);
	KUNIT_EXPECT_EQ(test, vma.pfn, kt_region_pfn(kt, RAM, 0));
	KUNIT_EXPECT_EQ(test, 0, kt_reserved(kt, RAM, 0, BYTES, NULL));
	kt_expect_calls(test, 1, 0);
	kt_unmap(kt, addr, BYTES);
	kt_expect_calls(test, 1, 1);
}

static struct kunit_case tracking_cases[] = {
	KUNIT_CASE_PARAM(tracked_once, whole_gen_params),
	KUNIT_CASE_PARAM(tracks_nothing, untracked_gen_params),
	KUNIT_CASE_PARAM(split_by_munmap, cut_gen_params),
	KUNIT_CASE_PARAM(split_by_mprotect, protect_gen_params),
	KUNIT_CASE(split_by_madvise),
	KUNIT_CASE_PARAM(zapped, zap_gen_params),
	KUNIT_CASE(mapped_twice),
	KUNIT_CASE_PARAM(mmap_fails, failing_gen_params),
	KUNIT_CASE(ram_is_not_in_the_tree),
	{ }
};

static struct kunit_suite tracking_suite = {
	.name = "pfnmap_tracking",
	.suite_init = kt_probe_start,
	.suite_exit = kt_probe_stop,
	.init = kt_init,
	.exit = kt_exit,
	.test_cases = tracking_cases,
};

kunit_test_suite(tracking_suite);
