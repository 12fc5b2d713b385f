// SPDX-License-Identifier: GPL-2.0-only
/*
 * migrate_vma: a driver of private memory can take no page from a special VMA. No pattern of ours
 * migrates.
 */
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/mman.h>

#include "fixture.h"

#ifdef CONFIG_DEVICE_MIGRATION
#define PAGES	2
#define BYTES	(PAGES * PAGE_SIZE)
#define WB	PFNMAP_TEST_CACHE_WB

static const struct kt_how hows[] = {
	{ PFNMAP_TEST_METHOD_REMAP_PFN_RANGE, PFNMAP_TEST_REGION_MMIO, WB },
	{ PFNMAP_TEST_METHOD_VMF_INSERT_PFN, PFNMAP_TEST_REGION_RAM, WB },
	{ PFNMAP_TEST_METHOD_VMF_INSERT_MIXED, PFNMAP_TEST_REGION_RAM, WB },
	{ PFNMAP_TEST_METHOD_VM_INSERT_PAGE, PFNMAP_TEST_REGION_RAM, WB },
	{ PFNMAP_TEST_METHOD_VMF_INSERT_PAGE_MKWRITE, PFNMAP_TEST_REGION_DAX, WB },
};

KUNIT_ARRAY_PARAM(how, hows, kt_how_desc);

/* Returns an errno, or how many pages the kernel has collected. */
static int collect(unsigned long addr)
{
	unsigned long src[PAGES] = { }, dst[PAGES] = { };
	struct migrate_vma args = {
		.src = src,
		.dst = dst,
		.start = addr,
		.end = addr + BYTES,
		.flags = MIGRATE_VMA_SELECT_SYSTEM,
	};
	int err;

	mmap_read_lock(current->mm);
	args.vma = vma_lookup(current->mm, addr);
	err = migrate_vma_setup(&args);
	/* Nothing to go to: what was collected goes back. */
	if (!err) {
		err = args.cpages;
		migrate_vma_pages(&args);
		migrate_vma_finalize(&args);
	}
	mmap_read_unlock(current->mm);
	return err;
}

static void refused(struct kunit *test)
{
	const struct kt_how *how = test->param_value;
	struct pfnmap_test_leaf before, after;
	struct kt *kt = test->priv;
	unsigned long addr;
	u8 value;

	kt_need_method(kt, how->method);
	addr = kt_map(kt, how, 0, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED);
	KUNIT_ASSERT_EQ(test, kt_read(addr, &value), 0);
	kt_leaf(addr, &before);
	KUNIT_EXPECT_EQ(test, collect(addr), -EINVAL);
	kt_leaf(addr, &after);
	KUNIT_EXPECT_MEMEQ_MSG(test, &after, &before, sizeof(after), "another entry is there");
	kt_unmap(kt, addr, BYTES);
}

/* What is ordinary is collected, so a refusal is not that of the arguments. */
static void anonymous(struct kunit *test)
{
	unsigned long addr;
	u8 value = 0;

	addr = vm_mmap(NULL, 0, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(addr));
	KUNIT_ASSERT_EQ(test, kt_write(addr, 0x67), 0);
	KUNIT_EXPECT_GT(test, collect(addr), 0);
	KUNIT_EXPECT_EQ(test, kt_read(addr, &value), 0);
	KUNIT_EXPECT_EQ(test, value, 0x67);
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, BYTES), 0);
}

/* The huge zero folio can't be taken: the kernel collects pages that are not there yet. */
static void huge_zero(struct kunit *test)
{
	unsigned long addr, bytes = 2 * PMD_SIZE, at;
	struct pfnmap_test_leaf leaf;
	u8 value = 1;

	addr = vm_mmap(NULL, 0, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(addr));
	at = ALIGN(addr, PMD_SIZE);
	KUNIT_ASSERT_EQ(test, kt_read(at, &value), 0);
	kt_leaf(at, &leaf);
	if (!(leaf.flags & PFNMAP_TEST_LEAF_HUGE_ZERO))
		kunit_skip(test, "no huge zero folio in anonymous memory");

	KUNIT_EXPECT_EQ(test, collect(at), PAGES);
	KUNIT_EXPECT_EQ(test, kt_read(at, &value), 0);
	KUNIT_EXPECT_EQ(test, value, 0);
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, bytes), 0);
}

static struct kunit_case migrate_cases[] = {
	KUNIT_CASE_PARAM(refused, how_gen_params),
	KUNIT_CASE(anonymous),
	KUNIT_CASE(huge_zero),
	{}
};

static struct kunit_suite migrate_suite = {
	.name = "migrate_vma",
	.init = kt_init,
	.exit = kt_exit,
	.test_cases = migrate_cases,
};

kunit_test_suite(migrate_suite);
#endif
