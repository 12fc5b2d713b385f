// SPDX-License-Identifier: GPL-2.0-only
/*
 * pat: what x86 makes of modes besides reservations of our device: the helpers for a pgprot_t,
 * pages beside a reservation, and set_memory_*() and set_pages_array_*() of RAM, at its border, and
 * of memory that is no System RAM.
 */
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/set_memory.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "fixture.h"

#ifdef CONFIG_X86
#define MMIO	PFNMAP_TEST_REGION_MMIO
#define RAM	PFNMAP_TEST_REGION_RAM
#define DAX	PFNMAP_TEST_REGION_DAX
#define WB	PFNMAP_TEST_CACHE_WB
#define UCM	PFNMAP_TEST_CACHE_UC_MINUS
#define UC	PFNMAP_TEST_CACHE_UC
#define WC	PFNMAP_TEST_CACHE_WC
#define WT	PFNMAP_TEST_CACHE_WT

static void expect_mode(struct kunit *test, pgprot_t from, pgprot_t prot, u32 want)
{
	KUNIT_EXPECT_STREQ(test, kt_mode_name(pfnmap_cachemode_get(prot)), kt_mode_name(want));
	KUNIT_EXPECT_EQ_MSG(test, pgprot_val(prot) & ~_PAGE_CACHE_MASK,
			    pgprot_val(from) & ~_PAGE_CACHE_MASK, "bits that are no mode");
}

/* A helper puts its mode in the place of another one. Before 6.16 it added its bits. */
static void protections(struct kunit *test)
{
	static const u32 modes[] = { WB, UCM, UC, WC, WT };
	struct kt *kt = test->priv;
	pgprot_t prot;
	size_t i;

	if (!(kt->info.flags & PFNMAP_TEST_INFO_PAT))
		kunit_skip(test, "PAT is off");
	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		if (i && PFNMAP_TRACKING_INFO != PFNMAP_TEST_INFO_TRACK_CTX)
			break;

		prot = pfnmap_cachemode_set(PAGE_SHARED, modes[i]);
		expect_mode(test, prot, pgprot_writecombine(prot), WC);
		expect_mode(test, prot, pgprot_writethrough(prot), WT);
	}
}

/* The kernel looks up a page, and not its neighbours. */
static void beside_a_reservation(struct kunit *test)
{
	static const struct kt_how how = {
		PFNMAP_TEST_METHOD_VMF_INSERT_PFN, MMIO, WB, PFNMAP_TEST_LEVEL_PTE,
	};
	static const u32 want[] = { UCM, WC, UCM };
	struct kt *kt = test->priv;
	struct pfnmap_test_leaf leaf;
	unsigned long addr;
	u8 value;
	int i;

	kt_need_memtype(kt);
	kt_need_region(kt, MMIO, 3 * PAGE_SIZE);
	KUNIT_ASSERT_GT(test, kt_reserve(kt, MMIO, WC, PAGE_SIZE, PAGE_SIZE, NULL), 0L);
	addr = kt_map(kt, &how, 0, 3 * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, kt_read(addr + i * PAGE_SIZE, &value), 0);
		kt_leaf(addr + i * PAGE_SIZE, &leaf);
		KUNIT_EXPECT_STREQ_MSG(test, kt_mode_name(leaf.cache_mode),
				       kt_mode_name(want[i]), "page %d", i);
	}
	kt_unmap(kt, addr, 3 * PAGE_SIZE);
}

/*
 * The direct map has ZONE_DEVICE memory, whose page map holds it write-back. set_memory_*() takes
 * no other mode than the one that it was asked for, so the kernel refuses.
 */
static void set_held(struct kunit *test)
{
	struct kt *kt = test->priv;
	unsigned long addr;

	kt_need_memtype(kt);
	kt_need_region(kt, DAX, PAGE_SIZE);
	addr = (unsigned long)__va(kt->regions[DAX].start);
	KUNIT_EXPECT_EQ(test, set_memory_uc(addr, 1), -EBUSY);
	KUNIT_EXPECT_EQ(test, set_memory_wc(addr, 1), -EBUSY);
	KUNIT_EXPECT_STREQ(test, kt_mode_name(pfnmap_cachemode_get_kernel((void *)addr)),
			   kt_mode_name(WB));
	KUNIT_EXPECT_EQ(test, kt_reserved(kt, DAX, 0, PAGE_SIZE, NULL), 1);
}

