// SPDX-License-Identifier: GPL-2.0-only
/*
 * pfnmap_logic: the parts of the driver that need no device: module parameters and
 * cache modes.
 */
#include <linux/sizes.h>
#include <linux/string.h>

#include "fixture.h"

static const struct spec {
	const char *text;
	int err;
	struct pfnmap_spec spec;
} specs[] = {
#define OFF(_text)	{ _text, 0, { .source = PFNMAP_SOURCE_OFF } }
#define AUTO(_text)	{ _text, 0, { .source = PFNMAP_SOURCE_AUTO } }
#define CARVE(_text, _bytes)	\
	{ _text, 0, { .source = PFNMAP_SOURCE_CARVE, .bytes = _bytes } }
#define FIXED(_text, _bytes, _start)	\
	{ _text, 0, { .source = PFNMAP_SOURCE_FIXED, .bytes = _bytes, .start = _start } }
#define BAR(_text, _domain, _bus, _dev, _fn, _bar)			\
	{ _text, 0, { .source = PFNMAP_SOURCE_PCI,			\
		      .bar = { _domain, _bus, (_dev) << 3 | (_fn), _bar } } }
#define BAD(_text)	{ _text, -EINVAL }
#define RANGE(_text)	{ _text, -ERANGE }
	OFF("off"), OFF("off\n"), AUTO("auto"), AUTO("auto\n"),
	CARVE("4096", SZ_4K), CARVE("4K", SZ_4K), CARVE("2M", SZ_2M),
	CARVE("2m", SZ_2M), CARVE("1G", SZ_1G), CARVE("0x1000", SZ_4K),
	CARVE("0X1000", SZ_4K), CARVE("1T", 1ULL << 40), CARVE("1P", 1ULL << 50),
	CARVE("8E", 1ULL << 63),
	FIXED("1G@4G", SZ_1G, 1ULL << 32), FIXED("4K@0", SZ_4K, 0),
	FIXED("0x200000@0x140000000", SZ_2M, 0x140000000),
	FIXED("4K@0xfffffffffffff000", SZ_4K, 0xfffffffffffff000),
	BAR("pci:0000:00:10.0/2", 0, 0, 0x10, 0, 2),
	BAR("pci:ffff:ff:1f.7/5", 0xffff, 0xff, 0x1f, 7, 5),
	BAD(""), BAD("x"), BAD("on"), BAD("autox"), BAD("0"), BAD("0K"), BAD("1"),
	BAD("4K@1"), BAD("4K@"), BAD("@4K"), BAD("4K@4K@4K"), BAD("-4K"),
	BAD("4KK"), BAD("4 K"), BAD("4Z"), BAD("0x"), BAD("4K,"),
	BAD("pci:"), BAD("pci:0000:00:10.0"), BAD("pci:0000:00:10.0/6"),
	BAD("pci:0000:00:20.0/0"), BAD("pci:0000:00:10.8/0"),
	BAD("pci:0000:00:10.0/2x"), BAD("pci:00:10.0/2"),
	RANGE("18446744073709551616"), RANGE("16E"), RANGE("0x10000000000000000"),
	RANGE("8K@0xfffffffffffff000"), RANGE("20000000000G"),
	RANGE("1000000000000000000000000000000"), RANGE("4K@16E"),
#undef OFF
#undef AUTO
#undef CARVE
#undef FIXED
#undef BAR
#undef BAD
#undef RANGE
};

static void spec_desc(const struct spec *s, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "'%.*s'",
		 (int)strcspn(s->text, "\n"), s->text);
}

KUNIT_ARRAY_PARAM(spec, specs, spec_desc);

static void parse_spec(struct kunit *test)
{
	const struct spec *s = test->param_value;
	const char *why = NULL;
	struct pfnmap_spec got;

	KUNIT_ASSERT_EQ(test, s->err, pfnmap_parse_spec(s->text, &got, &why));
	if (s->err) {
		KUNIT_EXPECT_NOT_NULL(test, why);
		return;
	}
	KUNIT_EXPECT_EQ(test, got.source, s->spec.source);
	KUNIT_EXPECT_EQ(test, got.bytes, s->spec.bytes);
	KUNIT_EXPECT_EQ(test, got.start, s->spec.start);
	KUNIT_EXPECT_EQ(test, got.bar.domain, s->spec.bar.domain);
	KUNIT_EXPECT_EQ(test, got.bar.bus, s->spec.bar.bus);
	KUNIT_EXPECT_EQ(test, got.bar.devfn, s->spec.bar.devfn);
	KUNIT_EXPECT_EQ(test, got.bar.bar, s->spec.bar.bar);
}

