// SPDX-License-Identifier: GPL-2.0-only
/* load --dry-run: what a load would take out of System RAM. Nothing is inserted. */
#include "dry-run.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "carve.h"
#include "table.h"
#include "text.h"

enum {
	REGION,
	START,
	BYTES,
	WIDE_START,
	WIDE_BYTES,
	NODE,
	ZONE,
	VERDICT,
	MOVES,
	MEMMAP,
	WHY,
};

static const struct column columns[] = {
	[REGION] = { "region", COLUMN_TEXT },
	[START] = { "start", COLUMN_TEXT },
	[BYTES] = { "bytes", COLUMN_NUMBER },
	[WIDE_START] = { "leaf", COLUMN_TEXT },
	[WIDE_BYTES] = { "leaf_bytes", COLUMN_NUMBER },
	[NODE] = { "node", COLUMN_NUMBER },
	[ZONE] = { "zone", COLUMN_TEXT },
	[VERDICT] = { "verdict", COLUMN_TEXT },
	[MOVES] = { "moves", COLUMN_NUMBER },
	[MEMMAP] = { "memmap", COLUMN_NUMBER },
	[WHY] = { "why", COLUMN_TEXT },
};

#define RESERVE	"or reserve some: boot with memmap=SIZE$ADDR"

/* A struct page is 64 bytes on x86-64 and arm64, and dax has one for each page. */
#define MEMMAP_OF(bytes)	((bytes) / 64)

/* The last value of a parameter, which is the one that the kernel takes. The caller frees it. */
static char *parameter(const char *options, const char *name)
{
	size_t len = strlen(name);
	const char *at, *found = "auto";

	for (at = options; at && *at; at += strspn(at, " ")) {
		if (!strncmp(at, name, len) && at[len] == '=')
			found = at + len + 1;
		at += strcspn(at, " ");
	}
	return strndup(found, strcspn(found, " "));
}

static void tell(struct table *table, const char *region, const char *verdict, const char *why)
{
	table_row(table);
	table_set(table, REGION, "%s", region);
	table_set(table, VERDICT, "%s", verdict);
	if (why)
		table_set(table, WHY, "%s", why);
}

static void tell_window(struct table *table, const char *region, const struct carve_window *window)
{
	static const char * const verdicts[] = {
		[CARVE_PASSED] = "passed over",
		[CARVE_MAYBE] = "maybe",
		[CARVE_TAKEN] = "taken",
	};

	tell(table, region, verdicts[window->verdict], *window->why ? window->why :
	     window->verdict == CARVE_MAYBE ? "not if a 1 GiB leaf of the direct map has it" :
	     NULL);
	table_set(table, START, "0x%" PRIx64, window->start);
	table_set(table, BYTES, "%" PRIu64, window->bytes);
	if (window->wide_bytes) {
		table_set(table, WIDE_START, "0x%" PRIx64, window->wide_start);
		table_set(table, WIDE_BYTES, "%" PRIu64, window->wide_bytes);
	}
	if (window->node >= 0)
		table_set(table, NODE, "%d", window->node);
	if (*window->zone)
		table_set(table, ZONE, "%s", window->zone);
	if (window->verdict == CARVE_PASSED)
		return;
	table_set(table, MOVES, "%lu", window->pages.used);
	table_set(table, MEMMAP, "%" PRIu64, strcmp(region, "dax") ? 0 : MEMMAP_OF(window->bytes));
}

/* Windows that are not passed over stay in @windows, for the next region. */
static int plan(struct table *table, const char *region, uint64_t bytes,
		struct carve_window **windows, size_t *n)
{
	struct carve_window *found = NULL, *first = *windows;
	size_t i, n_found, left = 0;
	uint64_t taken = 0;
	struct carve carve;
	int err;

	if (*n)
		taken = first->wide_bytes ? first->wide_bytes : first->bytes;
	err = carve_begin(&carve, bytes, taken);
	if (!err) {
		carve.others = *windows;
		carve.n_others = *n;
		err = carve_windows(&carve, &found, &n_found);
	}
	carve_end(&carve);
	if (err) {
		free(found);
		return err;
	}
	for (i = 0; i < n_found; i++) {
		tell_window(table, region, &found[i]);
		if (found[i].verdict != CARVE_PASSED)
			found[left++] = found[i];
	}
	if (!left)
		tell(table, region, "missing", "no window of System RAM will do");
	free(*windows);
	*windows = found;
	*n = left;
	return 0;
}

/* Goes by the rules of module/parse.c. The module reports other mistakes in a value at load. */
static int plan_region(struct table *table, const char *region, const char *value,
		       const char *align, struct carve_window **windows, size_t *n)
{
	uint64_t bytes = 0;

	if (!strcmp(value, "off")) {
		tell(table, region, "off", NULL);
		return 0;
	}
	if (!strncmp(value, "pci:", 4) || strchr(value, '@')) {
		tell(table, region, "named", "this command looks at System RAM only");
		return 0;
	}
	if (!strcmp(value, "auto") && !strcmp(region, "dax") && strcmp(align, "auto"))
		value = align;
	if (strcmp(value, "auto") && (text_number(value, &bytes) || !bytes)) {
		fprintf(stderr, "pfnmapctl: %s=%s: not auto, SIZE, SIZE@ADDR, pci:... or off\n",
			region, value);
		return -EINVAL;
	}
	return plan(table, region, bytes, windows, n);
}

/**
 * dry_run() - tell which memory a load would take
 * @common: of all commands
 * @options: parameters of the module, separated by blanks, or NULL
 *
 * Return: exit status
 */
int dry_run(const struct common *common, const char *options)
{
	struct table *table = table_new(columns, ARRAY_SIZE(columns), common->json);
	char *mmio = parameter(options, "mmio"), *dax = parameter(options, "dax");
	char *align = parameter(options, "dax_align");
	struct carve_window *windows = NULL;
	size_t n = 0;
	int err;

	if (!mmio || !dax || !align)
		abort();
	err = plan_region(table, "mmio", mmio, align, &windows, &n);
	if (!err)
		err = plan_region(table, "dax", dax, align, &windows, &n);
	free(windows);
	free(align);
	free(dax);
	free(mmio);
	if (!err)
		return table_print(table);
	table_free(table);
	if (err == -EINVAL)
		return EXIT_FAILURE;
	if (err == -EOPNOTSUPP)
		return fail(err, "build the kernel with CONFIG_MEMORY_HOTREMOVE, " RESERVE,
			    "take memory out of System RAM");
	return fail(err, "run pfnmapctl as root", "look at the memory");
}
