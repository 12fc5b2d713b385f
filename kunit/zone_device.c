// SPDX-License-Identifier: GPL-2.0-only
/*
 * zone_device: at every level the kernel counts ZONE_DEVICE folios that it maps.
 * It does not count the same memory mapped by pfn.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/memremap.h>
#include <linux/mman.h>
#include <linux/string.h>

#include "fixture.h"

#define DAX	PFNMAP_TEST_REGION_DAX
#define WB	PFNMAP_TEST_CACHE_WB
#define RW	(PROT_READ | PROT_WRITE)

static const struct kt_how folios[] = {
	{ PFNMAP_TEST_METHOD_VMF_INSERT_PAGE_MKWRITE, DAX, WB, PFNMAP_TEST_LEVEL_PTE },
	{ PFNMAP_TEST_METHOD_VMF_INSERT_FOLIO_PMD, DAX, WB, PFNMAP_TEST_LEVEL_PMD },
	{ PFNMAP_TEST_METHOD_VMF_INSERT_FOLIO_PUD, DAX, WB, PFNMAP_TEST_LEVEL_PUD },
};

static void how_desc(const struct kt_how *how, char *desc)
{
	static const char *const levels[] = { "", "pte", "pmd", "pud" };

	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s %s",
		 kt_method_name(how->method), levels[how->level]);
}

KUNIT_ARRAY_PARAM(folio, folios, how_desc);

static const struct kt_how larges[] = {
	{ PFNMAP_TEST_METHOD_VMF_INSERT_FOLIO_PMD, DAX, WB, PFNMAP_TEST_LEVEL_PMD },
	{ PFNMAP_TEST_METHOD_VMF_INSERT_FOLIO_PUD, DAX, WB, PFNMAP_TEST_LEVEL_PUD },
};

KUNIT_ARRAY_PARAM(large, larges, how_desc);

static unsigned long bytes_of(const struct kt_how *how)
{
	return kt_leaf_bytes(how->level);
}

static unsigned int order_of(const struct kt_how *how)
{
	return get_order(bytes_of(how));
}

static unsigned long map_one(struct kunit *test, const struct kt_how *how)
{
	struct kt *kt = test->priv;

	kt_need_method(kt, how->method);
	return kt_map(kt, how, 0, bytes_of(how), RW, MAP_SHARED);
}

static void touch(struct kunit *test, unsigned long addr)
{
	u8 byte;

	KUNIT_ASSERT_EQ(test, 0, kt_read(addr, &byte));
}

/* The first folio of the region, mapped or not. */
static struct folio *first_folio(struct kunit *test)
{
	return page_folio(pfn_to_page(kt_region_pfn(test->priv, DAX, 0)));
}

static void expect_counts(struct kunit *test, int refs, int mapcount)
{
	KUNIT_EXPECT_EQ_MSG(test, folio_ref_count(first_folio(test)), refs,
			    "references");
	KUNIT_EXPECT_EQ_MSG(test, compat_folio_mapcount(first_folio(test)), mapcount,
			    "entries that map it");
}

static void counted(struct kunit *test)
{
	const struct kt_how *how = test->param_value;
	unsigned long addr = map_one(test, how);
	struct kt *kt = test->priv;
	struct pfnmap_test_leaf leaf;
	struct folio *folio;

	expect_counts(test, 1, 0);
	touch(test, addr + bytes_of(how) / 2);
	kt_leaf(addr, &leaf);
	KUNIT_EXPECT_EQ(test, leaf.level, how->level);
	KUNIT_EXPECT_EQ(test, leaf.pfn, kt_region_pfn(kt, DAX, 0));
	KUNIT_EXPECT_FALSE_MSG(test, leaf.flags & PFNMAP_TEST_LEAF_SPECIAL,
			       "an entry with a reference is special");
	expect_counts(test, 2, 1);

	folio = kt_folio(addr);
	KUNIT_ASSERT_NOT_NULL(test, folio);
	KUNIT_EXPECT_EQ(test, folio_order(folio), order_of(how));
	KUNIT_EXPECT_TRUE(test, folio_is_zone_device(folio));
	KUNIT_EXPECT_EQ(test, compat_page_pgmap(&folio->page)->type, MEMORY_DEVICE_GENERIC);
	KUNIT_EXPECT_EQ(test, folio->index, 0);
	KUNIT_ASSERT_NOT_NULL(test, folio->mapping);
	KUNIT_EXPECT_TRUE(test, IS_DAX(folio->mapping->host));

	kt_unmap(kt, addr, bytes_of(how));
	expect_counts(test, 1, 0);
}

