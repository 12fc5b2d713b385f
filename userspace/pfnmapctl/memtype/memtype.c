// SPDX-License-Identifier: GPL-2.0-only
/* memtype list, memtype map */
#include "memtype.h"

#include <stdio.h>
#include <stdlib.h>

#include "table.h"

static const struct command commands[] = {
	{ "list", "all reservations, or those of a range or region", cmd_memtype_list },
	{ "map", "the same as a picture: which parts are held in which mode", cmd_memtype_map },
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
	struct range range;
};

static error_t list_parse(int key, char *arg, struct argp_state *state)
{
	struct list *list = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = list->common;
		return 0;
	case 's':
		list->range.start = parse_bytes(state, "--start", arg);
		return 0;
	case 'l':
		list->range.last = parse_bytes(state, "--last", arg);
		return 0;
	case 'r':
		list->region = arg;
		return 0;
	case ARGP_KEY_ARG:
		return refuse_argument(state, arg);
	case ARGP_KEY_END:
		if (list->range.last < list->range.start)
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
		fail(region->error, "'pfnmapctl doctor' has the reason", "region %s",
		     region->name);
		return EXIT_UNAVAILABLE;
	}
	list->range.start = region->start;
	list->range.last = region->start + region->bytes - 1;
	return 0;
}

static int print_list(const struct reservations *list,
		      const struct device *device __attribute__((unused)),
		      const struct range *range __attribute__((unused)), bool json)
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
	return table_print(table);
}

/* Does all that list and map have in common: they differ only in @print. */
static int show(struct common *common, int argc, char **argv, const char *doc,
		int (*print)(const struct reservations *list, const struct device *device,
			     const struct range *range, bool json))
{
	static const struct argp_option options[] = {
		{ "start", 's', "ADDR", 0, "First physical address", 0 },
		{ "last", 'l', "ADDR", 0, "Last physical address, inclusive", 0 },
		{ "region", 'r', "NAME", 0, "The range of a region of the module", 0 },
		{ 0 }
	};
	static const struct argp_child children[] = { { &common_argp, 0, NULL, 0 }, { 0 } };
	const struct argp argp = {
		.options = options,
		.parser = list_parse,
		.doc = doc,
		.children = children,
	};
	struct list list = { .common = common, .range.last = UINT64_MAX };
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
		status = reservations_get(&found, &device, list.range.start, list.range.last);
	if (!status && !common->json)
		fprintf(stderr, "provider: %s%s\n", found.provider,
			found.n ? "" : ", nothing is reserved there");
	if (!status)
		status = print(&found, &device, &list.range, common->json);
	free(found.items);
	device_close(&device);
	return status;
}

int cmd_memtype_list(struct common *common, int argc, char **argv)
{
	return show(common, argc, argv,
		    "List the reservations in the PAT memtype tree, by the module or debugfs.",
		    print_list);
}

int cmd_memtype_map(struct common *common, int argc, char **argv)
{
	return show(common, argc, argv,
		    "Show which parts of physical memory the PAT memtype tree holds in which mode.\n"
		    "\vAddresses go downwards, each mode is a column, each # a reservation. HOLDER\n"
		    "is the owner of the memory, by /proc/iomem. Memory without a # is not\n"
		    "tracked: without --last or --region, such memory is shown only where it is\n"
		    "a region of the module.",
		    map_print);
}
