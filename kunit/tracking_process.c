// SPDX-License-Identifier: GPL-2.0-only
/*
 * pfnmap_tracking_process: a tracked range stays tracked when mremap() moves its
 * VMA, and the VMAs that fork() copies share the tracking.
 */
#include <linux/mman.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "fixture.h"
#include "tracked.h"

/* The page at which a case cuts a mapping of 4. */
static const int cuts[] = { 0, 1, 3 };

static void cut_desc(const int *page, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "page %d of 4", *page);
}

static void mremap_whole(struct kunit *test)
{
	unsigned long addr = kt_map_tracked(test);
	struct kt *kt = test->priv;
	struct pfnmap_test_leaf leaf;
	long to;

	/* A free address, with a gap between it and the mapping. */
	to = kt_mremap(kt, addr, BYTES, BYTES, MREMAP_MAYMOVE | MREMAP_FIXED,
		       addr - SZ_2M);
	KUNIT_ASSERT_EQ(test, to, (long)(addr - SZ_2M));
	KUNIT_EXPECT_EQ(test, kt_refs(to), 1);
	KUNIT_EXPECT_FALSE(test, kt_present(addr));
	kt_leaf(to, &leaf);
	KUNIT_EXPECT_EQ(test, leaf.pfn, kt_region_pfn(kt, MMIO, 0));
	KUNIT_EXPECT_STREQ(test, kt_mode_name(leaf.cache_mode), "write-combining");
	kt_expect_calls(test, 1, 0);
	kt_expect_reserved(test, 1, PFNMAP_TEST_CACHE_WC);
	kt_unmap(kt, to, BYTES);
	kt_expect_untracked(test);
}

KUNIT_ARRAY_PARAM(move, cuts, cut_desc);

static void mremap_part(struct kunit *test)
{
	unsigned int page = *(const int *)test->param_value;
	unsigned long addr = kt_map_tracked(test);
	bool middle = page && page < PAGES - 1;
	struct kt *kt = test->priv;
	long to;

	to = kt_mremap(kt, addr + page * PAGE_SIZE, PAGE_SIZE, PAGE_SIZE,
		       MREMAP_MAYMOVE | MREMAP_FIXED, addr - SZ_2M);
	KUNIT_ASSERT_EQ(test, to, (long)(addr - SZ_2M));
	KUNIT_EXPECT_EQ(test, kt_refs(to), middle ? 3 : 2);
	kt_expect_calls(test, 1, 0);

	kt_unmap(kt, addr, BYTES);
	KUNIT_EXPECT_EQ(test, kt_refs(to), 1);
	kt_expect_calls(test, 1, 0);
	kt_expect_reserved(test, 1, PFNMAP_TEST_CACHE_WC);
	kt_unmap(kt, to, PAGE_SIZE);
	kt_expect_untracked(test);
}

static void mremap_shrink(struct kunit *test)
{
	unsigned long addr = kt_map_tracked(test);
	struct kt *kt = test->priv;

	KUNIT_ASSERT_EQ(test, (long)addr,
			kt_mremap(kt, addr, BYTES, PAGE_SIZE, 0, 0));
	KUNIT_EXPECT_EQ(test, kt_refs(addr), 1);
	kt_expect_calls(test, 1, 0);
	kt_expect_reserved(test, 1, PFNMAP_TEST_CACHE_WC);
	kt_unmap(kt, addr, PAGE_SIZE);
	kt_expect_untracked(test);
}

/* If the kernel refuses mremap(), the range stays as it is. */
static const struct refused {
	const char *what;
	unsigned long old;
	unsigned long new;
	unsigned long flags;
	long err;
} refusals[] = {
	{ "grow", BYTES, 2 * BYTES, MREMAP_MAYMOVE, -EFAULT },
	{ "duplicate", 0, BYTES, MREMAP_MAYMOVE, -EFAULT },
	{ "dontunmap", BYTES, BYTES, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, -EINVAL },
};

