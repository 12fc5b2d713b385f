// SPDX-License-Identifier: GPL-2.0-only
/*
 * pfnmap_cow: private mappings of pfns. A mapping shows the region's page until the
 * process writes to it. Then the process has an anonymous copy, and the region, the
 * neighbouring pages and the tracked range are as before.
 */
#include <linux/mman.h>
#include <linux/rmap.h>
#include <linux/string.h>

#include "fixture.h"

#define PAGES	4UL
#define BYTES	(PAGES * PAGE_SIZE)
#define MMIO	PFNMAP_TEST_REGION_MMIO
#define RAM	PFNMAP_TEST_REGION_RAM
#define DAX	PFNMAP_TEST_REGION_DAX
#define WB	PFNMAP_TEST_CACHE_WB
#define RW	(PROT_READ | PROT_WRITE)
#define OLD	0x67
#define NEW	0x5a

/* The flag of entries for pfns, on architectures whose entries have a special bit. */
#define SPECIAL	\
	(IS_ENABLED(CONFIG_ARCH_HAS_PTE_SPECIAL) ? PFNMAP_TEST_LEAF_SPECIAL : 0)

static void how_desc(const struct kt_how *how, char *desc)
{
	static const char *const regions[] = { "", "mmio", "ram", "dax" };

	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s of %s",
		 kt_method_name(how->method), regions[how->region]);
}

/* What privates[] has of each family of patterns/list.h. */
#define PRIVATE_remap(_id)	{ PFNMAP_TEST_METHOD_##_id, MMIO, WB },
#define PRIVATE_mixed(_id)	{ PFNMAP_TEST_METHOD_##_id, MMIO, WB },
#define PRIVATE_pfn(_id)
#define PRIVATE_wc(_id)
#define PRIVATE_large(_id)
#define PRIVATE_page(_id)
#define PRIVATE_folio(_id)
#define PRIVATE_devmap(_id)
#define PRIVATE_zero(_id)
#define PRIVATE_hook(_id)

static const struct kt_how privates[] = {
#define METHOD(_id, _name, _family, _have)	PRIVATE_##_family(_id)
#include "patterns/list.h"
#undef METHOD
	{ PFNMAP_TEST_METHOD_REMAP_PFN_RANGE, RAM, WB },
	{ PFNMAP_TEST_METHOD_MMAP_ACTION_REMAP, RAM, WB },
	{ PFNMAP_TEST_METHOD_VMF_INSERT_MIXED, RAM, WB },
};

KUNIT_ARRAY_PARAM(private, privates, how_desc);

/* Fills the first and the last 8 bytes of a page of the region, by the kernel's own mapping. */
static void fill(struct kunit *test, const struct kt_how *how, unsigned long page)
{
	struct kt *kt = test->priv;
	struct pfnmap_test_word word = {
		.region = how->region,
		.flags = PFNMAP_TEST_WORD_WRITE,
		.offset = page * PAGE_SIZE,
		.value = OLD * 0x0101010101010101ULL,
	};

	KUNIT_ASSERT_EQ(test, 0, kt_ioctl(kt, kt->file, PFNMAP_TEST_WORD, &word,
					  sizeof(word)));
	word.offset += PAGE_SIZE - sizeof(word.value);
	word.value = OLD * 0x0101010101010101ULL;
	KUNIT_ASSERT_EQ(test, 0, kt_ioctl(kt, kt->file, PFNMAP_TEST_WORD, &word,
					  sizeof(word)));
}

static void expect_region_as_before(struct kunit *test, const struct kt_how *how,
				    unsigned long page)
{
	struct kt *kt = test->priv;
	struct pfnmap_test_word word = {
		.region = how->region,
		.offset = page * PAGE_SIZE,
	};

	KUNIT_ASSERT_EQ(test, 0, kt_ioctl(kt, kt->file, PFNMAP_TEST_WORD, &word,
					  sizeof(word)));
	KUNIT_EXPECT_EQ_MSG(test, word.value, OLD * 0x0101010101010101ULL,
			    "page %lu of the region was written", page);
}

