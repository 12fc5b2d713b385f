// SPDX-License-Identifier: GPL-2.0-only
/* memtype list, memtype lookup */
#include "memtype.h"

#include <stdio.h>
#include <stdlib.h>

#include "table.h"

static const struct command commands[] = {
	{ "list", "all reservations, or those of a range or region", cmd_memtype_list },
	{ "lookup", "mode and holder of one address", cmd_memtype_lookup },
	{ "reserve", "hold a mode on part of a region", cmd_memtype_reserve },
	{ 0 }
};

int cmd_memtype(struct common *common, int argc, char **argv)
{
	return command_dispatch(commands, common, argc, argv);
}

struct list {
	struct common *common;
	const char *region;
	uint64_t start;
	uint64_t last;
};

static error_t list_parse(int key, char *arg, struct argp_state *state)
{
	struct list *list = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = list->common;
		return 0;
	case 's':
		list->start = parse_bytes(state, "--start", arg);
		return 0;
	case 'l':
		list->last = parse_bytes(state, "--last", arg);
		return 0;
	case 'r':
		list->region = arg;
		return 0;
	case ARGP_KEY_ARG:
		return refuse_argument(state, arg);
	case ARGP_KEY_END:
		if (list->last < list->start)
			argp_error(state, "--last is below --start");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* Narrows the range to the region, which only the module knows. */
static int narrow(struct list *list, const struct device *device)
{
	const struct pfnmap_test_describe *region;
	uint32_t id;
	int status;

	if (!list->region)
		return 0;
	if (device->fd < 0) {
		fputs("pfnmapctl: --region: module is not loaded: run 'pfnmapctl load'\n", stderr);
		return EXIT_UNAVAILABLE;
	}
	status = device_id(device, PFNMAP_TEST_KIND_REGION, "region", list->region, &id);
	if (status)
		return status;
	region = catalog_by_id(&device->catalog, PFNMAP_TEST_KIND_REGION, id);
	if (!region->bytes) {
		fail(region->error, "see dmesg", "region %s", region->name);
		return EXIT_UNAVAILABLE;
	}
	list->start = region->start;
	list->last = region->start + region->bytes - 1;
	return 0;
}

static int print_reservations(const struct reservations *list, bool json)
{
	static const struct column columns[] = {
		{ "start", COLUMN_TEXT },
		{ "end", COLUMN_TEXT },
		{ "bytes", COLUMN_NUMBER },
		{ "mode", COLUMN_TEXT },
		{ "provider", COLUMN_TEXT },
	};
	struct table *table = table_new(columns, json ? 5 : 4, json);
	const struct reservation *item;

	for (item = list->items; item < list->items + list->n; item++) {
		table_row(table);
		table_set(table, 0, "0x%lx", item->start);
		table_set(table, 1, "0x%lx", item->end);
		table_set(table, 2, "%lu", item->end - item->start);
		table_set(table, 3, "%s", item->mode);
		if (json)
			table_set(table, 4, "%s", list->provider);
	}
	if (!json)
		fprintf(stderr, "provider: %s%s\n", list->provider,
			list->n ? "" : ", nothing is reserved there");
	return table_print(table);
}

int cmd_memtype_list(struct common *common, int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "start", 's', "ADDR", 0, "First physical address", 0 },
		{ "last", 'l', "ADDR", 0, "Last physical address, inclusive", 0 },
		{ "region", 'r', "NAME", 0, "The range of a region of the module", 0 },
		{ 0 }
	};
	static const struct argp_child children[] = { { &common_argp, 0, NULL, 0 }, { 0 } };
	static const struct argp argp = {
		.options = options,
		.parser = list_parse,
		.doc = "List the reservations in the PAT memtype tree, by the module or debugfs.",
		.children = children,
	};
	struct list list = { .common = common, .last = UINT64_MAX };
	struct reservations found = { 0 };
	struct device device;
	int status;

	if (command_parse(&argp, argc, argv, &list))
		return EXIT_USAGE;
	status = device_open_if_any(&device, common);
	if (status)
		return status;
	status = narrow(&list, &device);
	if (!status)
		status = reservations_get(&found, &device, list.start, list.last);
	if (!status)
		status = print_reservations(&found, common->json);
	free(found.items);
	device_close(&device);
	return status;
}
