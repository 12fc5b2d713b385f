// SPDX-License-Identifier: GPL-2.0-only
/*
 * stale_entries: what a process reaches right after the kernel has changed an entry that the
 * process has just used. If the kernel forgets the flush, the processor still has the old entry.
 * And what an entry is that fork() has just copied: no process has used it yet.
 */
#include <linux/mm.h>
#include <linux/mman.h>

#include "fixture.h"

#define RW	(PROT_READ | PROT_WRITE)
/* Another process that runs meanwhile flushes, too: so each case tries more than once. */
#define TRIES	4

static const struct kt_how levels[] = {
	{ PFNMAP_TEST_METHOD_VMF_INSERT_PFN, PFNMAP_TEST_REGION_MMIO, PFNMAP_TEST_CACHE_WB,
	  PFNMAP_TEST_LEVEL_PTE },
	{ PFNMAP_TEST_METHOD_VMF_INSERT_PFN_PMD, PFNMAP_TEST_REGION_MMIO, PFNMAP_TEST_CACHE_WB,
	  PFNMAP_TEST_LEVEL_PMD },
	{ PFNMAP_TEST_METHOD_VMF_INSERT_PFN_PUD, PFNMAP_TEST_REGION_MMIO, PFNMAP_TEST_CACHE_WB,
	  PFNMAP_TEST_LEVEL_PUD },
};

KUNIT_ARRAY_PARAM(level, levels, kt_how_desc);

static unsigned long map(struct kunit *test, unsigned long *bytes)
{
	const struct kt_how *how = test->param_value;
	struct kt *kt = test->priv;

	*bytes = kt_leaf_bytes(how->level);
	kt_need_method(kt, how->method);
	kt_need_region(kt, how->region, *bytes);
	return kt_map(kt, how, 0, *bytes, RW, MAP_SHARED);
}

/* Writes, so that the processor has the entry. Before 6.12 VM_PFNMAP has small entries only. */
static void use(struct kunit *test, unsigned long addr, u8 value)
{
	const struct kt_how *how = test->param_value;
	struct pfnmap_test_leaf leaf;

	KUNIT_ASSERT_EQ(test, kt_write(addr, value), 0);
	kt_leaf(addr, &leaf);
	if (leaf.level != how->level)
		kunit_skip(test, "the kernel maps by smaller entries");
}

static void expect_level(struct kunit *test, unsigned long addr, u32 level)
{
	struct pfnmap_test_leaf leaf;

	kt_leaf(addr, &leaf);
	KUNIT_EXPECT_TRUE(test, leaf.flags & PFNMAP_TEST_LEAF_PRESENT);
	KUNIT_EXPECT_EQ(test, leaf.level, level);
}

/* Z1: a driver zaps when its device goes. The next access is a fault, which brings the entry. */
static void zapped(struct kunit *test)
{
	unsigned long bytes, addr = map(test, &bytes);
	int i;

	for (i = 0; i < TRIES; i++) {
		KUNIT_EXPECT_EQ(test, kt_write(addr, i), 0);
		kt_zap(addr, addr, bytes);
		KUNIT_EXPECT_EQ(test, kt_write(addr, i), 0);
		KUNIT_EXPECT_TRUE_MSG(test, kt_present(addr), "a write without a fault");
	}
	kt_unmap(test->priv, addr, bytes);
}

/* mremap() moves an entry as it is, and leaves nothing to faults. */
static void moved(struct kunit *test)
{
	const struct kt_how *how = test->param_value;
	unsigned long to = KT_FREE, bytes, addr, old;
	struct kt *kt = test->priv;
	u8 value;
	int i;

	if (how->level == PFNMAP_TEST_LEVEL_PUD)
		kunit_skip(test, "mremap() takes 1 GiB for a bad page table, and clears the entry");
	addr = map(test, &bytes);
	for (i = 0; i < TRIES; i++) {
		use(test, addr, i);
		old = addr;
		addr = kt_mremap(kt, addr, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, to);
		KUNIT_ASSERT_EQ(test, addr, to);
		KUNIT_EXPECT_EQ(test, kt_read(old, &value), -EFAULT);
		expect_level(test, addr, how->level);
		to = old;
	}
	kt_unmap(kt, addr, bytes);
}

/* The kernel moves 2 MiB of small entries by their page table, where both addresses are aligned. */
static void table_moved(struct kunit *test)
{
	unsigned long to = KT_FREE, bytes = PMD_SIZE, addr, old;
	struct kt *kt = test->priv;
	u8 value;
	int i;

	kt_need_region(kt, levels[0].region, bytes);
	addr = kt_map(kt, &levels[0], 0, bytes, RW, MAP_SHARED);
	for (i = 0; i <= TRIES; i++) {
		KUNIT_EXPECT_EQ(test, kt_write(addr + PAGE_SIZE, i), 0);
		old = addr;
		addr = kt_mremap(kt, addr, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, to);
		KUNIT_ASSERT_EQ(test, addr, to);
		KUNIT_EXPECT_EQ(test, kt_read(old + PAGE_SIZE, &value), -EFAULT);
		KUNIT_EXPECT_TRUE(test, kt_present(addr + PAGE_SIZE));
		to = addr ^ PMD_SIZE;
	}
	kt_unmap(kt, addr, bytes);
}

static void mprotected(struct kunit *test)
{
	unsigned long bytes, addr = map(test, &bytes);
	const struct kt_how *how = test->param_value;
	struct kt *kt = test->priv;
	int i;

	for (i = 0; i < TRIES; i++) {
		use(test, addr, i);
		KUNIT_ASSERT_EQ(test, 0, kt_mprotect(kt, addr, bytes, PROT_READ));
		KUNIT_EXPECT_EQ(test, kt_write(addr, i), -EFAULT);
		expect_level(test, addr, how->level);
		KUNIT_ASSERT_EQ(test, 0, kt_mprotect(kt, addr, bytes, RW));
	}
	kt_unmap(kt, addr, bytes);
}

#ifndef CONFIG_UML
static void look_in_child(struct kt *kt, void *data)
{
	const struct kt_how *how = kt->test->param_value;
	unsigned long addr = *(unsigned long *)data;
	struct pfnmap_test_leaf leaf;

	expect_level(kt->test, addr, how->level);
	kt_leaf(addr, &leaf);
	KUNIT_EXPECT_FALSE_MSG(kt->test, leaf.flags & PFNMAP_TEST_LEAF_YOUNG,
			       "the child has not used the entry");
}

static void forked(struct kunit *test)
{
	unsigned long bytes, addr = map(test, &bytes);
	struct pfnmap_test_leaf leaf;
	struct kt *kt = test->priv;

	use(test, addr, 1);
	KUNIT_ASSERT_EQ(test, 0, kt_fork(kt, look_in_child, &addr));
	kt_leaf(addr, &leaf);
	KUNIT_EXPECT_TRUE(test, leaf.flags & PFNMAP_TEST_LEAF_YOUNG);
	kt_unmap(kt, addr, bytes);
}
#endif

static struct kunit_case stale_cases[] = {
	KUNIT_CASE_PARAM(zapped, level_gen_params),
	KUNIT_CASE_PARAM(moved, level_gen_params),
	KUNIT_CASE(table_moved),
	KUNIT_CASE_PARAM(mprotected, level_gen_params),
#ifndef CONFIG_UML
	KUNIT_CASE_PARAM(forked, level_gen_params),
#endif
	{}
};

static struct kunit_suite stale_suite = {
	.name = "stale_entries",
	.init = kt_init,
	.exit = kt_exit,
	.test_cases = stale_cases,
};

kunit_test_suite(stale_suite);
