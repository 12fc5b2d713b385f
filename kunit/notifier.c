// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmu_notifier: who has copied entries into page tables of its own, as KVM and IOMMU drivers do, is
 * told of each range whose entries change. The kernel may tell a larger range.
 */
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/mmu_notifier.h>
#include <linux/rmap.h>

#include "fixture.h"

#ifdef CONFIG_MMU_NOTIFIER
#define RW	(PROT_READ | PROT_WRITE)

/**
 * struct watch - a range, and what the notifier was told of it
 * @notifier: the notifier
 * @start: user address where the first change began, ULONG_MAX before
 * @end: user address where the last change ended, 0 before
 */
struct watch {
	struct mmu_interval_notifier notifier;
	unsigned long start;
	unsigned long end;
};

static bool invalidate(struct mmu_interval_notifier *notifier,
		       const struct mmu_notifier_range *range, unsigned long seq)
{
	struct watch *watch = container_of(notifier, struct watch, notifier);

	mmu_interval_set_seq(notifier, seq);
	watch->start = min(watch->start, range->start);
	watch->end = max(watch->end, range->end);
	return true;
}

static const struct mmu_interval_notifier_ops ops = {
	.invalidate = invalidate,
};

static void watch_end(void *data)
{
	struct watch *watch = data;

	mmu_interval_notifier_remove(&watch->notifier);
}

static void watch_reset(struct watch *watch)
{
	watch->start = ULONG_MAX;
	watch->end = 0;
}

static struct watch *watch_begin(struct kunit *test, unsigned long addr, unsigned long bytes)
{
	struct watch *watch = kunit_kzalloc(test, sizeof(*watch), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, watch);
	watch_reset(watch);
	KUNIT_ASSERT_EQ(test, 0, mmu_interval_notifier_insert(&watch->notifier, current->mm, addr,
							      bytes, &ops));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, watch_end, watch));
	return watch;
}

#define told(_test, _watch, _addr, _bytes)						\
do {											\
	KUNIT_EXPECT_LE(_test, (_watch)->start, _addr);					\
	KUNIT_EXPECT_GE(_test, (_watch)->end, (_addr) + (_bytes));			\
	watch_reset(_watch);								\
} while (0)

static const struct kt_how hows[] = {
	{ PFNMAP_TEST_METHOD_REMAP_PFN_RANGE, PFNMAP_TEST_REGION_MMIO, PFNMAP_TEST_CACHE_UC_MINUS },
	{ PFNMAP_TEST_METHOD_VMF_INSERT_PFN, PFNMAP_TEST_REGION_RAM, PFNMAP_TEST_CACHE_WB },
	{ PFNMAP_TEST_METHOD_VMF_INSERT_MIXED, PFNMAP_TEST_REGION_RAM, PFNMAP_TEST_CACHE_WB },
	{ PFNMAP_TEST_METHOD_VM_INSERT_PAGE, PFNMAP_TEST_REGION_RAM, PFNMAP_TEST_CACHE_WB },
	{ PFNMAP_TEST_METHOD_VMF_INSERT_PFN_PMD, PFNMAP_TEST_REGION_MMIO,
	  PFNMAP_TEST_CACHE_UC_MINUS, PFNMAP_TEST_LEVEL_PMD },
	{ PFNMAP_TEST_METHOD_VMF_INSERT_PFN_PUD, PFNMAP_TEST_REGION_MMIO,
	  PFNMAP_TEST_CACHE_UC_MINUS, PFNMAP_TEST_LEVEL_PUD },
	{ PFNMAP_TEST_METHOD_VMF_INSERT_FOLIO_PMD, PFNMAP_TEST_REGION_DAX, PFNMAP_TEST_CACHE_WB,
	  PFNMAP_TEST_LEVEL_PMD },
	{ PFNMAP_TEST_METHOD_VMF_INSERT_FOLIO_PUD, PFNMAP_TEST_REGION_DAX, PFNMAP_TEST_CACHE_WB,
	  PFNMAP_TEST_LEVEL_PUD },
};

KUNIT_ARRAY_PARAM(how, hows, kt_how_desc);

/* Maps a leaf, or two pages, and touches what it maps. */
static unsigned long map(struct kt *kt, const struct kt_how *how, unsigned long flags,
			 unsigned long *bytes)
{
	unsigned long addr;

	*bytes = max(kt_leaf_bytes(how->level), 2 * PAGE_SIZE);
	kt_need_method(kt, how->method);
	kt_need_region(kt, how->region, *bytes);
	addr = kt_map(kt, how, 0, *bytes, RW, flags);
	KUNIT_ASSERT_EQ(kt->test, kt_write(addr, 1), 0);
	KUNIT_ASSERT_EQ(kt->test, kt_write(addr + *bytes - PAGE_SIZE, 1), 0);
	return addr;
}