/* The page is the region's own, special and not writable. */
static void expect_region_page(struct kunit *test, const struct kt_how *how,
			       unsigned long addr, unsigned long page)
{
	struct kt *kt = test->priv;
	struct pfnmap_test_leaf leaf;
	u8 byte = 0;

	KUNIT_EXPECT_EQ(test, kt_read(addr + page * PAGE_SIZE, &byte), 0);
	KUNIT_EXPECT_EQ(test, byte, OLD);
	kt_leaf(addr + page * PAGE_SIZE, &leaf);
	KUNIT_EXPECT_EQ_MSG(test, leaf.pfn,
			    kt_region_pfn(kt, how->region, page * PAGE_SIZE),
			    "page %lu", page);
	KUNIT_EXPECT_EQ_MSG(test, leaf.flags & PFNMAP_TEST_LEAF_SPECIAL, SPECIAL,
			    "page %lu", page);
	KUNIT_EXPECT_FALSE_MSG(test, leaf.flags & PFNMAP_TEST_LEAF_WRITABLE,
			       "page %lu can be written without a copy", page);
}

/* The page is a copy: anonymous, and mapped @mapcount times. */
static struct folio *expect_copy(struct kunit *test, const struct kt_how *how,
				 unsigned long addr, unsigned long page,
				 int mapcount)
{
	struct kt *kt = test->priv;
	struct pfnmap_test_leaf leaf;
	struct folio *folio;

	kt_leaf(addr + page * PAGE_SIZE, &leaf);
	KUNIT_EXPECT_NE(test, leaf.pfn,
			kt_region_pfn(kt, how->region, page * PAGE_SIZE));
	KUNIT_EXPECT_FALSE_MSG(test, leaf.flags & PFNMAP_TEST_LEAF_SPECIAL,
			       "a copy is a normal page");
	folio = kt_folio(addr + page * PAGE_SIZE);
	KUNIT_ASSERT_NOT_NULL(test, folio);
	KUNIT_EXPECT_TRUE(test, folio_test_anon(folio));
	KUNIT_EXPECT_EQ(test, compat_folio_mapcount(folio), mapcount);
	return folio;
}

static unsigned long map_private(struct kunit *test, const struct kt_how *how)
{
	struct kt *kt = test->priv;
	unsigned long i;

	kt_need_method(kt, how->method);
	kt_need_region(kt, how->region, BYTES);
	for (i = 0; i < PAGES; i++)
		fill(test, how, i);
	kt_probe_reset(kt_region_pfn(kt, how->region, 0), PAGES);
	return kt_map(kt, how, 0, BYTES, RW, MAP_PRIVATE);
}

static bool is_pfnmap(unsigned long addr)
{
	struct kt_vma vma;

	return kt_vma(addr, &vma) && vma.flags & VM_PFNMAP;
}

static void read_only(struct kunit *test)
{
	const struct kt_how *how = test->param_value;
	unsigned long addr = map_private(test, how);
	struct kt *kt = test->priv;
	struct kt_vma vma;
	unsigned long i;

	for (i = 0; i < PAGES; i++)
		expect_region_page(test, how, addr, i);

	/* Without a special bit vm_pgoff tells a CoW VMA's pfns from its copies. */
	KUNIT_ASSERT_TRUE(test, kt_vma(addr, &vma));
	KUNIT_EXPECT_EQ(test, vma.pgoff, vma.flags & VM_PFNMAP ?
			kt_region_pfn(kt, how->region, 0) : 0);
	kt_unmap(kt, addr, BYTES);
}

