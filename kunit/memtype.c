// SPDX-License-Identifier: GPL-2.0-only
/*
 * memtype: PAT's tree of reservations: which ranges it has, which modes conflict,
 * and which mode a mapping gets.
 */
#include <linux/mman.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "fixture.h"

#define MMIO	PFNMAP_TEST_REGION_MMIO
#define WB	PFNMAP_TEST_CACHE_WB
#define UCM	PFNMAP_TEST_CACHE_UC_MINUS
#define UC	PFNMAP_TEST_CACHE_UC
#define WC	PFNMAP_TEST_CACHE_WC
#define WT	PFNMAP_TEST_CACHE_WT
#define WP	PFNMAP_TEST_CACHE_WP
#define BYTES	(4 * PAGE_SIZE)
#define RW	(PROT_READ | PROT_WRITE)

static void need_tree(struct kunit *test)
{
	struct kt *kt = test->priv;

	kt_need_memtype(kt);
	kt_need_region(kt, MMIO, SZ_4M);
}

/* The modes that ioremap() and its relatives can reserve. */
static const u32 held[] = { WB, UCM, UC, WC, WT };

static void held_desc(const u32 *mode, char *desc)
{
	strscpy(desc, kt_mode_name(*mode), KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(held, held, held_desc);

static void looked_up(struct kunit *test)
{
	u32 mode = *(const u32 *)test->param_value, got = 0;
	struct pfnmap_test_memtype m;
	struct kt *kt = test->priv;
	u64 start;
	long id;

	need_tree(test);
	start = kt->regions[MMIO].start;
	id = kt_reserve(kt, MMIO, mode, PAGE_SIZE, BYTES, &got);
	KUNIT_ASSERT_GT(test, id, 0);
	KUNIT_EXPECT_STREQ(test, kt_mode_name(got), kt_mode_name(mode));

	kt_lookup(test, start + PAGE_SIZE, &m);
	KUNIT_EXPECT_EQ(test, m.flags, PFNMAP_TEST_MEMTYPE_TRACKED);
	KUNIT_EXPECT_EQ(test, m.cache_mode, mode);
	KUNIT_EXPECT_EQ(test, m.start, start + PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, m.end, start + PAGE_SIZE + BYTES);
	KUNIT_EXPECT_EQ(test, m.count, 1);
	kt_lookup(test, start + BYTES + PAGE_SIZE - 1, &m);
	KUNIT_EXPECT_EQ(test, m.cache_mode, mode);

	/* Nobody holds the page before or the page after. */
	kt_lookup(test, start + PAGE_SIZE - 1, &m);
	KUNIT_EXPECT_EQ(test, m.flags, 0);
	KUNIT_EXPECT_EQ(test, m.cache_mode, UCM);
	kt_lookup(test, start + PAGE_SIZE + BYTES, &m);
	KUNIT_EXPECT_EQ(test, m.flags, 0);

	KUNIT_EXPECT_EQ(test, kt_release(test, id), 0);
	KUNIT_EXPECT_EQ(test, kt_release(test, id), -ENOENT);
	kt_lookup(test, start + PAGE_SIZE, &m);
	KUNIT_EXPECT_EQ(test, m.flags, 0);
	KUNIT_EXPECT_EQ(test, m.count, 0);
}

/* A mode that is held, and a mode that mmap() asks for: 5 x 6. */
struct pair {
	u32 held;
	u32 asked;
};

static const struct pair pairs[] = {
	{ WB, WB }, { WB, UCM }, { WB, UC }, { WB, WC }, { WB, WT }, { WB, WP },
	{ UCM, WB }, { UCM, UCM }, { UCM, UC }, { UCM, WC }, { UCM, WT }, { UCM, WP },
	{ UC, WB }, { UC, UCM }, { UC, UC }, { UC, WC }, { UC, WT }, { UC, WP },
	{ WC, WB }, { WC, UCM }, { WC, UC }, { WC, WC }, { WC, WT }, { WC, WP },
	{ WT, WB }, { WT, UCM }, { WT, UC }, { WT, WC }, { WT, WT }, { WT, WP },
};

static void pair_desc(const struct pair *p, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s over %s", kt_mode_name(p->asked),
		 kt_mode_name(p->held));
}

KUNIT_ARRAY_PARAM(pair, pairs, pair_desc);

/* The rule of is_new_memtype_allowed(). */
static bool allowed(const struct pair *p)
{
	if (p->asked == UCM)
		return p->held != WB;
	if (p->asked == WC)
		return p->held != WB;
	if (p->asked == WT)
		return p->held != WB && p->held != WC;

	return true;
}

static void conflict(struct kunit *test)
{
	const struct pair *p = test->param_value;
	struct kt_how how = {
		.method = PFNMAP_TEST_METHOD_REMAP_PFN_RANGE,
		.region = MMIO,
		.mode = p->asked,
	};
	struct kt *kt = test->priv;
	struct pfnmap_test_memtype m;
	struct pfnmap_test_leaf leaf;
	unsigned long addr;
	long id;

	need_tree(test);
	id = kt_reserve(kt, MMIO, p->held, 0, BYTES, NULL);
	KUNIT_ASSERT_GT(test, id, 0);
	addr = kt_try_map(kt, &how, 0, BYTES, RW, MAP_SHARED);
	if (!allowed(p)) {
		KUNIT_EXPECT_EQ(test, (long)addr, -EINVAL);
		KUNIT_EXPECT_EQ_MSG(test, kt_reserved(kt, MMIO, 0, BYTES, NULL), 1,
				    "a refused mmap() has left a reservation");
		return;
	}

	KUNIT_ASSERT_FALSE_MSG(test, IS_ERR_VALUE(addr), "mmap: %ld", (long)addr);
	KUNIT_EXPECT_EQ(test, kt_reserved(kt, MMIO, 0, BYTES, NULL), 2);
	kt_leaf(addr, &leaf);
	KUNIT_EXPECT_STREQ_MSG(test, kt_mode_name(leaf.cache_mode),
			       kt_mode_name(p->held),
			       "one range has entries in two modes");

	/* Alone, the mapping holds the mode that it got. */
	KUNIT_EXPECT_EQ(test, kt_release(test, id), 0);
	kt_lookup(test, kt->regions[MMIO].start, &m);
	KUNIT_EXPECT_EQ(test, m.count, 1);
	KUNIT_EXPECT_STREQ(test, kt_mode_name(m.cache_mode), kt_mode_name(p->held));
	kt_unmap(kt, addr, BYTES);
	KUNIT_EXPECT_EQ(test, kt_reserved(kt, MMIO, 0, BYTES, NULL), 0);
}

/* An entry that faults in takes the mode that is held, at each level. */
struct fault {
	u32 held;
	u32 method;
};

#define PTE	PFNMAP_TEST_METHOD_VMF_INSERT_PFN
#define MIXED	PFNMAP_TEST_METHOD_VMF_INSERT_MIXED
#define PMD	PFNMAP_TEST_METHOD_VMF_INSERT_PFN_PMD
#define PUD	PFNMAP_TEST_METHOD_VMF_INSERT_PFN_PUD

static const struct fault faults[] = {
	{ WB, PTE }, { WB, MIXED }, { WB, PMD }, { WB, PUD },
	{ UCM, PTE }, { UCM, MIXED }, { UCM, PMD }, { UCM, PUD },
	{ UC, PTE }, { UC, MIXED }, { UC, PMD }, { UC, PUD },
	{ WC, PTE }, { WC, MIXED }, { WC, PMD }, { WC, PUD },
	{ WT, PTE }, { WT, MIXED }, { WT, PMD }, { WT, PUD },
};

static void fault_desc(const struct fault *f, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s over %s", kt_method_name(f->method),
		 kt_mode_name(f->held));
}