static void written(struct kunit *test)
{
	const struct kt_how *how = test->param_value;
	const u32 want = PFNMAP_TEST_LEAF_WRITABLE | PFNMAP_TEST_LEAF_DIRTY;
	unsigned long addr = map_one(test, how);
	struct kt *kt = test->priv;
	struct pfnmap_test_leaf leaf;

	KUNIT_ASSERT_EQ(test, 0, kt_write(addr, 0));
	kt_leaf(addr, &leaf);
	KUNIT_EXPECT_EQ_MSG(test, leaf.flags & want, want,
			    "a write fault sets both at once");
	expect_counts(test, 2, 1);
	kt_unmap(kt, addr, bytes_of(how));
	expect_counts(test, 1, 0);
}

static void read_then_written(struct kunit *test)
{
	const struct kt_how *how = test->param_value;
	unsigned long addr = map_one(test, how);
	struct kt *kt = test->priv;

	touch(test, addr);
	KUNIT_ASSERT_EQ(test, 0, kt_write(addr, 0));
	expect_counts(test, 2, 1);
	kt_unmap(kt, addr, bytes_of(how));
	expect_counts(test, 1, 0);
}

static void mapped_twice(struct kunit *test)
{
	const struct kt_how *how = test->param_value;
	unsigned long addr = map_one(test, how);
	unsigned long other = map_one(test, how);
	struct kt *kt = test->priv;

	touch(test, addr);
	touch(test, other);
	expect_counts(test, 3, 2);
	kt_unmap(kt, addr, bytes_of(how));
	expect_counts(test, 2, 1);
	kt_unmap(kt, other, bytes_of(how));
	expect_counts(test, 1, 0);
}

static void child_reads(struct kt *kt, void *data)
{
	unsigned long addr = *(unsigned long *)data;
	u8 byte;

	KUNIT_EXPECT_FALSE_MSG(kt->test, kt_present(addr),
			       "fork() has copied an entry of a shared mapping");
	KUNIT_EXPECT_EQ(kt->test, 0, kt_read(addr, &byte));
	expect_counts(kt->test, 3, 2);
}

static void forked(struct kunit *test)
{
	const struct kt_how *how = test->param_value;
	unsigned long addr = map_one(test, how);
	struct kt *kt = test->priv;

	touch(test, addr);
	KUNIT_ASSERT_EQ(test, 0, kt_fork(kt, child_reads, &addr));
	expect_counts(test, 2, 1);
	kt_unmap(kt, addr, bytes_of(how));
	expect_counts(test, 1, 0);
}

static void zapped(struct kunit *test)
{
	struct pfnmap_test_zap req = { .how = PFNMAP_TEST_ZAP_MAPPING };
	const struct kt_how *how = test->param_value;
	unsigned long addr = map_one(test, how);
	struct kt *kt = test->priv;

	touch(test, addr);
	KUNIT_ASSERT_EQ(test, 0, kt_ioctl(kt, kt->file, PFNMAP_TEST_ZAP, &req,
					  sizeof(req)));
	KUNIT_EXPECT_FALSE(test, kt_present(addr));
	expect_counts(test, 1, 0);
	touch(test, addr);
	expect_counts(test, 2, 1);
	kt_unmap(kt, addr, bytes_of(how));
	expect_counts(test, 1, 0);
}

static void mremapped(struct kunit *test)
{
	const struct kt_how *how = test->param_value;
	unsigned long bytes = bytes_of(how), addr, to;
	struct kt *kt = test->priv;

	addr = map_one(test, how);
	to = addr - 2 * bytes;
	touch(test, addr);
	KUNIT_ASSERT_EQ(test, (long)to,
			kt_mremap(kt, addr, bytes, bytes,
				  MREMAP_MAYMOVE | MREMAP_FIXED, to));
	touch(test, to);
	expect_counts(test, 2, 1);
	kt_unmap(kt, to, bytes);
	expect_counts(test, 1, 0);
}

/* munmap() of part of a leaf takes the leaf away; the rest faults in by single pages. */
static void unmapped_in_part(struct kunit *test)
{
	const struct kt_how *how = test->param_value;
	bool pud = how->level == PFNMAP_TEST_LEVEL_PUD;
	unsigned long part = pud ? PMD_SIZE : PAGE_SIZE;
	struct kt *kt = test->priv;
	struct pfnmap_test_leaf leaf;
	unsigned long addr;

	/* The kernel splits the VMA first, so no VMA covers the whole leaf. */
	if (pud && IS_ENABLED(CONFIG_DEBUG_VM))
		kunit_skip(test, "__split_huge_pud_locked() has a VM_BUG_ON_VMA() against it");

	addr = map_one(test, how);
	touch(test, addr);
	kt_unmap(kt, addr + part, part);
	KUNIT_EXPECT_FALSE(test, kt_present(addr));
	expect_counts(test, 1, 0);
	touch(test, addr);
	kt_leaf(addr, &leaf);
	KUNIT_EXPECT_EQ(test, leaf.level, PFNMAP_TEST_LEVEL_PTE);
	expect_counts(test, 2, 1);
	kt_unmap(kt, addr, bytes_of(how));
	expect_counts(test, 1, 0);
}