static void refused_desc(const struct refused *r, char *desc)
{
	strscpy(desc, r->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(refused, refusals, refused_desc);

static void mremap_refused(struct kunit *test)
{
	const struct refused *r = test->param_value;
	unsigned long addr = kt_map_tracked(test);
	struct kt *kt = test->priv;

	KUNIT_EXPECT_EQ(test, r->err, kt_mremap(kt, addr, r->old, r->new,
						r->flags, 0));
	KUNIT_EXPECT_EQ(test, kt_refs(addr), 1);
	kt_expect_calls(test, 1, 0);
	kt_unmap(kt, addr, BYTES);
	kt_expect_untracked(test);
}

static void in_child(struct kt *kt, void *data)
{
	unsigned long addr = *(unsigned long *)data;
	struct pfnmap_test_leaf leaf;

	KUNIT_EXPECT_EQ_MSG(kt->test, kt_refs(addr), 2, "in the child");
	kt_leaf(addr, &leaf);
	KUNIT_EXPECT_EQ_MSG(kt->test, leaf.pfn, kt_region_pfn(kt, MMIO, 0),
			    "in the child");
}

static void forked(struct kunit *test)
{
	unsigned long addr = kt_map_tracked(test);
	struct kt *kt = test->priv;

	/* The child exits without munmap(). */
	KUNIT_ASSERT_EQ(test, 0, kt_fork(kt, in_child, &addr));
	KUNIT_EXPECT_EQ(test, kt_refs(addr), 1);
	kt_expect_calls(test, 1, 0);
	kt_expect_reserved(test, 1, PFNMAP_TEST_CACHE_WC);
	kt_unmap(kt, addr, BYTES);
	kt_expect_untracked(test);
}

static void split_in_child(struct kt *kt, void *data)
{
	unsigned long addr = *(unsigned long *)data;

	KUNIT_EXPECT_EQ(kt->test, 0, vm_munmap(addr + PAGE_SIZE, PAGE_SIZE));
	KUNIT_EXPECT_EQ(kt->test, kt_refs(addr), 3);
}

static void forked_and_split(struct kunit *test)
{
	unsigned long addr = kt_map_tracked(test);
	struct kt *kt = test->priv;

	KUNIT_ASSERT_EQ(test, 0, kt_fork(kt, split_in_child, &addr));
	KUNIT_EXPECT_EQ(test, kt_refs(addr), 1);
	kt_expect_calls(test, 1, 0);
	kt_unmap(kt, addr, BYTES);
	kt_expect_untracked(test);
}

static void nothing_in_child(struct kt *kt, void *data)
{
	struct kt_vma vma;

	KUNIT_EXPECT_FALSE_MSG(kt->test, kt_vma(*(unsigned long *)data, &vma),
			       "the child has a VMA with MADV_DONTFORK");
}

static void not_forked(struct kunit *test)
{
	unsigned long addr = kt_map_tracked(test);
	struct kt *kt = test->priv;

	KUNIT_ASSERT_EQ(test, 0, kt_madvise(kt, addr, BYTES, MADV_DONTFORK));
	KUNIT_ASSERT_EQ(test, 0, kt_fork(kt, nothing_in_child, &addr));
	KUNIT_EXPECT_EQ(test, kt_refs(addr), 1);
	kt_unmap(kt, addr, BYTES);
	kt_expect_untracked(test);
}

static struct kunit_case process_cases[] = {
	KUNIT_CASE(mremap_whole),
	KUNIT_CASE_PARAM(mremap_part, move_gen_params),
	KUNIT_CASE(mremap_shrink),
	KUNIT_CASE_PARAM(mremap_refused, refused_gen_params),
	KUNIT_CASE(forked),
	KUNIT_CASE(forked_and_split),
	KUNIT_CASE(not_forked),
	{ }
};

static struct kunit_suite process_suite = {
	.name = "pfnmap_tracking_process",
	.suite_init = kt_probe_start,
	.suite_exit = kt_probe_stop,
	.init = kt_init,
	.exit = kt_exit,
	.test_cases = process_cases,
};

kunit_test_suite(process_suite);