KUNIT_ARRAY_PARAM(fault, faults, fault_desc);

static u32 level_of(u32 method)
{
	switch (method) {
	case PMD:
		return PFNMAP_TEST_LEVEL_PMD;
	case PUD:
		return PFNMAP_TEST_LEVEL_PUD;
	default:
		return PFNMAP_TEST_LEVEL_PTE;
	}
}

static void faulted(struct kunit *test)
{
	const struct fault *f = test->param_value;
	struct kt_how how = {
		.method = f->method,
		.region = MMIO,
		.mode = WB,
		.level = level_of(f->method),
	};
	unsigned long bytes = kt_leaf_bytes(how.level);
	struct kt *kt = test->priv;
	struct pfnmap_test_leaf leaf;
	unsigned long addr;
	u32 want;
	u8 byte;

	need_tree(test);
	kt_need_method(kt, f->method);
	kt_need_region(kt, MMIO, bytes);
	KUNIT_ASSERT_GT(test, kt_reserve(kt, MMIO, f->held, 0, bytes, NULL), 0);
	addr = kt_map(kt, &how, 0, bytes, RW, MAP_SHARED);
	KUNIT_ASSERT_EQ(test, 0, kt_read(addr, &byte));
	kt_leaf(addr, &leaf);
	KUNIT_EXPECT_EQ(test, leaf.level, how.level);
	KUNIT_EXPECT_TRUE(test, leaf.flags & PFNMAP_TEST_LEAF_SPECIAL);

	/* A large leaf has its size bit where a small leaf has the PAT bit: this bit is lost. */
	want = f->held;
	if (want == WT && how.level > PFNMAP_TEST_LEVEL_PTE)
		want = UC;
	KUNIT_EXPECT_STREQ(test, kt_mode_name(leaf.cache_mode), kt_mode_name(want));
	kt_unmap(kt, addr, bytes);
}

