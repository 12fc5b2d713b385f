// SPDX-License-Identifier: GPL-2.0-only
/* Rows of page-table entries: one for each run of equal ones. */
#include "mapping.h"

#include <stdio.h>
#include <unistd.h>

#include "level.h"

const struct column leaf_columns[LEAF_COLUMNS] = {
	[LEAF_PHASE] = { "phase", COLUMN_TEXT },
	[LEAF_RESULT] = { "result", COLUMN_TEXT },
	[LEAF_OFFSET] = { "offset", COLUMN_TEXT },
	[LEAF_BYTES] = { "bytes", COLUMN_NUMBER },
	[LEAF_LEVEL] = { "level", COLUMN_TEXT },
	[LEAF_MODE] = { "mode", COLUMN_TEXT },
	[LEAF_PHYSICAL] = { "physical", COLUMN_TEXT },
	[LEAF_REGION] = { "region", COLUMN_TEXT },
	[LEAF_WRITABLE] = { "writable", COLUMN_BOOL },
	[LEAF_DIRTY] = { "dirty", COLUMN_BOOL },
	[LEAF_YOUNG] = { "young", COLUMN_BOOL },
	[LEAF_SPECIAL] = { "special", COLUMN_BOOL },
};

struct run {
	size_t offset;
	size_t pages;
	struct pfnmap_test_leaf leaf;	/* of the first page */
};

static bool continues(const struct run *run, const struct pfnmap_test_leaf *leaf)
{
	if (run->leaf.flags != leaf->flags || run->leaf.level != leaf->level ||
	    run->leaf.cache_mode != leaf->cache_mode)
		return false;
	return !(leaf->flags & PFNMAP_TEST_LEAF_PRESENT) ||
	       leaf->pfn == run->leaf.pfn + run->pages;
}

static void set_flag(struct table *table, size_t column, const struct pfnmap_test_leaf *leaf,
		     uint32_t flag)
{
	if (leaf->known & flag)
		table_set_bool(table, column, leaf->flags & flag);
}

static void add_run(struct table *table, const struct device *device, const struct run *run,
		    const char *phase, const char *result)
{
	const struct pfnmap_test_leaf *leaf = &run->leaf;
	const struct pfnmap_test_describe *region;
	size_t page = sysconf(_SC_PAGESIZE);

	table_row(table);
	if (phase)
		table_set(table, LEAF_PHASE, "%s", phase);
	if (result)
		table_set(table, LEAF_RESULT, "%s", result);
	table_set(table, LEAF_OFFSET, "0x%zx", run->offset);
	table_set(table, LEAF_BYTES, "%zu", run->pages * page);
	if (!(leaf->flags & PFNMAP_TEST_LEAF_PRESENT)) {
		table_set(table, LEAF_LEVEL, "none");
		return;
	}
	table_set(table, LEAF_LEVEL, "%s",
		  catalog_name(&device->catalog, PFNMAP_TEST_KIND_LEVEL, leaf->level));
	table_set(table, LEAF_MODE, "%s",
		  catalog_name(&device->catalog, PFNMAP_TEST_KIND_CACHE_MODE, leaf->cache_mode));
	table_set(table, LEAF_PHYSICAL, "0x%llx", leaf->pfn * page);
	region = catalog_region_of(&device->catalog, leaf->pfn * page);
	if (region)
		table_set(table, LEAF_REGION, "%s+0x%llx", region->name,
			  leaf->pfn * page - region->start);
	set_flag(table, LEAF_WRITABLE, leaf, PFNMAP_TEST_LEAF_WRITABLE);
	set_flag(table, LEAF_DIRTY, leaf, PFNMAP_TEST_LEAF_DIRTY);
	set_flag(table, LEAF_YOUNG, leaf, PFNMAP_TEST_LEAF_YOUNG);
	set_flag(table, LEAF_SPECIAL, leaf, PFNMAP_TEST_LEAF_SPECIAL);
}

/* How far the entry goes from the address that was asked about, in bytes. */
static size_t rest_of_leaf(const struct pfnmap_test_leaf *leaf, size_t most)
{
	size_t bytes = sysconf(_SC_PAGESIZE);

	if (leaf->flags & PFNMAP_TEST_LEAF_PRESENT)
		bytes = level_leaf(leaf->level) - leaf->address % level_leaf(leaf->level);
	return bytes < most ? bytes : most;
}

/**
 * leaves_add() - add the entries behind a mapping, which is not touched
 * @table: made of leaf_columns
 * @device: open device
 * @mapping: the mapping
 * @phase: for the column of that name, or NULL
 * @result: for the column of that name, or NULL
 *
 * Return: 0, or an exit status after a message
 */
int leaves_add(struct table *table, const struct device *device, const struct mapping *mapping,
	       const char *phase, const char *result)
{
	size_t page = sysconf(_SC_PAGESIZE), offset, step;
	struct run run = { .pages = 0 };
	struct pfnmap_test_leaf leaf;
	int err;

	for (offset = 0; offset < mapping->bytes; offset += step) {
		err = pfnmap_leaf(device->fd, mapping->start + offset, &leaf);
		if (err)
			return fail(err, NULL, "LEAF at offset 0x%zx", offset);
		step = rest_of_leaf(&leaf, mapping->bytes - offset);
		if (run.pages && continues(&run, &leaf)) {
			run.pages += step / page;
			continue;
		}
		if (run.pages)
			add_run(table, device, &run, phase, result);
		run = (struct run){ .offset = offset, .pages = step / page, .leaf = leaf };
	}
	if (run.pages)
		add_run(table, device, &run, phase, result);
	return 0;
}