/* Pins outlive the mapping, and count for themselves. */
static const struct pins {
	const char *what;
	u32 how;
	u32 flags;
} pins[] = {
	{ "slow", PFNMAP_TEST_PIN_SLOW, 0 },
	{ "slow write", PFNMAP_TEST_PIN_SLOW, PFNMAP_TEST_PIN_WRITE },
	{ "slow longterm", PFNMAP_TEST_PIN_SLOW, PFNMAP_TEST_PIN_LONGTERM },
	{ "fast", PFNMAP_TEST_PIN_FAST, 0 },
	{ "fast write", PFNMAP_TEST_PIN_FAST, PFNMAP_TEST_PIN_WRITE },
	{ "either longterm", PFNMAP_TEST_PIN_EITHER, PFNMAP_TEST_PIN_LONGTERM },
};

static void pins_desc(const struct pins *p, char *desc)
{
	strscpy(desc, p->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(pins, pins, pins_desc);

static void pinned(struct kunit *test)
{
	const struct pins *p = test->param_value;
	struct kt *kt = test->priv;
	int i;

	for (i = 0; i < ARRAY_SIZE(folios); i++) {
		const struct kt_how *how = &folios[i];
		struct pfnmap_test_pin req = {
			.how = p->how,
			.flags = p->flags,
			.bytes = PAGE_SIZE,
		};
		struct pfnmap_test_unpin un = { };
		unsigned long addr;

		addr = map_one(test, how);
		KUNIT_ASSERT_EQ(test, 0, kt_write(addr, 0));
		req.address = addr;
		KUNIT_ASSERT_EQ(test, 0, kt_ioctl(kt, kt->file, PFNMAP_TEST_PIN,
						  &req, sizeof(req)));
		KUNIT_EXPECT_EQ(test, req.pfn, kt_region_pfn(kt, DAX, 0));
		KUNIT_EXPECT_GT(test, folio_ref_count(first_folio(test)), 2);
		KUNIT_EXPECT_EQ(test, folio_maybe_dma_pinned(first_folio(test)),
				p->how != PFNMAP_TEST_PIN_FAST);

		kt_unmap(kt, addr, bytes_of(how));
		KUNIT_EXPECT_EQ(test, compat_folio_mapcount(first_folio(test)), 0);
		KUNIT_EXPECT_GT(test, folio_ref_count(first_folio(test)), 1);

		un.id = req.id;
		KUNIT_ASSERT_EQ(test, 0, kt_ioctl(kt, kt->file, PFNMAP_TEST_UNPIN,
						  &un, sizeof(un)));
		expect_counts(test, 1, 0);
	}
}

/* Both ways to get pages get those behind the address, and count each. */
static void got_in_order(struct kunit *test)
{
	const struct kt_how *how = test->param_value;
	unsigned long addr = map_one(test, how), at = bytes_of(how) - 4 * PAGE_SIZE;
	struct kt *kt = test->priv;
	struct page *pages[3];
	int i, fast;

	touch(test, addr);
	for (fast = 0; fast < 2; fast++) {
		memset(pages, 0, sizeof(pages));
		KUNIT_ASSERT_EQ(test, fast ? get_user_pages_fast(addr + at, 3, 0, pages) :
				(int)get_user_pages_unlocked(addr + at, 3, pages, 0), 3);
		for (i = 0; i < 3; i++) {
			KUNIT_EXPECT_EQ_MSG(test, page_to_pfn(pages[i]),
					    kt_region_pfn(kt, DAX, at) + i, "page %d, %s", i,
					    fast ? "fast" : "slow");
			put_page(pages[i]);
		}
		expect_counts(test, 2, 1);
	}
	kt_unmap(kt, addr, bytes_of(how));
}

/* Each page that is pinned counts, and so does each that is unpinned. */
static void pinned_by_page(struct kunit *test)
{
	static const u32 hows[] = { PFNMAP_TEST_PIN_SLOW, PFNMAP_TEST_PIN_EITHER };
	const struct kt_how *how = test->param_value;
	unsigned long addr = map_one(test, how);
	struct kt *kt = test->priv;
	struct folio *folio;
	size_t i;

	KUNIT_ASSERT_EQ(test, 0, kt_write(addr, 0));
	folio = first_folio(test);
	for (i = 0; i < ARRAY_SIZE(hows); i++) {
		struct pfnmap_test_pin req = {
			.how = hows[i],
			.address = addr + PAGE_SIZE,
			.bytes = 3 * PAGE_SIZE,
		};
		struct pfnmap_test_unpin un = { };

		KUNIT_ASSERT_EQ(test, 0, kt_ioctl(kt, kt->file, PFNMAP_TEST_PIN, &req,
						  sizeof(req)));
		KUNIT_EXPECT_EQ(test, req.pfn, kt_region_pfn(kt, DAX, PAGE_SIZE));
		KUNIT_EXPECT_EQ(test, atomic_read(&folio->_pincount), 3);
		KUNIT_EXPECT_EQ(test, folio_ref_count(folio), 2 + 3);
		un.id = req.id;
		KUNIT_ASSERT_EQ(test, 0, kt_ioctl(kt, kt->file, PFNMAP_TEST_UNPIN, &un,
						  sizeof(un)));
		KUNIT_EXPECT_EQ(test, atomic_read(&folio->_pincount), 0);
		expect_counts(test, 2, 1);
	}
	kt_unmap(kt, addr, bytes_of(how));
}

/* The folios have one size at a time, and keep it while one is in use. */
static void sizes_in_turn(struct kunit *test)
{
	struct kt *kt = test->priv;
	unsigned long addr;
	int i, j;

	for (i = 0; i < ARRAY_SIZE(folios); i++) {
		addr = map_one(test, &folios[i]);
		touch(test, addr);
		for (j = 0; j < ARRAY_SIZE(folios); j++) {
			KUNIT_EXPECT_EQ_MSG(test, kt_set(kt, &folios[j]),
					    i == j ? 0 : -EBUSY, "order %u in use, %u wanted",
					    order_of(&folios[i]), order_of(&folios[j]));
		}
		kt_unmap(kt, addr, bytes_of(&folios[i]));
		flush_delayed_fput();
	}
}

/* The same memory mapped by pfn: special entries, which the kernel does not count. */
static const struct kt_how pfns[] = {
	{ PFNMAP_TEST_METHOD_REMAP_PFN_RANGE, DAX, WB, PFNMAP_TEST_LEVEL_PTE },
	{ PFNMAP_TEST_METHOD_VMF_INSERT_PFN, DAX, WB, PFNMAP_TEST_LEVEL_PTE },
	{ PFNMAP_TEST_METHOD_VMF_INSERT_MIXED, DAX, WB, PFNMAP_TEST_LEVEL_PTE },
	{ PFNMAP_TEST_METHOD_VMF_INSERT_PFN_PMD, DAX, WB, PFNMAP_TEST_LEVEL_PMD },
	{ PFNMAP_TEST_METHOD_VMF_INSERT_PFN_PUD, DAX, WB, PFNMAP_TEST_LEVEL_PUD },
};

KUNIT_ARRAY_PARAM(pfn, pfns, how_desc);

static void pfns_are_not_counted(struct kunit *test)
{
	const struct kt_how *how = test->param_value;
	unsigned long addr = map_one(test, how);
	struct kt *kt = test->priv;
	struct pfnmap_test_leaf leaf;

	KUNIT_ASSERT_EQ(test, 0, kt_write(addr, 0));
	kt_leaf(addr, &leaf);
	KUNIT_EXPECT_EQ(test, leaf.level, how->level);
	KUNIT_EXPECT_TRUE(test, leaf.flags & PFNMAP_TEST_LEAF_SPECIAL);
	KUNIT_EXPECT_EQ(test, leaf.pfn, kt_region_pfn(kt, DAX, 0));
	KUNIT_EXPECT_STREQ(test, kt_mode_name(leaf.cache_mode), "write-back");
	expect_counts(test, 1, 0);
	kt_unmap(kt, addr, bytes_of(how));
	expect_counts(test, 1, 0);
}

static struct kunit_case zone_device_cases[] = {
	KUNIT_CASE_PARAM(counted, folio_gen_params),
	KUNIT_CASE_PARAM(written, folio_gen_params),
	KUNIT_CASE_PARAM(read_then_written, folio_gen_params),
	KUNIT_CASE_PARAM(mapped_twice, folio_gen_params),
	KUNIT_CASE_PARAM(forked, folio_gen_params),
	KUNIT_CASE_PARAM(zapped, folio_gen_params),
	KUNIT_CASE_PARAM(mremapped, folio_gen_params),
	KUNIT_CASE_PARAM(unmapped_in_part, large_gen_params),
	KUNIT_CASE_PARAM(pinned, pins_gen_params),
	KUNIT_CASE_PARAM(pinned_by_page, large_gen_params),
	KUNIT_CASE_PARAM(got_in_order, large_gen_params),
	KUNIT_CASE(sizes_in_turn),
	KUNIT_CASE_PARAM(pfns_are_not_counted, pfn_gen_params),
	{ }
};

static struct kunit_suite zone_device_suite = {
	.name = "zone_device",
	.init = kt_init,
	.exit = kt_exit,
	.test_cases = zone_device_cases,
};

kunit_test_suite(zone_device_suite);
