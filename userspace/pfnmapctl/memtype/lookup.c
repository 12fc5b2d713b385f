// SPDX-License-Identifier: GPL-2.0-only
/* memtype lookup: the mode of one physical page, and who holds the page. */
#include "memtype.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "array.h"
#include "table.h"

struct lookup {
	struct common *common;
	uint64_t address;
};

enum {
	ADDRESS,
	MODE,
	STATE,
	START,
	END,
	COUNT,
	HOLDER,
	PROVIDER,
};

static const struct column columns[] = {
	[ADDRESS] = { "address", COLUMN_TEXT },
	[MODE] = { "mode", COLUMN_TEXT },
	[STATE] = { "state", COLUMN_TEXT },
	[START] = { "start", COLUMN_TEXT },
	[END] = { "end", COLUMN_TEXT },
	[COUNT] = { "count", COLUMN_NUMBER },
	[HOLDER] = { "holder", COLUMN_TEXT },
	[PROVIDER] = { "provider", COLUMN_TEXT },
};

static error_t lookup_parse(int key, char *arg, struct argp_state *state)
{
	struct lookup *lookup = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = lookup->common;
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num)
			return refuse_argument(state, arg);
		lookup->address = parse_bytes(state, "ADDR", arg);
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which physical address?");
		return ARGP_ERR_UNKNOWN;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void set_range(struct table *table, uint64_t start, uint64_t end, size_t count)
{
	table_set(table, STATE, "tracked");
	table_set(table, START, "0x%lx", start);
	table_set(table, END, "0x%lx", end);
	table_set(table, COUNT, "%zu", count);
}

static int by_ioctl(struct table *table, const struct device *device, uint64_t address)
{
	struct pfnmap_test_memtype memtype;
	int err;

	err = pfnmap_memtype_lookup(device->fd, address, &memtype);
	if (err)
		return err;
	table_set(table, PROVIDER, "ioctl");
	table_set(table, MODE, "%s", catalog_name(&device->catalog, PFNMAP_TEST_KIND_CACHE_MODE,
						  memtype.cache_mode));
	if (memtype.flags & PFNMAP_TEST_MEMTYPE_TRACKED)
		set_range(table, memtype.start, memtype.end, memtype.count);
	else
		table_set(table, STATE, memtype.flags & PFNMAP_TEST_MEMTYPE_RAM ? "ram" :
			  "untracked");
	return 0;
}

/* The modes of RAM are page flags, which debugfs doesn't show. */
static int by_debugfs(struct table *table, uint64_t address, bool ram)
{
	uint64_t page = sysconf(_SC_PAGESIZE), start = address & ~(page - 1);
	struct reservations list = { 0 };
	int status;

	status = debugfs_reservations(&list, start, start + page - 1);
	if (status)
		return status;
	table_set(table, PROVIDER, "debugfs");
	if (list.n) {
		table_set(table, MODE, "%s", list.items[0].mode);
		set_range(table, list.items[0].start, list.items[0].end, list.n);
	} else {
		table_set(table, STATE, ram ? "ram" : "untracked");
	}
	free(list.items);
	return 0;
}

static int lookup_address(const struct device *device, const struct lookup *lookup)
{
	struct table *table = table_new(columns, ARRAY_SIZE(columns), lookup->common->json);
	int err = -EOPNOTSUPP, status;
	char *holder;
	bool ram;

	table_row(table);
	table_set(table, ADDRESS, "0x%lx", lookup->address);
	holder = iomem_owner(lookup->address, &ram);
	if (holder)
		table_set(table, HOLDER, "%s", holder);
	free(holder);

	if (device->fd >= 0)
		err = by_ioctl(table, device, lookup->address);
	status = 0;
	if (err == -EOPNOTSUPP)
		status = by_debugfs(table, lookup->address, ram);
	else if (err)
		status = fail(err, NULL, "MEMTYPE_LOOKUP 0x%lx", lookup->address);
	if (status) {
		table_free(table);
		return status;
	}
	return table_print(table);
}

int cmd_memtype_lookup(struct common *common, int argc, char **argv)
{
	static const struct argp_child children[] = { { &common_argp, 0, NULL, 0 }, { 0 } };
	static const struct argp argp = {
		.parser = lookup_parse,
		.args_doc = "ADDR",
		.doc = "Show the cache mode that PAT holds for an address, and whose it is.",
		.children = children,
	};
	struct lookup lookup = { .common = common };
	struct device device;
	int status;

	if (command_parse(&argp, argc, argv, &lookup))
		return EXIT_USAGE;
	status = device_open_if_any(&device, common);
	if (status)
		return status;
	status = lookup_address(&device, &lookup);
	device_close(&device);
	return status;
}