static void two_modes_in_one_range(struct kunit *test)
{
	struct kt_how how = {
		.method = PFNMAP_TEST_METHOD_REMAP_PFN_RANGE,
		.region = MMIO,
		.mode = WB,
	};
	struct kt *kt = test->priv;

	need_tree(test);
	KUNIT_ASSERT_GT(test, kt_reserve(kt, MMIO, WC, 0, PAGE_SIZE, NULL), 0);
	KUNIT_ASSERT_GT(test, kt_reserve(kt, MMIO, WB, PAGE_SIZE, PAGE_SIZE, NULL), 0);
	KUNIT_EXPECT_EQ_MSG(test, -EINVAL,
			    (long)kt_try_map(kt, &how, 0, BYTES, RW, MAP_SHARED),
			    "a whole VMA over both");
	how.flags = PFNMAP_TEST_MAP_PARTIAL;
	KUNIT_EXPECT_EQ_MSG(test, -EINVAL,
			    (long)kt_try_map(kt, &how, 0, BYTES, RW, MAP_SHARED),
			    "part of a VMA over both");
	KUNIT_EXPECT_EQ_MSG(test, -EBUSY,
			    kt_reserve(kt, MMIO, WB, 0, 2 * PAGE_SIZE, NULL),
			    "a reservation over both");
	KUNIT_EXPECT_EQ(test, kt_reserved(kt, MMIO, 0, BYTES, NULL), 2);
}

static void held_many_times(struct kunit *test)
{
	struct pfnmap_test_memtype m;
	struct kt *kt = test->priv;
	int i;

	need_tree(test);
	for (i = 1; i <= 5; i++) {
		KUNIT_ASSERT_GT(test, kt_reserve(kt, MMIO, WC, 0, i * PAGE_SIZE, NULL), 0);
		kt_lookup(test, kt->regions[MMIO].start, &m);
		KUNIT_EXPECT_EQ(test, m.count, i);
		KUNIT_EXPECT_EQ(test, m.cache_mode, WC);
	}
	kt_lookup(test, kt->regions[MMIO].start + 4 * PAGE_SIZE, &m);
	KUNIT_EXPECT_EQ(test, m.count, 1);
	KUNIT_EXPECT_EQ(test, m.end, m.start + 5 * PAGE_SIZE);
}

/* LIST with room for a few entries, resumed by key, returns each of 9 once, in order. */
static const u32 rooms[] = { 1, 2, 3, 8, 9, 16 };

static void room_desc(const u32 *room, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "room for %u", *room);
}

KUNIT_ARRAY_PARAM(room, rooms, room_desc);

static void listed(struct kunit *test)
{
	u32 room = *(const u32 *)test->param_value, seen = 0, i;
	struct pfnmap_test_memtype_entry entries[16];
	struct pfnmap_test_memtype_list list = { };
	struct kt *kt = test->priv;
	u64 start, at = 0;

	need_tree(test);
	start = kt->regions[MMIO].start;
	/* Pages 0, 1, 2, three times each: so the keys are not unique. */
	for (i = 0; i < 9; i++)
		KUNIT_ASSERT_GT(test, kt_reserve(kt, MMIO, WC, i % 3 * PAGE_SIZE,
						 PAGE_SIZE, NULL), 0);

	list.start = start;
	list.last = start + SZ_4M - 1;
	list.entries = (unsigned long)kt->arg + PAGE_SIZE;
	do {
		list.count = room;
		KUNIT_ASSERT_EQ(test, 0, kt_ioctl(kt, kt->file, PFNMAP_TEST_MEMTYPE_LIST,
						  &list, sizeof(list)));
		KUNIT_ASSERT_LE(test, list.count, room);
		KUNIT_ASSERT_EQ(test, 0, copy_from_user(entries, u64_to_user_ptr(list.entries),
							list.count * sizeof(*entries)));
		for (i = 0; i < list.count; i++) {
			KUNIT_EXPECT_GE(test, entries[i].start, at);
			KUNIT_EXPECT_EQ(test, entries[i].start,
					start + seen / 3 * PAGE_SIZE);
			KUNIT_EXPECT_EQ(test, entries[i].cache_mode, WC);
			at = entries[i].start;
			seen++;
		}
	} while (list.flags & PFNMAP_TEST_LIST_MORE && list.count);
	KUNIT_EXPECT_EQ(test, seen, 9);
}

