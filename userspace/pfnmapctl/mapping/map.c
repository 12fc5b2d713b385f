// SPDX-License-Identifier: GPL-2.0-only
/* The command map: maps as the user asks, touches each page, and shows what came out. */
#include "mapping.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "array.h"
#include "fault.h"
#include "text.h"
#include "tracking.h"

enum {
	ADDRESS,
	BYTES,
	RESULT,
	TOUCHED,
	LEVEL,
	REQUESTED,
	EFFECTIVE,
	SPECIAL,
	TRACKING,
	REFS,
	TRACK_START,
	TRACK_BYTES,
};

static const struct column columns[] = {
	[ADDRESS] = { "address", COLUMN_TEXT },
	[BYTES] = { "bytes", COLUMN_NUMBER },
	[RESULT] = { "result", COLUMN_TEXT },
	[TOUCHED] = { "touched", COLUMN_NUMBER },
	[LEVEL] = { "level", COLUMN_TEXT },
	[REQUESTED] = { "requested", COLUMN_TEXT },
	[EFFECTIVE] = { "effective", COLUMN_TEXT },
	[SPECIAL] = { "special", COLUMN_BOOL },
	[TRACKING] = { "tracking", COLUMN_TEXT },
	[REFS] = { "refs", COLUMN_NUMBER },
	[TRACK_START] = { "tracked", COLUMN_TEXT },
	[TRACK_BYTES] = { "tracked_bytes", COLUMN_NUMBER },
};

struct map {
	struct common *common;
	struct request request;
	uint64_t count;
};

static error_t map_parse(int key, char *arg, struct argp_state *state)
{
	struct map *map = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = map->common;
		state->child_inputs[1] = &map->request;
		return 0;
	case 'n':
		map->count = parse_bytes(state, "--count", arg);
		if (!map->count)
			argp_error(state, "--count: at least 1");
		return 0;
	case ARGP_KEY_ARG:
		return refuse_argument(state, arg);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void set_leaf(struct table *table, const struct device *device,
		     const struct mapping *mapping)
{
	struct pfnmap_test_leaf leaf;

	if (pfnmap_leaf(device->fd, mapping->start, &leaf) ||
	    !(leaf.flags & PFNMAP_TEST_LEAF_PRESENT))
		return;
	table_set(table, LEVEL, "%s",
		  catalog_name(&device->catalog, PFNMAP_TEST_KIND_LEVEL, leaf.level));
	table_set(table, EFFECTIVE, "%s",
		  catalog_name(&device->catalog, PFNMAP_TEST_KIND_CACHE_MODE, leaf.cache_mode));
	if (leaf.known & PFNMAP_TEST_LEAF_SPECIAL)
		table_set_bool(table, SPECIAL, leaf.flags & PFNMAP_TEST_LEAF_SPECIAL);
}

static void set_vma(struct table *table, const struct device *device,
		    const struct mapping *mapping)
{
	struct pfnmap_test_vma vma;

	if (pfnmap_vma(device->fd, mapping->start, &vma))
		return;
	table_set(table, TRACKING, "%s", tracking_name(vma.tracking));
	if (!vma.track_refs)
		return;
	table_set(table, REFS, "%u", vma.track_refs);
	table_set(table, TRACK_START, "0x%llx", vma.track_start);
	table_set(table, TRACK_BYTES, "%llu", vma.track_bytes);
}

/* One mapping, one row. Returns an exit status. */
static int add_mapping(struct table *table, const struct device *device, const struct map *map,
		       struct mapping *mapping)
{
	const struct request *request = &map->request;
	size_t touched;
	int err, sig;

	table_row(table);
	table_set(table, BYTES, "%lu", request->bytes);
	table_set(table, REQUESTED, "%s", request->mode);
	err = mapping_make(mapping, request, device);
	if (err) {
		table_set(table, RESULT, "%s", text_errno(err));
		return fail(err, mapping_advice(err), "mmap of %lu bytes at offset 0x%lx",
			    request->bytes, request->offset);
	}
	sig = mapping_touch(mapping, !request->read_only, &touched);
	table_set(table, ADDRESS, "%p", (void *)mapping->start);
	table_set(table, RESULT, "%s", sig ? fault_name(sig) : "ok");
	table_set(table, TOUCHED, "%zu", touched);
	set_leaf(table, device, mapping);
	set_vma(table, device, mapping);
	return sig ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int map_all(struct device *device, struct map *map)
{
	struct mapping *mappings;
	struct table *table;
	int status, one;
	uint64_t i;

	status = request_apply(&map->request, device);
	if (status)
		return status;
	mappings = calloc(map->count, sizeof(*mappings));
	if (!mappings)
		return fail(ENOMEM, NULL, "--count");
	table = table_new(columns, ARRAY_SIZE(columns), map->common->json);
	for (i = 0; i < map->count; i++) {
		one = add_mapping(table, device, map, &mappings[i]);
		if (one)
			status = one;
	}
	one = table_print(table);
	request_hold(&map->request);
	for (i = 0; i < map->count; i++)
		mapping_drop(&mappings[i]);
	free(mappings);
	return status ? status : one;
}

int cmd_map(struct common *common, int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "count", 'n', "NUMBER", 0, "Make NUMBER mappings at once (1)", 1 },
		{ 0 }
	};
	static const struct argp_child children[] = {
		{ &common_argp, 0, NULL, 0 }, { &request_argp, 0, NULL, 0 }, { 0 }
	};
	static const struct argp argp = {
		.options = options,
		.parser = map_parse,
		.doc = "Make a mapping, touch each page, and show what came out.",
		.children = children,
	};
	struct map map = { .common = common, .count = 1 };
	struct device device;
	int status;

	status = command_parse(&argp, argc, argv, &map);
	if (status)
		return status;
	status = device_open(&device, common);
	if (status)
		return status;
	status = map_all(&device, &map);
	device_close(&device);
	return status;
}
