// SPDX-License-Identifier: GPL-2.0-only
#include "atlas.h"

#include <errno.h>
#include <stdio.h>
#include <sys/utsname.h>

#include "fault.h"
#include "table.h"
#include "text.h"

enum {
	KERNEL,
	METHOD,
	REGION,
	REQUESTED,
	EFFECTIVE,
	SHARING,
	RESERVED,
	RESULT,
	LEVEL,
	SPECIAL,
	TRACKED,
	REFCOUNTED,
	GUP_SLOW,
	GUP_FAST,
	GUP_LONGTERM,
	COW,
};

static const struct column columns[] = {
	[KERNEL] = { "kernel", COLUMN_TEXT },
	[METHOD] = { "method", COLUMN_TEXT },
	[REGION] = { "region", COLUMN_TEXT },
	[REQUESTED] = { "requested", COLUMN_TEXT },
	[EFFECTIVE] = { "effective", COLUMN_TEXT },
	[SHARING] = { "sharing", COLUMN_TEXT },
	[RESERVED] = { "reserved", COLUMN_BOOL },
	[RESULT] = { "result", COLUMN_TEXT },
	[LEVEL] = { "level", COLUMN_TEXT },
	[SPECIAL] = { "special", COLUMN_BOOL },
	[TRACKED] = { "tracked", COLUMN_BOOL },
	[REFCOUNTED] = { "refcounted", COLUMN_BOOL },
	[GUP_SLOW] = { "gup_slow", COLUMN_TEXT },
	[GUP_FAST] = { "gup_fast", COLUMN_TEXT },
	[GUP_LONGTERM] = { "gup_longterm", COLUMN_TEXT },
	[COW] = { "cow", COLUMN_TEXT },
};

struct atlas {
	struct common *common;
	const char *kernel;
	bool reserved;
	struct device device;
	struct table *table;
};

static error_t atlas_parse(int key, char *arg, struct argp_state *state)
{
	struct atlas *atlas = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = atlas->common;
		return 0;
	case 'r':
		atlas->reserved = true;
		return 0;
	case ARGP_KEY_ARG:
		return refuse_argument(state, arg);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const char *outcome(int err, int sig)
{
	return err ? text_errno(err) : sig ? fault_name(sig) : "ok";
}

static void set_answer(struct table *table, size_t column, enum answer answer)
{
	if (answer != ANSWER_UNKNOWN)
		table_set_bool(table, column, answer == ANSWER_YES);
}

static void set_cow(struct table *table, const struct tried *tried)
{
	if (tried->cow_err || tried->cow_sig)
		table_set(table, COW, "%s", outcome(tried->cow_err, tried->cow_sig));
	else if (tried->copied != ANSWER_UNKNOWN)
		table_set(table, COW, tried->copied == ANSWER_YES ? "copied" : "not copied");
}

static void set_tried(const struct atlas *atlas, const struct ask *ask, const struct tried *tried)
{
	const struct catalog *catalog = &atlas->device.catalog;
	struct table *table = atlas->table;

	table_set(table, RESULT, "%s", outcome(tried->err, tried->sig));
	if (ask->private)
		set_cow(table, tried);
	if (tried->err)
		return;
	set_answer(table, TRACKED, tried->tracked);
	if (!tried->present)
		return;
	table_set(table, EFFECTIVE, "%s",
		  catalog_name(catalog, PFNMAP_TEST_KIND_CACHE_MODE, tried->cache_mode));
	table_set(table, LEVEL, "%s",
		  catalog_name(catalog, PFNMAP_TEST_KIND_LEVEL, tried->level));
	set_answer(table, SPECIAL, tried->special);
}

static void add_row(const struct atlas *atlas, const struct ask *ask)
{
	const struct catalog *catalog = &atlas->device.catalog;
	struct table *table = atlas->table;
	struct tried tried;

	table_row(table);
	table_set(table, KERNEL, "%s", atlas->kernel);
	table_set(table, METHOD, "%s",
		  catalog_name(catalog, PFNMAP_TEST_KIND_METHOD, ask->map.method));
	table_set(table, REGION, "%s",
		  catalog_name(catalog, PFNMAP_TEST_KIND_REGION, ask->map.region));
	table_set(table, REQUESTED, "%s",
		  catalog_name(catalog, PFNMAP_TEST_KIND_CACHE_MODE, ask->map.cache_mode));
	table_set(table, SHARING, ask->private ? "private" : "shared");
	table_set_bool(table, RESERVED, ask->reserve);
	atlas_try(ask, &tried);
	set_tried(atlas, ask, &tried);
}

/* Both ways to share, and if asked for, again with the mode held. */
static void add_rows(const struct atlas *atlas, struct ask ask)
{
	int reserve, private;

	for (reserve = 0; reserve <= atlas->reserved; reserve++) {
		for (private = 0; private <= 1; private++) {
			ask.reserve = reserve;
			ask.private = private;
			add_row(atlas, &ask);
		}
	}
}

/* The next of a kind after @item, from the first if that is NULL. */
static const struct pfnmap_test_describe *next(const struct atlas *atlas, uint32_t kind,
					       const struct pfnmap_test_describe *item)
{
	const struct catalog *catalog = &atlas->device.catalog;

	for (item = item ? item + 1 : catalog->items; item < catalog->items + catalog->n; item++)
		if (item->kind == kind)
			return item;
	return NULL;
}

static uint32_t highest_level(const struct pfnmap_test_describe *method)
{
	uint32_t level = PFNMAP_TEST_LEVEL_PTE, id;

	for (id = 1; id < 64; id++)
		if (method->levels & PFNMAP_TEST_BIT(id))
			level = id;
	return level;
}

static int try_all(struct atlas *atlas)
{
	const struct pfnmap_test_describe *method = NULL, *region, *mode;
	struct ask ask = { .device = atlas->common->device };

	atlas->table = table_new(columns, sizeof(columns) / sizeof(*columns),
				 atlas->common->json);
	while ((method = next(atlas, PFNMAP_TEST_KIND_METHOD, method))) {
		ask.map.method = method->id;
		ask.map.level = highest_level(method);
		region = NULL;
		while ((region = next(atlas, PFNMAP_TEST_KIND_REGION, region))) {
			if (!region->bytes)
				continue;
			ask.map.region = region->id;
			ask.start = region->start;
			mode = NULL;
			while ((mode = next(atlas, PFNMAP_TEST_KIND_CACHE_MODE, mode))) {
				ask.map.cache_mode = mode->id;
				add_rows(atlas, ask);
			}
		}
	}
	return table_print(atlas->table);
}

int cmd_atlas(struct common *common, int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "reserved", 'r', NULL, 0, "Each once more, with the mode reserved first", 0 },
		{ 0 }
	};
	static const struct argp_child children[] = { { &common_argp, 0, NULL, 0 }, { 0 } };
	static const struct argp argp = {
		.options = options,
		.parser = atlas_parse,
		.doc = "Try every method, region and cache mode, shared and private.",
		.children = children,
	};
	struct atlas atlas = { .common = common };
	struct utsname name;
	int status;

	status = command_parse(&argp, argc, argv, &atlas);
	if (status)
		return status;
	if (uname(&name))
		return fail(errno, NULL, "uname");
	atlas.kernel = name.release;
	status = device_open(&atlas.device, common);
	if (status)
		return status;
	status = try_all(&atlas);
	device_close(&atlas.device);
	return status;
}
