// SPDX-License-Identifier: GPL-2.0-only
/* memtype map: the tree as a picture, addresses downwards and modes side by side. */
#include "memtype.h"

#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "table.h"

enum {
	START,
	END,
	BYTES,
	HOLDER,
	MODES,
};

/* The modes, by the kernel's names. */
static const char * const mode_columns[] = {
	"write-back",
	"write-combining",
	"uncached-minus",
	"uncached",
	"write-through",
	"write-protected",
};

/* Addresses where a range begins or ends. */
struct bounds {
	uint64_t *at;
	size_t n;
};

static int add_bound(struct bounds *bounds, uint64_t at)
{
	uint64_t *more = reallocarray(bounds->at, bounds->n + 1, sizeof(*more));

	if (!more)
		return -1;
	bounds->at = more;
	more[bounds->n++] = at;
	return 0;
}

/* Adds the bounds START and END, cut at the ends of the range that the user asked for. */
static int add_range(struct bounds *bounds, const struct range *range, uint64_t start, uint64_t end)
{
	if (start > range->last || end <= range->start)
		return 0;
	if (add_bound(bounds, start < range->start ? range->start : start))
		return -1;
	return add_bound(bounds, end - 1 > range->last ? range->last + 1 : end);
}

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static int find_bounds(struct bounds *bounds, const struct range *range,
		       const struct reservations *list, const struct catalog *catalog)
{
	const struct pfnmap_test_describe *region = NULL;
	int err = 0;
	size_t i;

	/* All of memory has no bounds to show. */
	if (range->last != UINT64_MAX)
		err = add_range(bounds, range, range->start, range->last + 1);
	while (!err && (region = catalog_next(catalog, PFNMAP_TEST_KIND_REGION, region)))
		if (region->bytes && region->id != PFNMAP_TEST_REGION_RAM)
			err = add_range(bounds, range, region->start,
					region->start + region->bytes);
	for (i = 0; !err && i < list->n; i++)
		err = add_range(bounds, range, list->items[i].start, list->items[i].end);
	if (!err && bounds->n)
		qsort(bounds->at, bounds->n, sizeof(*bounds->at), compare);
	return err;
}

/* Counts the reservations of each mode in a part, inside of which none begins or ends. */
static size_t count(size_t *counts, const struct reservations *list, uint64_t start)
{
	const struct reservation *item;
	size_t total = 0, mode;

	memset(counts, 0, ARRAY_SIZE(mode_columns) * sizeof(*counts));
	for (item = list->items; item < list->items + list->n; item++) {
		if (item->start > start || item->end <= start)
			continue;
		for (mode = 0; mode < ARRAY_SIZE(mode_columns); mode++)
			counts[mode] += !strcmp(item->mode, mode_columns[mode]);
		total++;
	}
	return total;
}

static void add_part(struct table *table, uint64_t start, uint64_t end, const char *holder,
		     const size_t *counts, bool json)
{
	static const char bar[] = "########";
	size_t mode;

	table_row(table);
	table_set(table, START, "0x%lx", start);
	table_set(table, END, "0x%lx", end);
	table_set(table, BYTES, "%lu", end - start);
	if (holder)
		table_set(table, HOLDER, "%s", holder);
	for (mode = 0; mode < ARRAY_SIZE(mode_columns); mode++) {
		if (json)
			table_set(table, MODES + mode, "%zu", counts[mode]);
		else if (counts[mode] < sizeof(bar))
			table_set(table, MODES + mode, "%.*s", (int)counts[mode], bar);
		else
			table_set(table, MODES + mode, "%s (%zu)", bar, counts[mode]);
	}
}

/**
 * map_print() - print what is held in a range, part by part
 * @list: the reservations there
 * @device: from device_open_if_any()
 * @range: the range that the user asked for
 * @json: print JSON
 *
 * If the range is all memory, leaves out what is neither tracked nor in a region of ours.
 *
 * Return: exit status
 */
int map_print(const struct reservations *list, const struct device *device,
	      const struct range *range, bool json)
{
	struct column columns[MODES + ARRAY_SIZE(mode_columns)] = {
		[START] = { "start", COLUMN_TEXT },
		[END] = { "end", COLUMN_TEXT },
		[BYTES] = { "bytes", COLUMN_NUMBER },
		[HOLDER] = { "holder", COLUMN_TEXT },
	};
	size_t i, total, counts[ARRAY_SIZE(mode_columns)];
	struct bounds bounds = { 0 };
	struct table *table;
	char *holder;
	bool ram;

	for (i = 0; i < ARRAY_SIZE(mode_columns); i++)
		columns[MODES + i] = (struct column){
			mode_columns[i], json ? COLUMN_NUMBER : COLUMN_TEXT
		};
	table = table_new(columns, ARRAY_SIZE(columns), json);
	if (find_bounds(&bounds, range, list, &device->catalog))
		abort();
	for (i = 0; i + 1 < bounds.n; i++) {
		if (bounds.at[i] == bounds.at[i + 1])
			continue;
		total = count(counts, list, bounds.at[i]);
		if (!total && range->last == UINT64_MAX &&
		    !catalog_region_of(&device->catalog, bounds.at[i]))
			continue;
		holder = iomem_owner(bounds.at[i], &ram);
		add_part(table, bounds.at[i], bounds.at[i + 1], holder, counts, json);
		free(holder);
	}
	free(bounds.at);
	return table_print(table);
}
