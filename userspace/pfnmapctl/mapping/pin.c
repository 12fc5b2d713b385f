// SPDX-License-Identifier: GPL-2.0-only
/* The command pin: has the module pin a mapping's pages, and shows what GUP said. */
#include "mapping.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "array.h"
#include "text.h"

enum {
	OPT_WRITE = 0x200,	/* request.c uses keys below */
};

struct how {
	const char *name;
	uint32_t how;
	uint32_t flags;
};

struct pin {
	struct common *common;
	struct request request;
	const struct how *how;
	bool write;
};

static const struct how ways[] = {
	{ "slow", PFNMAP_TEST_PIN_SLOW, 0 },
	{ "fast", PFNMAP_TEST_PIN_FAST, 0 },
	{ "longterm", PFNMAP_TEST_PIN_SLOW, PFNMAP_TEST_PIN_LONGTERM },
	{ 0 }
};

static const struct how *way_of(struct argp_state *state, const char *name)
{
	const struct how *way;

	for (way = ways; way->name; way++)
		if (!strcmp(way->name, name))
			return way;
	argp_error(state, "--how: '%s' is none of slow, fast, longterm", name);
	return ways;
}

static error_t pin_parse(int key, char *arg, struct argp_state *state)
{
	struct pin *pin = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = pin->common;
		state->child_inputs[1] = &pin->request;
		return 0;
	case 'w':
		pin->how = way_of(state, arg);
		return 0;
	case OPT_WRITE:
		pin->write = true;
		return 0;
	case ARGP_KEY_ARG:
		return refuse_argument(state, arg);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

enum {
	HOW,
	WRITE,
	BYTES,
	RESULT,
	PHYSICAL,
	REGION,
	WORD,
};

static const struct column columns[] = {
	[HOW] = { "how", COLUMN_TEXT },
	[WRITE] = { "write", COLUMN_BOOL },
	[BYTES] = { "bytes", COLUMN_NUMBER },
	[RESULT] = { "result", COLUMN_TEXT },
	[PHYSICAL] = { "physical", COLUMN_TEXT },
	[REGION] = { "region", COLUMN_TEXT },
	[WORD] = { "word", COLUMN_TEXT },
};

static int show(const struct pin *pin, const struct device *device,
		const struct pfnmap_test_pin *got, int err)
{
	struct table *table = table_new(columns, ARRAY_SIZE(columns), pin->common->json);
	uint64_t physical = got->pfn * sysconf(_SC_PAGESIZE);
	const struct pfnmap_test_describe *region;

	table_row(table);
	table_set(table, HOW, "%s", pin->how->name);
	table_set_bool(table, WRITE, pin->write);
	table_set(table, BYTES, "%llu", got->bytes);
	table_set(table, RESULT, "%s", err ? text_errno(err) : "ok");
	if (!err) {
		table_set(table, PHYSICAL, "0x%lx", physical);
		region = catalog_region_of(&device->catalog, physical);
		if (region)
			table_set(table, REGION, "%s+0x%llx", region->name,
				  physical - region->start);
		table_set(table, WORD, "0x%016llx", got->word);
	}
	return table_print(table);
}

/* Holds the pages for as long as the user asked. */
static int pin_and_hold(const struct pin *pin, const struct device *device,
			const struct mapping *mapping)
{
	struct pfnmap_test_pin arg = {
		.how = pin->how->how,
		.flags = pin->how->flags | (pin->write ? PFNMAP_TEST_PIN_WRITE : 0),
		.address = (uintptr_t)mapping->start,
		.bytes = mapping->bytes,
	};
	int err, status;

	err = pfnmap_pin(device->fd, &arg);
	if (err == -EPERM || err == -ENOTTY)
		return fail(err, NULL, "PIN");
	status = show(pin, device, &arg, err);
	request_hold(&pin->request);
	if (err)
		return EXIT_FAILURE;
	err = pfnmap_unpin(device->fd, arg.id);
	return err ? fail(err, NULL, "UNPIN") : status;
}

int cmd_pin(struct common *common, int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "how", 'w', "HOW", 0, "slow (default), fast, or longterm", 2 },
		{ "write", OPT_WRITE, NULL, 0, "Pin for writing", 2 },
		{ 0 }
	};
	static const struct argp_child children[] = {
		{ &common_argp, 0, NULL, 0 }, { &request_argp, 0, NULL, 0 }, { 0 }
	};
	static const struct argp argp = {
		.options = options,
		.parser = pin_parse,
		.doc = "Make a mapping, touch each page, pin all pages, and show the result.",
		.children = children,
	};
	struct pin pin = { .common = common, .how = ways };
	struct mapping mapping;
	struct device device;
	int status;

	status = command_parse(&argp, argc, argv, &pin);
	if (status)
		return status;
	status = device_open(&device, common);
	if (status)
		return status;
	status = mapping_make_or_fail(&mapping, &pin.request, &device);
	if (!status) {
		mapping_touch(&mapping, !pin.request.read_only, NULL);
		status = pin_and_hold(&pin, &device, &mapping);
		mapping_drop(&mapping);
	}
	device_close(&device);
	return status;
}