static void zap_by_vma(struct kunit *test)
{
	unsigned long bytes, addr = map(test->priv, test->param_value, MAP_SHARED, &bytes);
	unsigned long zapped = VM_PFNMAP | (PFNMAP_ZAP_TAKES_MIXED ? VM_MIXEDMAP : 0);
	struct watch *watch = watch_begin(test, addr, bytes);
	struct kt_vma vma;

	KUNIT_ASSERT_TRUE(test, kt_vma(addr, &vma));
	if (!(vma.flags & zapped))
		kunit_skip(test, "a driver can't zap such a VMA");
	kt_zap(addr, addr, bytes);
	KUNIT_EXPECT_FALSE(test, kt_present(addr));
	told(test, watch, addr, bytes);
	kt_unmap(test->priv, addr, bytes);
}

static void zap_by_mapping(struct kunit *test)
{
	unsigned long bytes, addr = map(test->priv, test->param_value, MAP_SHARED, &bytes);
	struct watch *watch = watch_begin(test, addr, bytes);
	struct kt_vma vma;

	KUNIT_ASSERT_TRUE(test, kt_vma(addr, &vma));
	unmap_mapping_range(kt_mapping(addr), (loff_t)vma.pgoff << PAGE_SHIFT, bytes, 1);
	KUNIT_EXPECT_FALSE(test, kt_present(addr));
	told(test, watch, addr, bytes);
	kt_unmap(test->priv, addr, bytes);
}

static void protection(struct kunit *test)
{
	unsigned long bytes, addr = map(test->priv, test->param_value, MAP_SHARED, &bytes);
	struct watch *watch = watch_begin(test, addr, bytes);

	KUNIT_EXPECT_EQ(test, kt_mprotect(test->priv, addr, bytes, PROT_READ), 0L);
	told(test, watch, addr, bytes);
	kt_unmap(test->priv, addr, bytes);
}

static void move(struct kunit *test)
{
	unsigned long bytes, addr = map(test->priv, test->param_value, MAP_SHARED, &bytes);
	struct watch *watch = watch_begin(test, addr, bytes);
	long to;

	to = kt_mremap(test->priv, addr, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, KT_FREE);
	KUNIT_ASSERT_EQ(test, to, (long)KT_FREE);
	told(test, watch, addr, bytes);
	kt_unmap(test->priv, to, bytes);
}

static void unmap(struct kunit *test)
{
	unsigned long bytes, addr = map(test->priv, test->param_value, MAP_SHARED, &bytes);
	struct watch *watch = watch_begin(test, addr, bytes);

	kt_unmap(test->priv, addr, bytes);
	told(test, watch, addr, bytes);
}

/* The write of a private mapping replaces the page that was read. */
static void copy(struct kunit *test)
{
	static const struct kt_how how = {
		PFNMAP_TEST_METHOD_REMAP_PFN_RANGE, PFNMAP_TEST_REGION_RAM, PFNMAP_TEST_CACHE_WB
	};
	struct kt *kt = test->priv;
	struct watch *watch;
	unsigned long addr;

	kt_need_region(kt, how.region, 2 * PAGE_SIZE);
	addr = kt_map(kt, &how, 0, 2 * PAGE_SIZE, RW, MAP_PRIVATE);
	watch = watch_begin(test, addr, 2 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, kt_write(addr + PAGE_SIZE, 1), 0);
	told(test, watch, addr + PAGE_SIZE, PAGE_SIZE);
	kt_unmap(kt, addr, 2 * PAGE_SIZE);
}

#if PFNMAP_HAVE_WRPROTECT_RANGE
static void wrprotect(struct kunit *test)
{
	static const struct kt_how how = {
		PFNMAP_TEST_METHOD_VMF_INSERT_PFN, PFNMAP_TEST_REGION_RAM, PFNMAP_TEST_CACHE_WB
	};
	unsigned long bytes, addr = map(test->priv, &how, MAP_SHARED, &bytes);
	struct watch *watch = watch_begin(test, addr, bytes);

	KUNIT_EXPECT_EQ(test, 2, mapping_wrprotect_range(kt_mapping(addr), 0,
							 kt_region_pfn(test->priv, how.region, 0),
							 2));
	told(test, watch, addr, bytes);
	kt_unmap(test->priv, addr, bytes);
}
#endif

static struct kunit_case notifier_cases[] = {
	KUNIT_CASE_PARAM(zap_by_vma, how_gen_params),
	KUNIT_CASE_PARAM(zap_by_mapping, how_gen_params),
	KUNIT_CASE_PARAM(protection, how_gen_params),
	KUNIT_CASE_PARAM(move, how_gen_params),
	KUNIT_CASE_PARAM(unmap, how_gen_params),
	KUNIT_CASE(copy),
#if PFNMAP_HAVE_WRPROTECT_RANGE
	KUNIT_CASE(wrprotect),
#endif
	{}
};

static struct kunit_suite notifier_suite = {
	.name = "mmu_notifier",
	.init = kt_init,
	.exit = kt_exit,
	.test_cases = notifier_cases,
};

kunit_test_suite(notifier_suite);
#endif