static void written(struct kunit *test)
{
	const struct kt_how *how = test->param_value;
	unsigned long addr = map_private(test, how);
	unsigned int refs = kt_refs(addr);
	struct kt *kt = test->priv;
	struct folio *folio;
	u8 byte = 0;

	KUNIT_ASSERT_EQ(test, 0, kt_write(addr + PAGE_SIZE, NEW));
	folio = expect_copy(test, how, addr, 1, 1);

	/* The copy has the rest of the page, too. */
	KUNIT_EXPECT_EQ(test, kt_read(addr + PAGE_SIZE, &byte), 0);
	KUNIT_EXPECT_EQ(test, byte, NEW);
	KUNIT_EXPECT_EQ(test, kt_read(addr + PAGE_SIZE + 7, &byte), 0);
	KUNIT_EXPECT_EQ(test, byte, OLD);
	KUNIT_EXPECT_EQ(test, kt_read(addr + 2 * PAGE_SIZE - 1, &byte), 0);
	KUNIT_EXPECT_EQ(test, byte, OLD);
	expect_region_as_before(test, how, 1);

	expect_region_page(test, how, addr, 0);
	expect_region_page(test, how, addr, 2);
	KUNIT_EXPECT_EQ_MSG(test, kt_refs(addr), refs, "a write changed the tracking");
	KUNIT_EXPECT_EQ(test, kt_tracks(), refs);
	KUNIT_EXPECT_EQ(test, kt_untracks(), 0);

	folio_get(folio);
	kt_unmap(kt, addr, BYTES);
	KUNIT_EXPECT_EQ(test, compat_folio_mapcount(folio), 0);
	folio_put(folio);
	KUNIT_EXPECT_EQ(test, kt_untracks(), kt_tracks());
}

static void written_unread(struct kunit *test)
{
	const struct kt_how *how = test->param_value;
	unsigned long addr = map_private(test, how);
	struct kt *kt = test->priv;
	unsigned long i;
	u8 byte = 0;

	for (i = 0; i < PAGES; i++) {
		KUNIT_EXPECT_EQ(test, 0, kt_write(addr + i * PAGE_SIZE, NEW + i));
		expect_copy(test, how, addr, i, 1);
	}
	for (i = 0; i < PAGES; i++) {
		KUNIT_EXPECT_EQ(test, 0, kt_read(addr + i * PAGE_SIZE, &byte));
		KUNIT_EXPECT_EQ(test, byte, NEW + i);
		expect_region_as_before(test, how, i);
	}
	kt_unmap(kt, addr, BYTES);
}

/* Before 6.16 the kernel finds the reservation by the first page's entry: here it is gone. */
static void first_written_and_split(struct kunit *test)
{
	const struct kt_how *how = test->param_value;
	unsigned long addr = map_private(test, how);
	struct kt *kt = test->priv;

	KUNIT_ASSERT_EQ(test, 0, kt_write(addr, NEW));
	kt_unmap(kt, addr, PAGE_SIZE);
	expect_region_page(test, how, addr, 1);
	KUNIT_ASSERT_EQ(test, 0, kt_write(addr + 2 * PAGE_SIZE, NEW));
	kt_unmap(kt, addr + 2 * PAGE_SIZE, PAGE_SIZE);
	expect_region_page(test, how, addr, 1);
	expect_region_page(test, how, addr, 3);
	kt_unmap(kt, addr, BYTES);
	KUNIT_EXPECT_EQ(test, kt_untracks(), kt_tracks());
}

struct in_child {
	const struct kt_how *how;
	unsigned long addr;
	struct folio *folio;
};

static void child_writes(struct kt *kt, void *data)
{
	struct in_child *in = data;
	struct kunit *test = kt->test;
	struct folio *folio;
	u8 byte = 0;

	expect_region_page(test, in->how, in->addr, 0);

	/* The parent has written to page 1 before. */
	KUNIT_EXPECT_PTR_EQ(test, kt_folio(in->addr + PAGE_SIZE), in->folio);
	KUNIT_EXPECT_EQ(test, compat_folio_mapcount(in->folio), 2);
	KUNIT_EXPECT_EQ(test, 0, kt_write(in->addr + PAGE_SIZE, NEW + 1));
	folio = kt_folio(in->addr + PAGE_SIZE);
	KUNIT_EXPECT_PTR_NE(test, folio, in->folio);
	KUNIT_EXPECT_EQ(test, compat_folio_mapcount(in->folio), 1);

	/* Nobody has written to page 2. */
	KUNIT_EXPECT_EQ(test, 0, kt_write(in->addr + 2 * PAGE_SIZE, NEW + 2));
	KUNIT_EXPECT_EQ(test, 0, kt_read(in->addr + 2 * PAGE_SIZE, &byte));
	KUNIT_EXPECT_EQ(test, byte, NEW + 2);
}

