// SPDX-License-Identifier: GPL-2.0-only
/*
 * memtype_ram: what PAT says of memory with struct pages. For RAM the modes are in page flags;
 * ZONE_DEVICE memory is in the tree of reservations.
 */
#include <linux/mman.h>
#include <linux/sizes.h>

#include "fixture.h"

#define MMIO	PFNMAP_TEST_REGION_MMIO
#define RAM	PFNMAP_TEST_REGION_RAM
#define DAX	PFNMAP_TEST_REGION_DAX
#define WB	PFNMAP_TEST_CACHE_WB
#define UCM	PFNMAP_TEST_CACHE_UC_MINUS
#define WC	PFNMAP_TEST_CACHE_WC
#define WT	PFNMAP_TEST_CACHE_WT
#define BYTES	(4 * PAGE_SIZE)
#define RW	(PROT_READ | PROT_WRITE)

static void of_ram_and_isa(struct kunit *test)
{
	struct pfnmap_test_memtype m;
	struct kt *kt = test->priv;

	kt_need_memtype(kt);
	kt_need_region(kt, RAM, PAGE_SIZE);
	kt_lookup(test, kt->regions[RAM].start, &m);
	KUNIT_EXPECT_EQ(test, m.flags, PFNMAP_TEST_MEMTYPE_RAM);
	KUNIT_EXPECT_EQ(test, m.cache_mode, WB);
	kt_lookup(test, 0xa0000, &m);
	KUNIT_EXPECT_EQ_MSG(test, m.flags, 0, "the ISA hole is never tracked");
	KUNIT_EXPECT_EQ(test, m.cache_mode, WB);
	m.address = U64_MAX;
	KUNIT_EXPECT_EQ(test, -EINVAL, kt_ioctl(kt, kt->file, PFNMAP_TEST_MEMTYPE_LOOKUP,
						&m, sizeof(m)));
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, kt_reserve(kt, RAM, WB, 0, PAGE_SIZE, NULL));
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, kt_reserve(kt, RAM, WT, 0, PAGE_SIZE, NULL));
}

/* In the direct map each page has a mode of its own. The kernel refuses to set it twice. */
static void of_ram_that_was_set(struct kunit *test)
{
	static const u32 modes[] = { WC, UCM };
	struct pfnmap_test_memtype m;
	struct kt *kt = test->priv;
	size_t i;
	long id;
	u32 got;

	kt_need_memtype(kt);
	kt_need_region(kt, RAM, 2 * PAGE_SIZE);
	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		id = kt_reserve(kt, RAM, modes[i], PAGE_SIZE, PAGE_SIZE, &got);
		KUNIT_ASSERT_GT(test, id, 0);
		KUNIT_EXPECT_EQ(test, got, modes[i]);
		kt_lookup(test, kt->regions[RAM].start + PAGE_SIZE, &m);
		KUNIT_EXPECT_EQ(test, m.cache_mode, modes[i]);
		KUNIT_EXPECT_EQ(test, m.flags, PFNMAP_TEST_MEMTYPE_RAM);
		kt_lookup(test, kt->regions[RAM].start, &m);
		KUNIT_EXPECT_EQ(test, m.cache_mode, WB);
		KUNIT_EXPECT_EQ(test, -EBUSY, kt_reserve(kt, RAM, WC, 0, 2 * PAGE_SIZE, NULL));
		KUNIT_EXPECT_EQ(test, kt_release(test, id), 0);
		kt_lookup(test, kt->regions[RAM].start + PAGE_SIZE, &m);
		KUNIT_EXPECT_EQ(test, m.cache_mode, WB);
	}
}

/* set_memory_*() has changed the direct map's entries of pages 1 to 3, and no others. */
static void expect_direct_map(struct kunit *test, u64 start, u32 mode)
{
	u32 want, got;
	int i;

	for (i = 0; i < 5; i++) {
		want = i >= 1 && i <= 3 ? mode : WB;
		got = pfnmap_cachemode_get_kernel(__va(start + i * PAGE_SIZE));
		KUNIT_EXPECT_STREQ_MSG(test, kt_mode_name(got), kt_mode_name(want),
				       "page %d, pages 1 to 3 are %s", i,
				       kt_mode_name(mode));
	}
}