static const struct align {
	const char *text;
	int err;
	u64 bytes;
} aligns[] = {
	{ "auto", 0, 0 },
	{ "4K", 0, PAGE_SIZE },
	{ "4096", 0, PAGE_SIZE },
	{ "2M", 0, PMD_SIZE },
	{ "0x200000", 0, PMD_SIZE },
	{ "1G", 0, PUD_SIZE },
	{ "8K", -EINVAL },
	{ "2G", -EINVAL },
	{ "0", -EINVAL },
	{ "", -EINVAL },
	{ "2Mx", -EINVAL },
	{ "99999999999999999999", -EINVAL },
};

static void align_desc(const struct align *a, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "'%s'", a->text);
}

KUNIT_ARRAY_PARAM(align, aligns, align_desc);

static void parse_align(struct kunit *test)
{
	const struct align *a = test->param_value;
	u64 bytes;

	KUNIT_ASSERT_EQ(test, a->err, pfnmap_parse_align(a->text, &bytes));
	if (!a->err)
		KUNIT_EXPECT_EQ(test, bytes, a->bytes);
}

static const struct mode {
	u32 mode;
	const char *name;
} modes[] = {
	{ PFNMAP_TEST_CACHE_WB, "write-back" },
	{ PFNMAP_TEST_CACHE_UC_MINUS, "uncached-minus" },
	{ PFNMAP_TEST_CACHE_UC, "uncached" },
	{ PFNMAP_TEST_CACHE_WC, "write-combining" },
	{ PFNMAP_TEST_CACHE_WT, "write-through" },
	{ PFNMAP_TEST_CACHE_WP, "write-protected" },
};

static void mode_desc(const struct mode *m, char *desc)
{
	strscpy(desc, m->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(mode, modes, mode_desc);

/* Sets the mode over every mode, and reads it back. The other bits stay as they are. */
static void cache_mode(struct kunit *test)
{
	const struct mode *m = test->param_value;
	pgprot_t prot;
	size_t i;

	KUNIT_EXPECT_STREQ(test, pfnmap_cachemode_name(m->mode), m->name);
	if (!(pfnmap_cachemode_distinct() & PFNMAP_TEST_BIT(m->mode)))
		kunit_skip(test, "another mode has the same bits here");

	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		if (!pfnmap_cachemode_exists(modes[i].mode))
			continue;
		prot = pfnmap_cachemode_set(PAGE_SHARED, modes[i].mode);
		prot = pfnmap_cachemode_set(prot, m->mode);
		KUNIT_EXPECT_EQ(test, pfnmap_cachemode_get(prot), m->mode);
		prot = pfnmap_cachemode_set(prot, PFNMAP_TEST_CACHE_WB);
		KUNIT_EXPECT_EQ(test, pgprot_val(prot), pgprot_val(PAGE_SHARED));
	}
}

static void no_cache_mode(struct kunit *test)
{
	KUNIT_EXPECT_NULL(test, pfnmap_cachemode_name(0));
	KUNIT_EXPECT_NULL(test, pfnmap_cachemode_name(ARRAY_SIZE(modes) + 1));
	KUNIT_EXPECT_NULL(test, pfnmap_cachemode_name(U32_MAX));
}

static struct kunit_case logic_cases[] = {
	KUNIT_CASE_PARAM(parse_spec, spec_gen_params),
	KUNIT_CASE_PARAM(parse_align, align_gen_params),
	KUNIT_CASE_PARAM(cache_mode, mode_gen_params),
	KUNIT_CASE(no_cache_mode),
	{ }
};

static struct kunit_suite logic_suite = {
	.name = "pfnmap_logic",
	.test_cases = logic_cases,
};

kunit_test_suite(logic_suite);