static void forked(struct kunit *test)
{
	const struct kt_how *how = test->param_value;
	unsigned long addr = map_private(test, how);
	struct in_child in = { .how = how, .addr = addr };
	struct kt *kt = test->priv;
	u8 byte = 0;

	KUNIT_ASSERT_EQ(test, 0, kt_write(addr + PAGE_SIZE, NEW));
	in.folio = expect_copy(test, how, addr, 1, 1);
	KUNIT_ASSERT_EQ(test, 0, kt_fork(kt, child_writes, &in));

	expect_copy(test, how, addr, 1, 1);
	KUNIT_EXPECT_EQ(test, 0, kt_read(addr + PAGE_SIZE, &byte));
	KUNIT_EXPECT_EQ(test, byte, NEW);
	expect_region_page(test, how, addr, 2);
	expect_region_as_before(test, how, 2);
	kt_unmap(kt, addr, BYTES);
	KUNIT_EXPECT_EQ(test, kt_untracks(), kt_tracks());
}

/* Before dc84bc2aba85 fork() finds the VMA's reservation by the first page's entry. */
static void child_has_first(struct kt *kt, void *data)
{
	struct in_child *in = data;

	KUNIT_EXPECT_PTR_EQ(kt->test, kt_folio(in->addr), in->folio);
	expect_region_page(kt->test, in->how, in->addr, 1);
}

static void first_written_then_forked(struct kunit *test)
{
	const struct kt_how *how = test->param_value;
	unsigned long addr = map_private(test, how);
	struct in_child in = { .how = how, .addr = addr };
	struct kt *kt = test->priv;

	KUNIT_ASSERT_EQ(test, 0, kt_write(addr, NEW));
	in.folio = expect_copy(test, how, addr, 0, 1);
	KUNIT_EXPECT_EQ_MSG(test, 0, kt_fork(kt, child_has_first, &in),
			    "fork after the first page was written");
	expect_copy(test, how, addr, 0, 1);
	kt_unmap(kt, addr, BYTES);
	KUNIT_EXPECT_EQ(test, kt_untracks(), kt_tracks());
}

static long pin(struct kunit *test, unsigned long addr, u32 how, u32 flags,
		struct pfnmap_test_pin *req)
{
	struct kt *kt = test->priv;

	*req = (struct pfnmap_test_pin){
		.how = how,
		.flags = flags,
		.address = addr,
		.bytes = PAGE_SIZE,
	};
	return kt_ioctl(kt, kt->file, PFNMAP_TEST_PIN, req, sizeof(*req));
}

static void unpin(struct kunit *test, u32 id)
{
	struct pfnmap_test_unpin req = { .id = id };
	struct kt *kt = test->priv;

	KUNIT_EXPECT_EQ(test, 0, kt_ioctl(kt, kt->file, PFNMAP_TEST_UNPIN, &req,
					  sizeof(req)));
}

/* vm_normal_page()'s verdict, as GUP sees it. */
static void normal_or_not(struct kunit *test)
{
	const struct kt_how *how = test->param_value;
	unsigned long addr = map_private(test, how);
	struct kt *kt = test->priv;
	struct pfnmap_test_pin req;
	struct pfnmap_test_leaf leaf;

	if (!SPECIAL)
		kunit_skip(test, "no special bit, no GUP-fast");

	expect_region_page(test, how, addr, 0);
	KUNIT_EXPECT_EQ(test, is_pfnmap(addr) ? -EFAULT : -EEXIST,
			pin(test, addr, PFNMAP_TEST_PIN_SLOW, 0, &req));
	KUNIT_EXPECT_EQ(test, -EFAULT, pin(test, addr, PFNMAP_TEST_PIN_FAST, 0, &req));

	KUNIT_ASSERT_EQ(test, 0, kt_write(addr, NEW));
	kt_leaf(addr, &leaf);
	KUNIT_ASSERT_EQ_MSG(test, 0, pin(test, addr, PFNMAP_TEST_PIN_FAST, 0, &req),
			    "a copy is a normal page, and fast GUP asks no VMA");
	KUNIT_EXPECT_EQ(test, req.pfn, leaf.pfn);
	unpin(test, req.id);
	if (is_pfnmap(addr)) {
		KUNIT_EXPECT_EQ_MSG(test, -EFAULT, pin(test, addr, PFNMAP_TEST_PIN_SLOW,
						       0, &req), "slow GUP asks the VMA");
	} else {
		KUNIT_EXPECT_EQ(test, 0, pin(test, addr, PFNMAP_TEST_PIN_SLOW, 0, &req));
		unpin(test, req.id);
	}
	kt_unmap(kt, addr, BYTES);
}