static void direct_map_of_ram(struct kunit *test)
{
	static const u32 modes[] = { WC, UCM };
	struct kt *kt = test->priv;
	u64 start;
	size_t i;
	long id;

	kt_need_memtype(kt);
	kt_need_region(kt, RAM, 5 * PAGE_SIZE);
	start = kt->regions[RAM].start;
	expect_direct_map(test, start, WB);
	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		id = kt_reserve(kt, RAM, modes[i], PAGE_SIZE, 3 * PAGE_SIZE, NULL);
		KUNIT_ASSERT_GT(test, id, 0);
		expect_direct_map(test, start, modes[i]);
		KUNIT_EXPECT_EQ(test, kt_release(test, id), 0);
		expect_direct_map(test, start, WB);
	}
}

/* memremap_pages() reserves its range write-back. */
static void of_zone_device(struct kunit *test)
{
	struct pfnmap_test_memtype m;
	struct kt *kt = test->priv;

	kt_need_memtype(kt);
	kt_need_region(kt, DAX, PAGE_SIZE);
	kt_lookup(test, kt->regions[DAX].start + PAGE_SIZE, &m);
	KUNIT_EXPECT_EQ(test, m.flags, PFNMAP_TEST_MEMTYPE_TRACKED);
	KUNIT_EXPECT_EQ(test, m.cache_mode, WB);
	KUNIT_EXPECT_EQ(test, m.start, kt->regions[DAX].start);
	KUNIT_EXPECT_EQ(test, m.end, kt->regions[DAX].start + kt->regions[DAX].bytes);
}

static void remapped_pages(struct kunit *test)
{
	struct pfnmap_test_memremap req = { .region = MMIO, .bytes = SZ_2M };
	struct kt_how how = {
		.method = PFNMAP_TEST_METHOD_REMAP_PFN_RANGE,
		.region = MMIO,
		.mode = WC,
	};
	struct pfnmap_test_memtype m;
	struct kt *kt = test->priv;
	long err;

	kt_need_memtype(kt);
	kt_need_region(kt, MMIO, SZ_2M);
	err = kt_ioctl(kt, kt->file, PFNMAP_TEST_MEMREMAP_PAGES, &req, sizeof(req));
	if (err == -EOPNOTSUPP)
		kunit_skip(test, "no ZONE_DEVICE");
	KUNIT_ASSERT_EQ(test, err, 0);
	kt_lookup(test, kt->regions[MMIO].start, &m);
	KUNIT_EXPECT_EQ(test, m.cache_mode, WB);
	KUNIT_EXPECT_EQ(test, m.end - m.start, SZ_2M);
	KUNIT_EXPECT_EQ_MSG(test, -EINVAL,
			    (long)kt_try_map(kt, &how, 0, BYTES, RW, MAP_SHARED),
			    "write-combining over ZONE_DEVICE pages");
	KUNIT_EXPECT_EQ(test, kt_release(test, req.id), 0);
	kt_lookup(test, kt->regions[MMIO].start, &m);
	KUNIT_EXPECT_EQ(test, m.count, 0);
}

static struct kunit_case memtype_ram_cases[] = {
	KUNIT_CASE(of_ram_and_isa),
	KUNIT_CASE(of_ram_that_was_set),
	KUNIT_CASE(direct_map_of_ram),
	KUNIT_CASE(of_zone_device),
	KUNIT_CASE(remapped_pages),
	{ }
};

static struct kunit_suite memtype_ram_suite = {
	.name = "memtype_ram",
	.init = kt_init,
	.exit = kt_exit,
	.test_cases = memtype_ram_cases,
};

kunit_test_suite(memtype_ram_suite);
