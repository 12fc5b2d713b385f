// SPDX-License-Identifier: GPL-2.0-only
/*
 * page_map: page maps that memremap_pages() refuses. The kernel warns of each, so the cases run
 * where a case can hide the warning.
 */
#include <linux/align.h>
#include <linux/memremap.h>
#include <linux/numa.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "fixture.h"

#if defined(CONFIG_ZONE_DEVICE) && defined(kunit_warning_suppress)
#define MMIO	PFNMAP_TEST_REGION_MMIO
#define RAM	PFNMAP_TEST_REGION_RAM

static void no_free(struct folio *folio)
{
}

PFNMAP_DEFINE_FOLIO_FREE(no_free)

static vm_fault_t no_migrate(struct vm_fault *vmf)
{
	return VM_FAULT_SIGBUS;
}

static const struct dev_pagemap_ops all_ops = {
	PFNMAP_FOLIO_FREE(no_free),
	.migrate_to_ram = no_migrate,
};

static const struct dev_pagemap_ops free_alone = {
	PFNMAP_FOLIO_FREE(no_free),
};

static const struct dev_pagemap_ops migrate_alone = {
	.migrate_to_ram = no_migrate,
};

static const struct refused {
	const char *what;
	enum memory_type type;
	int nr_range;
	unsigned long shift;
	const struct dev_pagemap_ops *ops;
	bool owned;
	u32 region;
	unsigned long from;	/* where the range begins, behind the 2 MiB that are taken */
	int err;
} refusals[] = {
	{ "no range", MEMORY_DEVICE_GENERIC, 0, 0, NULL, false, MMIO, SZ_2M, -EINVAL },
	{ "folios too large", MEMORY_DEVICE_GENERIC, 1, MAX_FOLIO_ORDER + 1, NULL, false, MMIO,
	  SZ_2M, -EINVAL },
	{ "private, no callbacks", MEMORY_DEVICE_PRIVATE, 1, 0, NULL, true, MMIO, SZ_2M, -EINVAL },
	{ "private, no migrate_to_ram()", MEMORY_DEVICE_PRIVATE, 1, 0, &free_alone, true, MMIO,
	  SZ_2M, -EINVAL },
	{ "private, no folio_free()", MEMORY_DEVICE_PRIVATE, 1, 0, &migrate_alone, true, MMIO,
	  SZ_2M, -EINVAL },
	{ "private, no owner", MEMORY_DEVICE_PRIVATE, 1, 0, &all_ops, false, MMIO, SZ_2M, -EINVAL },
	{ "coherent, no folio_free()", MEMORY_DEVICE_COHERENT, 1, 0, &migrate_alone, true, MMIO,
	  SZ_2M, -EINVAL },
	{ "coherent, no owner", MEMORY_DEVICE_COHERENT, 1, 0, &all_ops, false, MMIO, SZ_2M,
	  -EINVAL },
	{ "System RAM", MEMORY_DEVICE_GENERIC, 1, 0, NULL, false, RAM, 0, -ENXIO },
	{ "the first page is taken", MEMORY_DEVICE_GENERIC, 1, 0, NULL, false, MMIO, 0, -ENOMEM },
	{ "the last page is taken", MEMORY_DEVICE_GENERIC, 1, 0, NULL, false, MMIO, -SZ_2M,
	  -ENOMEM },
};

static void refused_desc(const struct refused *r, char *desc)
{
	strscpy(desc, r->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(refused, refusals, refused_desc);

static void unmap(void *pgmap)
{
	memunmap_pages(pgmap);
}

KUNIT_DEFINE_ACTION_WRAPPER(unmap_action, unmap, void *);

static struct dev_pagemap *new_map(struct kunit *test, u64 start, u64 bytes)
{
	struct dev_pagemap *pgmap = kunit_kzalloc(test, sizeof(*pgmap), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, pgmap);
	pgmap->type = MEMORY_DEVICE_GENERIC;
	pgmap->nr_range = 1;
	pgmap->range.start = start;
	pgmap->range.end = start + bytes - 1;
	return pgmap;
}

static bool has_page(u64 start)
{
	struct dev_pagemap *found = compat_get_dev_pagemap(PHYS_PFN(start));

	if (found)
		put_dev_pagemap(found);
	return found;
}

/* Of the refused one nothing is left, and the page map that is there keeps its pages. */
static void refused(struct kunit *test)
{
	const struct refused *r = test->param_value;
	struct dev_pagemap *taken, *pgmap;
	struct kt *kt = test->priv;
	void *addr = NULL;
	u64 start, from;

	kt_need_region(kt, MMIO, 4 * SZ_2M);
	kt_need_region(kt, RAM, PAGE_SIZE);
	start = ALIGN(kt->regions[MMIO].start, SZ_2M) + SZ_2M;
	taken = new_map(test, start, SZ_2M);
	addr = memremap_pages(taken, NUMA_NO_NODE);
	KUNIT_ASSERT_FALSE_MSG(test, IS_ERR(addr), "memremap_pages: %ld", PTR_ERR(addr));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, unmap_action, taken));

	from = r->region == RAM ? ALIGN_DOWN(kt->regions[RAM].start, SZ_2M) : start + r->from;
	pgmap = new_map(test, from, from < start && r->region == MMIO ? 2 * SZ_2M : SZ_2M);
	pgmap->type = r->type;
	pgmap->nr_range = r->nr_range;
	pgmap->vmemmap_shift = r->shift;
	pgmap->ops = r->ops;
	pgmap->owner = r->owned ? pgmap : NULL;
	kunit_warning_suppress(test) {
		addr = memremap_pages(pgmap, NUMA_NO_NODE);
	}
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(addr), r->err);
	if (!IS_ERR(addr))
		memunmap_pages(pgmap);

	KUNIT_EXPECT_TRUE(test, has_page(start));
	KUNIT_EXPECT_TRUE(test, has_page(start + SZ_2M - PAGE_SIZE));
	KUNIT_EXPECT_FALSE(test, has_page(start - PAGE_SIZE));
	KUNIT_EXPECT_FALSE(test, has_page(start + SZ_2M));
	/* Before kt_exit(), which looks for reservations. */
	kunit_release_action(test, unmap_action, taken);
	KUNIT_EXPECT_FALSE(test, has_page(start));
}

static struct kunit_case page_map_cases[] = {
	KUNIT_CASE_PARAM(refused, refused_gen_params),
	{}
};

static struct kunit_suite page_map_suite = {
	.name = "page_map",
	.init = kt_init,
	.exit = kt_exit,
	.test_cases = page_map_cases,
};

kunit_test_suite(page_map_suite);
#endif