static void zap_all(struct kunit *test, u32 flags)
{
	struct kt *kt = test->priv;
	const struct kt_how *how = test->param_value;
	struct pfnmap_test_zap req = {
		.how = PFNMAP_TEST_ZAP_MAPPING,
		.flags = flags,
	};

	KUNIT_ASSERT_EQ(test, 0, kt_ioctl(kt, kt_file(kt, how->method),
					  PFNMAP_TEST_ZAP, &req, sizeof(req)));
}

static void zapped(struct kunit *test)
{
	const struct kt_how *how = test->param_value;
	unsigned long addr = map_private(test, how);
	struct kt *kt = test->priv;

	expect_region_page(test, how, addr, 0);
	KUNIT_ASSERT_EQ(test, 0, kt_write(addr + PAGE_SIZE, NEW));
	zap_all(test, 0);
	KUNIT_EXPECT_FALSE(test, kt_present(addr));
	KUNIT_EXPECT_TRUE_MSG(test, kt_present(addr + PAGE_SIZE),
			      "a copy was taken away without EVEN_COWS");
	expect_copy(test, how, addr, 1, 1);
	zap_all(test, PFNMAP_TEST_ZAP_EVEN_COWS);
	KUNIT_EXPECT_FALSE(test, kt_present(addr + PAGE_SIZE));
	kt_unmap(kt, addr, BYTES);
}

/* mmap() must refuse a private mapping: the helper BUGs in it, or maps only part of the VMA. */
#define REFUSED_remap(_id)
#define REFUSED_mixed(_id)
#define REFUSED_page(_id)
#define REFUSED_pfn(_id)	{ PFNMAP_TEST_METHOD_##_id, MMIO, WB },
#define REFUSED_wc(_id)		{ PFNMAP_TEST_METHOD_##_id, MMIO, WB },
#define REFUSED_large(_id)	{ PFNMAP_TEST_METHOD_##_id, MMIO, WB },
#define REFUSED_folio(_id)	{ PFNMAP_TEST_METHOD_##_id, DAX, WB },
#define REFUSED_devmap(_id)	{ PFNMAP_TEST_METHOD_##_id, DAX, WB },
#define REFUSED_zero(_id)	{ PFNMAP_TEST_METHOD_##_id, DAX, WB },
#define REFUSED_hook(_id)	{ PFNMAP_TEST_METHOD_##_id, RAM, WB },

static const struct kt_how refused[] = {
#define METHOD(_id, _name, _family, _have)	REFUSED_##_family(_id)
#include "patterns/list.h"
#undef METHOD
	{ PFNMAP_TEST_METHOD_VMF_INSERT_PFN, RAM, WB },
	{ PFNMAP_TEST_METHOD_REMAP_PFN_RANGE, RAM, WB, 0, PFNMAP_TEST_MAP_PARTIAL },
	{ PFNMAP_TEST_METHOD_REMAP_PFN_RANGE, RAM, WB, 0, PFNMAP_TEST_MAP_CHUNKED,
	  PAGE_SIZE },
};

KUNIT_ARRAY_PARAM(refused, refused, how_desc);