/* Page flags have the mode of RAM. The kernel shows what they say in an entry that faults in. */
static void expect_ram(struct kunit *test, unsigned long page, u32 mode)
{
	static const struct kt_how how = {
		PFNMAP_TEST_METHOD_VMF_INSERT_PFN, RAM, WB, PFNMAP_TEST_LEVEL_PTE,
	};
	struct kt *kt = test->priv;
	struct pfnmap_test_leaf leaf;
	unsigned long addr;
	void *direct;
	u8 value;

	addr = kt_map(kt, &how, page * PAGE_SIZE, PAGE_SIZE, PROT_READ, MAP_SHARED);
	KUNIT_EXPECT_EQ(test, kt_read(addr, &value), 0);
	kt_leaf(addr, &leaf);
	KUNIT_EXPECT_STREQ_MSG(test, kt_mode_name(leaf.cache_mode), kt_mode_name(mode),
			       "page %lu", page);
	direct = __va(kt->regions[RAM].start + page * PAGE_SIZE);
	KUNIT_EXPECT_STREQ_MSG(test, kt_mode_name(pfnmap_cachemode_get_kernel(direct)),
			       kt_mode_name(mode), "page %lu in the direct map", page);
	kt_unmap(kt, addr, PAGE_SIZE);
}

/* What set_memory_*() sets, page flags and direct map say, of its pages alone. */
static void set_ram(struct kunit *test)
{
	static const u32 modes[] = { WC, UCM };
	struct kt *kt = test->priv;
	size_t i;
	long id;

	kt_need_memtype(kt);
	kt_need_region(kt, RAM, 3 * PAGE_SIZE);
	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		id = kt_reserve(kt, RAM, modes[i], PAGE_SIZE, PAGE_SIZE, NULL);
		KUNIT_ASSERT_GT(test, id, 0);
		expect_ram(test, 0, WB);
		expect_ram(test, 1, modes[i]);
		expect_ram(test, 2, WB);
		KUNIT_EXPECT_EQ(test, kt_release(test, id), 0);
		expect_ram(test, 1, WB);
	}
}

/* Pages that are no neighbours. If the kernel can't set one of them, it sets none. */
static void set_pages(struct kunit *test)
{
	struct page *pages[2], *both[2];
	struct kt *kt = test->priv;
	int i;

	kt_need_memtype(kt);
	kt_need_region(kt, RAM, 3 * PAGE_SIZE);
	for (i = 0; i < 2; i++)
		pages[i] = pfn_to_page(kt_region_pfn(kt, RAM, 2 * i * PAGE_SIZE));
	KUNIT_ASSERT_EQ(test, set_pages_array_wc(pages, 2), 0);
	expect_ram(test, 0, WC);
	expect_ram(test, 1, WB);
	expect_ram(test, 2, WC);

	both[0] = pfn_to_page(kt_region_pfn(kt, RAM, PAGE_SIZE));
	both[1] = pages[1];
	KUNIT_EXPECT_EQ(test, set_pages_array_uc(both, 2), -EINVAL);
	expect_ram(test, 1, WB);
	expect_ram(test, 2, WC);

	KUNIT_EXPECT_EQ(test, set_pages_array_wb(pages, 2), 0);
	for (i = 0; i < 3; i++)
		expect_ram(test, i, WB);

	KUNIT_ASSERT_EQ(test, set_pages_array_uc(pages, 2), 0);
	expect_ram(test, 0, UCM);
	expect_ram(test, 2, UCM);
	KUNIT_EXPECT_EQ(test, set_pages_array_wb(pages, 2), 0);
	expect_ram(test, 0, WB);
	expect_ram(test, 2, WB);
}

/*
 * RAM has its modes in page flags, and other memory in the tree. So no call may be about both. The
 * kernel notices what is before RAM in a range, and not what is behind RAM: there the call reads
 * page flags that need not exist (pat_pagerange_is_ram(), 7.2). So this is about the page before.
 */
static void set_across_border(struct kunit *test)
{
	unsigned long in, out = PHYS_PFN(SZ_4G) - 1, pfn;
	struct kt *kt = test->priv;
	void *addr;
	int err;

	kt_need_memtype(kt);
	kt_need_region(kt, RAM, PAGE_SIZE);
	in = kt_region_pfn(kt, RAM, 0);
	if (in < out || page_is_ram(out))
		kunit_skip(test, "the region has no RAM above 4 GiB");
	while (in - out > 1) {
		pfn = out + (in - out) / 2;
		if (page_is_ram(pfn))
			in = pfn;
		else
			out = pfn;
	}

	addr = __va(PFN_PHYS(in));
	err = set_memory_wc((unsigned long)addr - PAGE_SIZE, 2);
	KUNIT_EXPECT_EQ_MSG(test, err, -EINVAL, "RAM begins at pfn 0x%lx", in);
	KUNIT_EXPECT_STREQ(test, kt_mode_name(pfnmap_cachemode_get_kernel(addr)),
			   kt_mode_name(WB));
	if (!err)
		set_memory_wb((unsigned long)addr - PAGE_SIZE, 2);
}

static struct kunit_case pat_cases[] = {
	KUNIT_CASE(protections),
	KUNIT_CASE(beside_a_reservation),
	KUNIT_CASE(set_held),
	KUNIT_CASE(set_ram),
	KUNIT_CASE(set_pages),
	KUNIT_CASE(set_across_border),
	{}
};

static struct kunit_suite pat_suite = {
	.name = "pat",
	.init = kt_init,
	.exit = kt_exit,
	.test_cases = pat_cases,
};

kunit_test_suite(pat_suite);
#endif
