// SPDX-License-Identifier: GPL-2.0-only
/*
 * stale_entries: what a process reaches right after the kernel has changed an entry that the
 * process has just used. If the kernel forgets the flush, the processor still has the old entry.
 */
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/string.h>

#include "fixture.h"

#define RW	(PROT_READ | PROT_WRITE)
/* Another process that runs meanwhile flushes, too: so each case tries more than once. */
#define TRIES	4

static const struct kt_how levels[] = {
	{ PFNMAP_TEST_METHOD_VMF_INSERT_PFN, PFNMAP_TEST_REGION_MMIO, PFNMAP_TEST_CACHE_WB,
	  PFNMAP_TEST_LEVEL_PTE },
	{ PFNMAP_TEST_METHOD_VMF_INSERT_PFN_PMD, PFNMAP_TEST_REGION_MMIO, PFNMAP_TEST_CACHE_WB,
	  PFNMAP_TEST_LEVEL_PMD },
};

static void level_desc(const struct kt_how *how, char *desc)
{
	strscpy(desc, kt_method_name(how->method), KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(level, levels, level_desc);

static unsigned long map(struct kunit *test, unsigned long *bytes)
{
	const struct kt_how *how = test->param_value;
	struct kt *kt = test->priv;

	*bytes = kt_leaf_bytes(how->level);
	kt_need_method(kt, how->method);
	kt_need_region(kt, how->region, *bytes);
	return kt_map(kt, how, 0, *bytes, RW, MAP_SHARED);
}

static void zap(unsigned long addr, unsigned long bytes)
{
	struct vm_area_struct *vma;

	mmap_read_lock(current->mm);
	vma = vma_lookup(current->mm, addr);
	if (vma)
		compat_zap_special_vma_range(vma, addr, bytes);
	mmap_read_unlock(current->mm);
}

/* Z1: a driver zaps when its device goes. The next access is a fault, which brings the entry. */
static void zapped(struct kunit *test)
{
	unsigned long bytes, addr = map(test, &bytes);
	int i;

	for (i = 0; i < TRIES; i++) {
		KUNIT_EXPECT_EQ(test, kt_write(addr, i), 0);
		zap(addr, bytes);
		KUNIT_EXPECT_EQ(test, kt_write(addr, i), 0);
		KUNIT_EXPECT_TRUE_MSG(test, kt_present(addr), "a write without a fault");
	}
	kt_unmap(test->priv, addr, bytes);
}

static void moved(struct kunit *test)
{
	unsigned long to = 1UL << 44, bytes, addr = map(test, &bytes), old;
	struct kt *kt = test->priv;
	u8 value;
	int i;

	for (i = 0; i < TRIES; i++) {
		KUNIT_EXPECT_EQ(test, kt_write(addr, i), 0);
		old = addr;
		addr = kt_mremap(kt, addr, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, to);
		KUNIT_ASSERT_EQ(test, addr, to);
		KUNIT_EXPECT_EQ(test, kt_read(old, &value), -EFAULT);
		to = old;
	}
	kt_unmap(kt, addr, bytes);
}

static struct kunit_case stale_cases[] = {
	KUNIT_CASE_PARAM(zapped, level_gen_params),
	KUNIT_CASE_PARAM(moved, level_gen_params),
	{}
};

static struct kunit_suite stale_suite = {
	.name = "stale_entries",
	.init = kt_init,
	.exit = kt_exit,
	.test_cases = stale_cases,
};

kunit_test_suite(stale_suite);