static const struct bad_list {
	const char *what;
	u64 start;
	u64 last;
	u32 count;
	u64 entries;
	long err;
} bad_lists[] = {
	{ "no room", 0, U64_MAX, 0, 0, -EINVAL },
	{ "a start behind the end", 4096, 4095, 1, 0, -EINVAL },
	{ "entries that are not mapped", 0, U64_MAX, 1, 4096, -EFAULT },
};

static void bad_list_desc(const struct bad_list *b, char *desc)
{
	strscpy(desc, b->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(bad_list, bad_lists, bad_list_desc);

static void not_listed(struct kunit *test)
{
	const struct bad_list *b = test->param_value;
	struct pfnmap_test_memtype_list list = {
		.start = b->start,
		.last = b->last,
		.count = b->count,
		.entries = b->entries,
	};
	struct kt *kt = test->priv;

	need_tree(test);
	KUNIT_EXPECT_EQ(test, b->err, kt_ioctl(kt, kt->file, PFNMAP_TEST_MEMTYPE_LIST,
					       &list, sizeof(list)));
}

static const struct bad_reserve {
	const char *what;
	u32 region;
	u32 mode;
	u64 offset;
	u64 bytes;
	long err;
} bad_reserves[] = {
	{ "no region", 0, WC, 0, PAGE_SIZE, -EINVAL },
	{ "no mode", MMIO, 0, 0, PAGE_SIZE, -EINVAL },
	{ "mode 7", MMIO, 7, 0, PAGE_SIZE, -EINVAL },
	{ "write-protected", MMIO, WP, 0, PAGE_SIZE, -EOPNOTSUPP },
	{ "nothing", MMIO, WC, 0, 0, -EINVAL },
	{ "an odd size", MMIO, WC, 0, 100, -EINVAL },
	{ "an odd offset", MMIO, WC, 100, PAGE_SIZE, -EINVAL },
	{ "an offset behind the end", MMIO, WC, 1ULL << 62, PAGE_SIZE, -EOVERFLOW },
	{ "an end that overflows", MMIO, WC, PAGE_SIZE, -PAGE_SIZE, -EOVERFLOW },
};

static void bad_reserve_desc(const struct bad_reserve *b, char *desc)
{
	strscpy(desc, b->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(bad_reserve, bad_reserves, bad_reserve_desc);

static void not_reserved(struct kunit *test)
{
	const struct bad_reserve *b = test->param_value;
	struct kt *kt = test->priv;

	need_tree(test);
	KUNIT_EXPECT_EQ(test, b->err, kt_reserve(kt, b->region, b->mode, b->offset,
						 b->bytes, NULL));
}

/* arch_io_reserve_memtype_wc() reserves the mode that is held, and then finds that it is wrong. */
static void refused_leaves_nothing(struct kunit *test)
{
	const struct kt_how how = {
		PFNMAP_TEST_METHOD_ARCH_IO_RESERVE_MEMTYPE_WC, MMIO, WC,
	};
	struct kt *kt = test->priv;
	u32 got = 0;
	long id;

	need_tree(test);
	kt_need_method(kt, how.method);
	id = kt_reserve(kt, MMIO, WB, PAGE_SIZE, BYTES, &got);
	KUNIT_ASSERT_GT(test, id, 0);
	if (got == WB)
		KUNIT_EXPECT_EQ(test, kt_set(kt, &how), -EBUSY);
	KUNIT_EXPECT_EQ(test, kt_reservations(kt, 0, U64_MAX), kt->reservations + 1);
	KUNIT_EXPECT_EQ(test, kt_release(test, id), 0);
}

static struct kunit_case memtype_cases[] = {
	KUNIT_CASE_PARAM(looked_up, held_gen_params),
	KUNIT_CASE_PARAM(conflict, pair_gen_params),
	KUNIT_CASE_PARAM(faulted, fault_gen_params),
	KUNIT_CASE(two_modes_in_one_range),
	KUNIT_CASE(held_many_times),
	KUNIT_CASE_PARAM(listed, room_gen_params),
	KUNIT_CASE_PARAM(not_listed, bad_list_gen_params),
	KUNIT_CASE_PARAM(not_reserved, bad_reserve_gen_params),
	KUNIT_CASE(refused_leaves_nothing),
	{ }
};

static struct kunit_suite memtype_suite = {
	.name = "memtype",
	.init = kt_init,
	.exit = kt_exit,
	.test_cases = memtype_cases,
};

kunit_test_suite(memtype_suite);