static void private_refused(struct kunit *test)
{
	struct kt_how how = *(const struct kt_how *)test->param_value;
	struct kt *kt = test->priv;

	kt_need_method(kt, how.method);
	how.level = kt_largest_level(kt, how.method);
	if (how.region == DAX)
		kt_need_region(kt, DAX, kt_leaf_bytes(how.level));
	KUNIT_EXPECT_EQ(test, -EINVAL, (long)kt_try_map(kt, &how, 0, BYTES, PROT_READ,
							MAP_PRIVATE));
}

/* Without VM_MAYWRITE a private mapping is not CoW, and a call may cover part of it. */
static void never_written(struct kunit *test)
{
	struct kt_how how = {
		.method = PFNMAP_TEST_METHOD_REMAP_PFN_RANGE,
		.region = RAM,
		.mode = WB,
		.flags = PFNMAP_TEST_MAP_NO_MAYWRITE | PFNMAP_TEST_MAP_PARTIAL,
	};
	struct kt *kt = test->priv;
	unsigned long addr;
	struct kt_vma vma;

	KUNIT_EXPECT_EQ(test, -EACCES,
			(long)kt_try_map(kt, &how, 0, BYTES, RW, MAP_PRIVATE));
	fill(test, &how, 0);
	addr = kt_map(kt, &how, 0, BYTES, PROT_READ, MAP_PRIVATE);
	KUNIT_ASSERT_TRUE(test, kt_vma(addr, &vma));
	KUNIT_EXPECT_EQ_MSG(test, vma.pgoff, 0, "vm_pgoff is the pfn without CoW");
	expect_region_page(test, &how, addr, 0);
	KUNIT_EXPECT_EQ(test, -EFAULT, kt_write(addr, NEW));
	KUNIT_EXPECT_EQ(test, -EACCES, kt_mprotect(kt, addr, PAGE_SIZE, RW));
	kt_unmap(kt, addr, BYTES);
}

/* The kernel copies a counted page of vm_insert_page() in a private mapping like any other. */
static void counted_page(struct kunit *test)
{
	static const struct kt_how how = {
		.method = PFNMAP_TEST_METHOD_VM_INSERT_PAGE,
		.region = RAM,
		.mode = WB,
	};
	unsigned long addr = map_private(test, &how);
	struct kt *kt = test->priv;
	struct folio *folio = kt_folio(addr);

	KUNIT_ASSERT_NOT_NULL(test, folio);
	KUNIT_EXPECT_EQ(test, folio_ref_count(folio), 2);
	KUNIT_EXPECT_EQ(test, compat_folio_mapcount(folio), 1);
	KUNIT_ASSERT_EQ(test, 0, kt_write(addr, NEW));
	expect_copy(test, &how, addr, 0, 1);
	KUNIT_EXPECT_EQ(test, folio_ref_count(folio), 1);
	KUNIT_EXPECT_EQ(test, compat_folio_mapcount(folio), 0);
	expect_region_as_before(test, &how, 0);
	kt_unmap(kt, addr, BYTES);
}

static struct kunit_case cow_cases[] = {
	KUNIT_CASE_PARAM(read_only, private_gen_params),
	KUNIT_CASE_PARAM(written, private_gen_params),
	KUNIT_CASE_PARAM(written_unread, private_gen_params),
	KUNIT_CASE_PARAM(first_written_and_split, private_gen_params),
	KUNIT_CASE_PARAM(forked, private_gen_params),
	KUNIT_CASE_PARAM(first_written_then_forked, private_gen_params),
	KUNIT_CASE_PARAM(normal_or_not, private_gen_params),
	KUNIT_CASE_PARAM(zapped, private_gen_params),
	KUNIT_CASE_PARAM(private_refused, refused_gen_params),
	KUNIT_CASE(never_written),
	KUNIT_CASE(counted_page),
	{ }
};

static struct kunit_suite cow_suite = {
	.name = "pfnmap_cow",
	.suite_init = kt_probe_start,
	.suite_exit = kt_probe_stop,
	.init = kt_init,
	.exit = kt_exit,
	.test_cases = cow_cases,
};

kunit_test_suite(cow_suite);
