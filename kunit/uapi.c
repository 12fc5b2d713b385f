// SPDX-License-Identifier: GPL-2.0-only
/*
 * pfnmap_uapi: what the ioctls take and what they refuse.
 */
#include <linux/mman.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "fixture.h"

#define RAM	PFNMAP_TEST_REGION_RAM
#define WB	PFNMAP_TEST_CACHE_WB
#define PTE	PFNMAP_TEST_LEVEL_PTE
#define REMAP	PFNMAP_TEST_METHOD_REMAP_PFN_RANGE
#define CHUNKED	PFNMAP_TEST_MAP_CHUNKED
#define NARROWED	PFNMAP_TEST_MAP_NARROWED

static const struct cmd {
	const char *name;
	unsigned int cmd;
	u32 size;
} cmds[] = {
#define CMD(_cmd, _struct)	\
	{ #_cmd, PFNMAP_TEST_##_cmd, sizeof(struct pfnmap_test_##_struct) }
	CMD(GET_INFO, info),
	CMD(DESCRIBE, describe),
	CMD(SET_MAP, map),
	CMD(MEMTYPE_LOOKUP, memtype),
	CMD(MEMTYPE_LIST, memtype_list),
	CMD(MEMTYPE_RESERVE, reserve),
	CMD(MEMTYPE_RELEASE, release),
	CMD(LEAF, leaf),
	CMD(VMA, vma),
	CMD(ZAP, zap),
	CMD(FOLIO, folio),
	CMD(PIN, pin),
	CMD(UNPIN, unpin),
	CMD(WORD, word),
	CMD(MEMREMAP_PAGES, memremap),
	CMD(SET_ENABLED, enabled),
	CMD(WAIT_IDLE, wait_idle),
	CMD(FAIL_NEXT, fail),
	CMD(FOLLOW, follow),
	CMD(CALLS, calls),
	CMD(INSPECT, inspect),
#undef CMD
};

static void cmd_desc(const struct cmd *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(cmd, cmds, cmd_desc);

/* Calls an ioctl with an argument that is zero except for its size and its last byte. */
static long call_sized(struct kunit *test, unsigned int cmd, u32 size, u32 room,
		       u8 last)
{
	struct kt *kt = test->priv;
	u8 __user *at = kt->arg;

	KUNIT_ASSERT_EQ(test, clear_user(at, room), 0);
	if (last)
		KUNIT_ASSERT_EQ(test, put_user(last, at + room - 1), 0);
	KUNIT_ASSERT_EQ(test, put_user(size, (u32 __user *)at), 0);
	return kt->file->f_op->unlocked_ioctl(kt->file, cmd, (unsigned long)at);
}

static void too_small(struct kunit *test)
{
	const struct cmd *c = test->param_value;

	KUNIT_EXPECT_EQ(test, -EINVAL, call_sized(test, c->cmd, 0, c->size, 0));
	KUNIT_EXPECT_EQ(test, -EINVAL, call_sized(test, c->cmd, 4, c->size, 0));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			call_sized(test, c->cmd, c->size - 1, c->size, 0));
}

static void grown_and_used(struct kunit *test)
{
	const struct cmd *c = test->param_value;

	KUNIT_EXPECT_EQ(test, -E2BIG, call_sized(test, c->cmd, c->size + 1,
						 c->size + 1, 1));
	KUNIT_EXPECT_EQ(test, -E2BIG, call_sized(test, c->cmd, PAGE_SIZE,
						 PAGE_SIZE, 0x80));
}

static void grown_and_zero(struct kunit *test)
{
	const struct cmd *c = test->param_value;
	long now = call_sized(test, c->cmd, c->size, c->size, 0);

	KUNIT_EXPECT_NE(test, now, -E2BIG);
	KUNIT_EXPECT_EQ(test, now,
			call_sized(test, c->cmd, c->size + 8, c->size + 8, 0));
	KUNIT_EXPECT_EQ(test, now,
			call_sized(test, c->cmd, PAGE_SIZE, PAGE_SIZE, 0));
}

static void too_large(struct kunit *test)
{
	const struct cmd *c = test->param_value;

	KUNIT_EXPECT_EQ(test, -E2BIG, call_sized(test, c->cmd, PAGE_SIZE + 1,
						 c->size, 0));
	KUNIT_EXPECT_EQ(test, -E2BIG, call_sized(test, c->cmd, U32_MAX,
						 c->size, 0));
}

static void not_mapped(struct kunit *test)
{
	const struct cmd *c = test->param_value;
	struct kt *kt = test->priv;
	unsigned long end;

	/* An argument that is not mapped, and an argument of which only the size is mapped. */
	KUNIT_EXPECT_EQ(test, -EFAULT,
			kt->file->f_op->unlocked_ioctl(kt->file, c->cmd, 0));
	end = vm_mmap(NULL, 0, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(end));
	kt_unmap(kt, end + PAGE_SIZE, PAGE_SIZE);
	end += PAGE_SIZE - sizeof(u32);
	KUNIT_ASSERT_EQ(test, put_user(c->size, (u32 __user *)end), 0);
	KUNIT_EXPECT_EQ(test, -EFAULT,
			kt->file->f_op->unlocked_ioctl(kt->file, c->cmd, end));
}

static const unsigned int unknown[] = {
	_IO(PFNMAP_TEST_IOC_TYPE, 0x15),
	_IO(PFNMAP_TEST_IOC_TYPE, 0xff),
	_IO(PFNMAP_TEST_IOC_TYPE + 1, 0),
	_IOR(PFNMAP_TEST_IOC_TYPE, 0, u32),
	_IOWR(PFNMAP_TEST_IOC_TYPE, 2, struct pfnmap_test_map),
	0,
};

static void unknown_desc(const unsigned int *cmd, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%#x", *cmd);
}

KUNIT_ARRAY_PARAM(unknown, unknown, unknown_desc);

static void unknown_ioctl(struct kunit *test)
{
	unsigned int cmd = *(const unsigned int *)test->param_value;

	KUNIT_EXPECT_EQ(test, -ENOTTY, call_sized(test, cmd, 64, 64, 0));
}

/* SET_MAP, each time with one difference from a call that works. */
static const struct set {
	const char *what;
	struct kt_how how;
	long err;
} sets[] = {
	{ "as it should be", { REMAP, RAM, WB, PTE }, 0 },
	{ "no region", { REMAP, 0, WB, PTE }, -EINVAL },
	{ "region 4", { REMAP, 4, WB, PTE }, -EINVAL },
	{ "region of all ones", { REMAP, U32_MAX, WB, PTE }, -EINVAL },
	{ "no method", { 0, RAM, WB, PTE }, -EINVAL },
	{ "method 99", { 99, RAM, WB, PTE }, -EINVAL },
	{ "method of all ones", { U32_MAX, RAM, WB, PTE }, -EINVAL },
	{ "no cache mode", { REMAP, RAM, 0, PTE }, -EINVAL },
	{ "cache mode 7", { REMAP, RAM, 7, PTE }, -EINVAL },
	{ "no level", { REMAP, RAM, WB, 0 }, -EINVAL },
	{ "level 4", { REMAP, RAM, WB, 4 }, -EINVAL },
	{ "a level that it can't", { REMAP, RAM, WB, PFNMAP_TEST_LEVEL_PMD },
	  -EOPNOTSUPP },
	{ "an unknown flag", { REMAP, RAM, WB, PTE, 0x80000000 }, -EINVAL },
	{ "chunked", { REMAP, RAM, WB, PTE, CHUNKED, PAGE_SIZE }, 0 },
	{ "chunked without a size", { REMAP, RAM, WB, PTE, CHUNKED }, -EINVAL },
	{ "a size without chunked", { REMAP, RAM, WB, PTE, 0, PAGE_SIZE }, -EINVAL },
	{ "narrowed", { REMAP, RAM, WB, PTE, CHUNKED | NARROWED, PAGE_SIZE }, 0 },
	{ "narrowed without chunked", { REMAP, RAM, WB, PTE, NARROWED }, -EINVAL },
	{ "an odd size", { REMAP, RAM, WB, PTE, CHUNKED, 100 }, -EINVAL },
	{ "a flag of another method's",
	  { PFNMAP_TEST_METHOD_VMF_INSERT_PFN, RAM, WB, PTE, PFNMAP_TEST_MAP_PARTIAL },
	  -EINVAL },
	{ "a region that it can't",
	  { PFNMAP_TEST_METHOD_VM_IOMAP_MEMORY, RAM, WB, PTE }, -EOPNOTSUPP },
	{ "the other device's method",
	  { PFNMAP_TEST_METHOD_MMAP_ACTION_REMAP, RAM, WB, PTE }, -EOPNOTSUPP },
};

static void set_desc(const struct set *s, char *desc)
{
	strscpy(desc, s->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(set, sets, set_desc);

static void set_map(struct kunit *test)
{
	const struct set *s = test->param_value;
	struct kt *kt = test->priv;
	struct pfnmap_test_map map = {
		.region = s->how.region,
		.method = s->how.method,
		.cache_mode = s->how.mode,
		.level = s->how.level,
		.flags = s->how.flags,
		.chunk_bytes = s->how.chunk,
	};

	KUNIT_EXPECT_EQ(test, s->err, kt_ioctl(kt, kt->file, PFNMAP_TEST_SET_MAP,
					       &map, sizeof(map)));
}

/* Offset and length of mmap() against the size of the ram region, 2 MiB or less. */
static const struct bounds {
	const char *what;
	long pages;		/* offset; a negative one is from the region's end */
	unsigned long len;	/* in pages; 0 for all of the region */
	long err;
} bounds[] = {
	{ "all of it", 0, 0, 0 },
	{ "all of it, a page further", 1, 0, -EINVAL },
	{ "the last page", -1, 1, 0 },
	{ "the last and one more", -1, 2, -EINVAL },
};

static void bounds_desc(const struct bounds *b, char *desc)
{
	strscpy(desc, b->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(bounds, bounds, bounds_desc);

static void mmap_bounds(struct kunit *test)
{
	const struct bounds *b = test->param_value;
	struct kt *kt = test->priv;
	struct kt_how how = {
		.method = PFNMAP_TEST_METHOD_REMAP_PFN_RANGE,
		.region = RAM,
		.mode = PFNMAP_TEST_CACHE_WB,
	};
	unsigned long bytes, addr;
	u64 all, offset;

	kt_need_region(kt, RAM, 4 * PAGE_SIZE);
	all = kt->regions[RAM].bytes;
	offset = (b->pages < 0 ? all : 0) + b->pages * PAGE_SIZE;
	bytes = b->len ? b->len * PAGE_SIZE : all;
	KUNIT_ASSERT_EQ(test, 0, kt_set(kt, &how));
	addr = vm_mmap(kt->file, 0, bytes, PROT_READ, MAP_SHARED, offset);
	if (b->err) {
		KUNIT_EXPECT_EQ(test, b->err, (long)addr);
		return;
	}
	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(addr));
	kt_unmap(kt, addr, bytes);
}

static void mmap_behind_the_end(struct kunit *test)
{
	struct kt *kt = test->priv;
	struct kt_how how = {
		.method = PFNMAP_TEST_METHOD_REMAP_PFN_RANGE,
		.region = RAM,
		.mode = PFNMAP_TEST_CACHE_WB,
	};
	u64 all;

	kt_need_region(kt, RAM, PAGE_SIZE);
	all = kt->regions[RAM].bytes;
	KUNIT_ASSERT_EQ(test, 0, kt_set(kt, &how));
	KUNIT_EXPECT_EQ(test, -EINVAL, (long)vm_mmap(kt->file, 0, PAGE_SIZE, PROT_READ,
						     MAP_SHARED, all));
	KUNIT_EXPECT_EQ(test, -EINVAL, (long)vm_mmap(kt->file, 0, PAGE_SIZE, PROT_READ,
						     MAP_SHARED, 1ULL << 60));
}

/* DESCRIBE of each kind: ids from 1 on have a name each, then comes ENOENT. */
static const u32 kinds[] = {
	PFNMAP_TEST_KIND_REGION, PFNMAP_TEST_KIND_METHOD,
	PFNMAP_TEST_KIND_CACHE_MODE, PFNMAP_TEST_KIND_LEVEL,
};

static void kind_desc(const u32 *kind, char *desc)
{
	static const char *const names[] = {
		"", "region", "method", "cache mode", "level",
	};

	strscpy(desc, names[*kind], KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(kind, kinds, kind_desc);

static void described(struct kunit *test)
{
	u32 kind = *(const u32 *)test->param_value;
	struct pfnmap_test_describe d, first = { };
	struct kt *kt = test->priv;
	u32 id;

	for (id = 1; ; id++) {
		d = (struct pfnmap_test_describe){ .kind = kind, .id = id };
		if (kt_ioctl(kt, kt->file, PFNMAP_TEST_DESCRIBE, &d, sizeof(d)))
			break;
		KUNIT_EXPECT_GT(test, strnlen(d.name, sizeof(d.name)), 0);
		KUNIT_EXPECT_LT(test, strnlen(d.name, sizeof(d.name)), sizeof(d.name));
		KUNIT_EXPECT_STRNEQ(test, d.name, first.name);
		if (kind == PFNMAP_TEST_KIND_METHOD)
			KUNIT_EXPECT_STREQ(test, d.name, kt_method_name(id));
		if (kind == PFNMAP_TEST_KIND_CACHE_MODE)
			KUNIT_EXPECT_STREQ(test, d.name, kt_mode_name(id));
		first = d;
	}
	KUNIT_EXPECT_GT(test, id, 3);

	d = (struct pfnmap_test_describe){ .kind = kind, .id = id };
	KUNIT_EXPECT_EQ(test, -ENOENT, kt_ioctl(kt, kt->file, PFNMAP_TEST_DESCRIBE,
						&d, sizeof(d)));
	d = (struct pfnmap_test_describe){ .kind = kind };
	KUNIT_EXPECT_EQ(test, -EINVAL, kt_ioctl(kt, kt->file, PFNMAP_TEST_DESCRIBE,
						&d, sizeof(d)));
	d = (struct pfnmap_test_describe){ .kind = kind, .id = 1, .reserved = 1 };
	KUNIT_EXPECT_EQ(test, -EINVAL, kt_ioctl(kt, kt->file, PFNMAP_TEST_DESCRIBE,
						&d, sizeof(d)));
}

static void info(struct kunit *test)
{
	struct kt *kt = test->priv;

	KUNIT_EXPECT_EQ(test, kt->info.abi, PFNMAP_TEST_ABI);
	KUNIT_EXPECT_EQ(test, kt->info.size, sizeof(kt->info));
	KUNIT_EXPECT_EQ_MSG(test, !(kt->info.flags & PFNMAP_TEST_INFO_MEMTYPE),
			    !!kt->info.memtype_error, "either a query or its error is there");
	KUNIT_EXPECT_TRUE_MSG(test, kt->info.regions & PFNMAP_TEST_BIT(RAM),
			      "the ram region is always there");
	KUNIT_EXPECT_TRUE(test, kt->info.methods &
				PFNMAP_TEST_BIT(PFNMAP_TEST_METHOD_REMAP_PFN_RANGE));
	KUNIT_EXPECT_TRUE(test, kt->info.cache_modes &
				PFNMAP_TEST_BIT(PFNMAP_TEST_CACHE_WB));
}

static struct kunit_case uapi_cases[] = {
	KUNIT_CASE_PARAM(too_small, cmd_gen_params),
	KUNIT_CASE_PARAM(grown_and_used, cmd_gen_params),
	KUNIT_CASE_PARAM(grown_and_zero, cmd_gen_params),
	KUNIT_CASE_PARAM(too_large, cmd_gen_params),
	KUNIT_CASE_PARAM(not_mapped, cmd_gen_params),
	KUNIT_CASE_PARAM(unknown_ioctl, unknown_gen_params),
	KUNIT_CASE_PARAM(set_map, set_gen_params),
	KUNIT_CASE_PARAM(mmap_bounds, bounds_gen_params),
	KUNIT_CASE(mmap_behind_the_end),
	KUNIT_CASE_PARAM(described, kind_gen_params),
	KUNIT_CASE(info),
	{ }
};

static struct kunit_suite uapi_suite = {
	.name = "pfnmap_uapi",
	.init = kt_init,
	.exit = kt_exit,
	.test_cases = uapi_cases,
};

kunit_test_suite(uapi_suite);
