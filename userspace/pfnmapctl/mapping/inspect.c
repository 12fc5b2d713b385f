// SPDX-License-Identifier: GPL-2.0-only
/* leaf, vma, folio: what is behind a mapping. */
#include "mapping.h"

#include <errno.h>
#include <stdlib.h>

#include "array.h"
#include "flags.h"
#include "tracking.h"

struct inspect {
	struct common *common;
	struct request request;
	struct device device;
	struct mapping mapping;
};

static error_t inspect_parse(int key, char *arg, struct argp_state *state)
{
	struct inspect *inspect = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = inspect->common;
		state->child_inputs[1] = &inspect->request;
		return 0;
	case ARGP_KEY_ARG:
		return refuse_argument(state, arg);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* Parses, maps, touches, shows, waits. */
static int inspect(struct common *common, int argc, char **argv, const char *doc,
		   int (*show)(const struct inspect *inspect))
{
	static const struct argp_child children[] = {
		{ &common_argp, 0, NULL, 0 }, { &request_argp, 0, NULL, 0 }, { 0 }
	};
	const struct argp argp = { .parser = inspect_parse, .doc = doc, .children = children };
	struct inspect inspect = { .common = common };
	int status;

	status = command_parse(&argp, argc, argv, &inspect);
	if (status)
		return status;
	status = device_open(&inspect.device, common);
	if (status)
		return status;
	status = mapping_make_or_fail(&inspect.mapping, &inspect.request, &inspect.device);
	if (!status) {
		mapping_touch(&inspect.mapping, !inspect.request.read_only, NULL);
		status = show(&inspect);
		request_hold(&inspect.request);
		mapping_drop(&inspect.mapping);
	}
	device_close(&inspect.device);
	return status;
}

static const char *query_advice(int err)
{
	return err == -ENODATA ? "nothing is mapped there, or the memory has no struct "
				 "page: try --region ram" : NULL;
}

static int show_leaves(const struct inspect *inspect)
{
	struct table *table = table_new(leaf_columns, LEAF_COLUMNS, inspect->common->json);
	int status;

	table_skip(table, LEAF_PHASE);
	table_skip(table, LEAF_RESULT);
	status = leaves_add(table, &inspect->device, &inspect->mapping, NULL, NULL);
	if (!status)
		return table_print(table);
	table_free(table);
	return status;
}

int cmd_leaf(struct common *common, int argc, char **argv)
{
	return inspect(common, argc, argv,
		       "Make a mapping, touch each page, and show its page-table entries.\n"
		       "\vA row is a run of entries that differ in their address alone.",
		       show_leaves);
}

static int show_vma(const struct inspect *inspect)
{
	static const struct column columns[] = {
		{ "start", COLUMN_TEXT },
		{ "end", COLUMN_TEXT },
		{ "pgoff", COLUMN_TEXT },
		{ "vm_flags", COLUMN_TEXT },
		{ "mode", COLUMN_TEXT },
		{ "tracking", COLUMN_TEXT },
		{ "refs", COLUMN_NUMBER },
		{ "tracked", COLUMN_TEXT },
		{ "tracked_bytes", COLUMN_NUMBER },
	};
	const struct device *device = &inspect->device;
	struct pfnmap_test_vma vma;
	struct table *table;
	int err;

	err = pfnmap_vma(device->fd, inspect->mapping.start, &vma);
	if (err)
		return fail(err, query_advice(err), "VMA");
	table = table_new(columns, ARRAY_SIZE(columns), inspect->common->json);
	table_row(table);
	table_set(table, 0, "0x%llx", vma.start);
	table_set(table, 1, "0x%llx", vma.end);
	table_set(table, 2, "0x%llx", vma.pgoff);
	table_set(table, 3, "0x%llx", vma.vm_flags);
	table_set(table, 4, "%s", catalog_name(&device->catalog, PFNMAP_TEST_KIND_CACHE_MODE,
					       vma.cache_mode));
	table_set(table, 5, "%s", tracking_name(vma.tracking));
	if (vma.track_refs) {
		table_set(table, 6, "%u", vma.track_refs);
		table_set(table, 7, "0x%llx", vma.track_start);
		table_set(table, 8, "%llu", vma.track_bytes);
	}
	return table_print(table);
}

int cmd_vma(struct common *common, int argc, char **argv)
{
	return inspect(common, argc, argv, "Make a mapping, touch each page, and show its VMA.",
		       show_vma);
}

static int show_folio(const struct inspect *inspect)
{
	static const struct column columns[] = {
		{ "refs", COLUMN_NUMBER },
		{ "mapcount", COLUMN_NUMBER },
		{ "order", COLUMN_NUMBER },
		{ "page_refs", COLUMN_NUMBER },
		{ "pgmap", COLUMN_TEXT },
		{ "index", COLUMN_TEXT },
		{ "flags", COLUMN_TEXT },
	};
	struct pfnmap_test_folio folio;
	struct table *table;
	char *flags;
	int err;

	err = pfnmap_folio(inspect->device.fd, 0, (uintptr_t)inspect->mapping.start, &folio);
	if (err)
		return fail(err, query_advice(err), "FOLIO");
	table = table_new(columns, ARRAY_SIZE(columns), inspect->common->json);
	table_row(table);
	table_set(table, 0, "%u", folio.refs);
	table_set(table, 1, "%u", folio.mapcount);
	table_set(table, 2, "%u", folio.order);
	table_set(table, 3, "%u", folio.page_refs);
	table_set(table, 4, "%s", pgmap_name(folio.pgmap));
	table_set(table, 5, "0x%llx", folio.index);
	flags = flags_text(folio_flags, folio.flags, ",");
	if (flags && *flags)
		table_set(table, 6, "%s", flags);
	free(flags);
	return table_print(table);
}

int cmd_folio(struct common *common, int argc, char **argv)
{
	return inspect(common, argc, argv,
		       "Make a mapping, touch each page, and show the folio behind the first page.",
		       show_folio);
}
