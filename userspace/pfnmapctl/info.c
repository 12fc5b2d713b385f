// SPDX-License-Identifier: GPL-2.0-only
/* The command info: what the module has on this kernel, and why the rest is missing. */
#include "ctl.h"

#include <stdio.h>
#include <stdlib.h>

#include "array.h"
#include "flags.h"
#include "table.h"
#include "text.h"

enum {
	KIND,
	NAME,
	AVAILABLE,
	ERROR,
	REASON,
	START,
	BYTES,
	REGIONS,
	LEVELS,
	FLAGS,
};

static const struct column columns[] = {
	[KIND] = { "kind", COLUMN_TEXT },
	[NAME] = { "name", COLUMN_TEXT },
	[AVAILABLE] = { "available", COLUMN_BOOL },
	[ERROR] = { "error", COLUMN_TEXT },
	[REASON] = { "reason", COLUMN_TEXT },
	[START] = { "start", COLUMN_TEXT },
	[BYTES] = { "bytes", COLUMN_NUMBER },
	[REGIONS] = { "regions", COLUMN_TEXT },
	[LEVELS] = { "levels", COLUMN_TEXT },
	[FLAGS] = { "flags", COLUMN_TEXT },
};

/* The item's own flags, and the flags of SET_MAP that it takes. */
static void set_flags(struct table *table, const struct pfnmap_test_describe *item)
{
	char *can = flags_text(desc_flags, item->flags, ",");
	char *takes = flags_text(map_flags, item->map_flags, ",");

	if (can && takes && (*can || *takes))
		table_set(table, FLAGS, "%s%s%s", can, *can && *takes ? "," : "", takes);
	free(can);
	free(takes);
}

static void set_mask(struct table *table, size_t column, const struct device *device,
		     uint32_t kind, uint64_t mask)
{
	char *names = catalog_mask(&device->catalog, kind, mask);

	if (names && *names)
		table_set(table, column, "%s", names);
	free(names);
}

/* A level is available if a method can reach it. */
static bool reachable(const struct device *device, uint32_t level)
{
	const struct pfnmap_test_describe *item;
	size_t i;

	for (i = 0; i < device->catalog.n; i++) {
		item = &device->catalog.items[i];
		if (item->kind == PFNMAP_TEST_KIND_METHOD && item->levels & PFNMAP_TEST_BIT(level))
			return true;
	}
	return false;
}

static bool available(const struct device *device, const struct pfnmap_test_describe *item)
{
	switch (item->kind) {
	case PFNMAP_TEST_KIND_REGION:
		return device->info.regions & PFNMAP_TEST_BIT(item->id);
	case PFNMAP_TEST_KIND_METHOD:
		return device->info.methods & PFNMAP_TEST_BIT(item->id);
	case PFNMAP_TEST_KIND_CACHE_MODE:
		return device->info.cache_modes & PFNMAP_TEST_BIT(item->id);
	default:
		return reachable(device, item->id);
	}
}

static void add_item(struct table *table, const struct device *device,
		     const struct pfnmap_test_describe *item, const char *kind)
{
	table_row(table);
	table_set(table, KIND, "%s", kind);
	table_set(table, NAME, "%s", item->name);
	table_set_bool(table, AVAILABLE, available(device, item));
	if (item->error)
		table_set(table, ERROR, "%s", text_errno(item->error));
	if (method_missing(item))
		table_set(table, REASON, METHOD_MISSING);
	if (item->start)
		table_set(table, START, "0x%llx", item->start);
	if (item->bytes)
		table_set(table, BYTES, "%llu", item->bytes);
	set_mask(table, REGIONS, device, PFNMAP_TEST_KIND_REGION, item->regions);
	set_mask(table, LEVELS, device, PFNMAP_TEST_KIND_LEVEL, item->levels);
	set_flags(table, item);
}

static void add_capabilities(struct table *table, const struct device *device)
{
	const struct flag *flag;

	for (flag = info_flags; flag->name; flag++) {
		table_row(table);
		table_set(table, KIND, "capability");
		table_set(table, NAME, "%s", flag->name);
		table_set_bool(table, AVAILABLE, device->info.flags & flag->bit);
		if (flag->bit == PFNMAP_TEST_INFO_MEMTYPE && device->info.memtype_error)
			table_set(table, ERROR, "%s", text_errno(device->info.memtype_error));
	}
}

/* People get a table for each kind, which shows only the columns that this kind fills. */
static struct table *next_table(struct table *table, bool json)
{
	if (json)
		return table;
	table_print(table);
	putchar('\n');
	return table_new(columns, ARRAY_SIZE(columns), json);
}

static int show(const struct device *device, bool json)
{
	static const char * const kinds[] = {
		[PFNMAP_TEST_KIND_REGION] = "region",
		[PFNMAP_TEST_KIND_METHOD] = "method",
		[PFNMAP_TEST_KIND_CACHE_MODE] = "cache-mode",
		[PFNMAP_TEST_KIND_LEVEL] = "level",
	};
	struct table *table = table_new(columns, ARRAY_SIZE(columns), json);
	const struct pfnmap_test_describe *item;
	uint32_t kind;
	size_t i;

	for (kind = PFNMAP_TEST_KIND_REGION; kind <= PFNMAP_TEST_KIND_LEVEL; kind++) {
		for (i = 0; i < device->catalog.n; i++) {
			item = &device->catalog.items[i];
			if (item->kind == kind)
				add_item(table, device, item, kinds[kind]);
		}
		table = next_table(table, json);
	}
	add_capabilities(table, device);
	return table_print(table);
}

int cmd_info(struct common *common, int argc, char **argv)
{
	struct device device;
	int status;

	status = command_parse_plain("Show what the loaded module can do on this kernel.", common,
				     argc, argv);
	if (status)
		return status;
	status = device_open(&device, common);
	if (status)
		return status;
	status = show(&device, common->json);
	device_close(&device);
	return status;
}
