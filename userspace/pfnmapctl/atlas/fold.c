// SPDX-License-Identifier: GPL-2.0-only
/*
 * The atlas for people: a heading for each method, and one row for all cache
 * modes that came out the same.
 */
#include "atlas.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"

enum {
	MAPPING,
	REQUESTED,
	EFFECTIVE,
	RESULT,
	LEVEL,
	SPECIAL,
	TRACKED,
	REFCOUNTED,
	GUP,
	FOLLOW,
	COW,
	FUTEX,
	COLUMNS,
};

static const struct column columns[] = {
	[MAPPING] = { "mapping", COLUMN_TEXT },
	[REQUESTED] = { "requested", COLUMN_TEXT },
	[EFFECTIVE] = { "effective", COLUMN_TEXT },
	[RESULT] = { "result", COLUMN_TEXT },
	[LEVEL] = { "level", COLUMN_TEXT },
	[SPECIAL] = { "special", COLUMN_TEXT },
	[TRACKED] = { "tracked", COLUMN_TEXT },
	[REFCOUNTED] = { "refs", COLUMN_TEXT },
	[GUP] = { "gup", COLUMN_TEXT },
	[FOLLOW] = { "follow", COLUMN_TEXT },
	[COW] = { "cow", COLUMN_TEXT },
	[FUTEX] = { "futex", COLUMN_TEXT },
};

/* Columns that are shown as they are. */
static const size_t shown[COLUMNS] = {
	[RESULT] = ATLAS_RESULT,
	[LEVEL] = ATLAS_LEVEL,
	[SPECIAL] = ATLAS_SPECIAL,
	[TRACKED] = ATLAS_TRACKED,
	[REFCOUNTED] = ATLAS_REFCOUNTED,
	[FOLLOW] = ATLAS_FOLLOW,
	[COW] = ATLAS_COW,
	[FUTEX] = ATLAS_FUTEX,
};

struct fold {
	struct table *table;
	const struct cells *cells;
	size_t n;
	bool *done;		/* of each row */
	const char *method;	/* of the last heading */
};

static bool as_asked(const struct cells *cells)
{
	return !strcmp(cells->text[ATLAS_EFFECTIVE], cells->text[ATLAS_REQUESTED]);
}

/* True if two rows differ in nothing but the mode that they asked for. */
static bool alike(const struct cells *one, const struct cells *other, bool effective)
{
	size_t i;

	for (i = 0; i < ATLAS_COLUMNS; i++) {
		if (i == ATLAS_REQUESTED || (i == ATLAS_EFFECTIVE && !effective))
			continue;
		if (strcmp(one->text[i], other->text[i]))
			return false;
	}
	return true;
}

static bool alone(const struct fold *fold, size_t row)
{
	size_t i;

	for (i = 0; i < fold->n; i++)
		if (i != row && alike(&fold->cells[i], &fold->cells[row], true))
			return false;
	return true;
}

/* True if both rows got the same mode, or if each got the mode that it asked for. */
static bool folds(const struct fold *fold, size_t first, size_t row)
{
	const struct cells *one = &fold->cells[first], *other = &fold->cells[row];

	if (fold->done[row] || !alike(one, other, false))
		return false;
	if (!strcmp(one->text[ATLAS_EFFECTIVE], other->text[ATLAS_EFFECTIVE]))
		return true;
	return as_asked(one) && as_asked(other) && alone(fold, first) && alone(fold, row);
}

static void heading(struct fold *fold, const struct cells *cells)
{
	size_t i;

	if (fold->method && !strcmp(fold->method, cells->text[ATLAS_METHOD]))
		return;
	fold->method = cells->text[ATLAS_METHOD];
	table_row(fold->table);
	for (i = 0; i < COLUMNS; i++)
		table_set(fold->table, i, "%s", i == MAPPING ? fold->method : "");
	table_color(fold->table, "bold");
}

static void set_gup(struct table *table, const struct cells *cells)
{
	const char *slow = cells->text[ATLAS_GUP_SLOW], *fast = cells->text[ATLAS_GUP_FAST];
	const char *longterm = cells->text[ATLAS_GUP_LONGTERM];

	if (!strcmp(slow, fast) && !strcmp(slow, longterm)) {
		if (*slow)
			table_set(table, GUP, "%s", slow);
		return;
	}
	table_set(table, GUP, "%s %s %s", *slow ? slow : "-", *fast ? fast : "-",
		  *longterm ? longterm : "-");
}

static void set_row(struct table *table, const struct cells *cells, const char *requested,
		    bool several)
{
	const struct tried *tried = &cells->row->tried;
	size_t i;

	table_set(table, MAPPING, "  %s %s%s", cells->text[ATLAS_REGION],
		  cells->text[ATLAS_SHARING], cells->row->ask.reserve ? " reserved" : "");
	table_set(table, REQUESTED, "%s", requested);
	if (several)
		table_set(table, EFFECTIVE, "as asked");
	else if (tried->present)
		table_set(table, EFFECTIVE, "%s",
			  mode_short(tried->cache_mode) ?: cells->text[ATLAS_EFFECTIVE]);
	for (i = 0; i < COLUMNS; i++)
		if (shown[i] && *cells->text[shown[i]])
			table_set(table, i, "%s", cells->text[shown[i]]);
	set_gup(table, cells);
	if (tried->sig)
		table_color(table, "red");
	else if (tried->err)
		table_color(table, "halfbright");
}

static void add_row(struct fold *fold, size_t first)
{
	const struct cells *cells = &fold->cells[first], *other;
	bool several = false;
	char *requested;
	size_t len, i;
	FILE *out;

	out = open_memstream(&requested, &len);
	if (!out)
		return;
	for (i = first; i < fold->n; i++) {
		if (!folds(fold, first, i))
			continue;
		other = &fold->cells[i];
		several |= as_asked(cells) && strcmp(cells->text[ATLAS_EFFECTIVE],
						     other->text[ATLAS_EFFECTIVE]);
		fprintf(out, "%s%s", i == first ? "" : " ",
			mode_short(other->row->ask.map.cache_mode) ?: other->text[ATLAS_REQUESTED]);
		fold->done[i] = true;
	}
	fclose(out);
	heading(fold, cells);
	table_row(fold->table);
	set_row(fold->table, cells, requested, several);
	free(requested);
}

/* Prints each method that is not available, and why. */
static void print_missing(const struct fold *fold)
{
	const struct cells *cells;

	for (cells = fold->cells; cells < fold->cells + fold->n; cells++)
		if (!cells->row->ask.region)
			printf("%s: %s\n", cells->text[ATLAS_METHOD], cells->text[ATLAS_RESULT]);
}

/**
 * atlas_print_folded() - print for people
 * @atlas: its rows have been tried
 * @cells: from atlas_cells()
 *
 * Return: exit status
 */
int atlas_print_folded(const struct atlas *atlas, const struct cells *cells)
{
	struct fold fold = { .cells = cells, .n = atlas->n };
	int status;
	size_t i;

	fold.done = calloc(fold.n, sizeof(*fold.done));
	if (!fold.done)
		return fail(ENOMEM, NULL, "%zu rows", fold.n);
	fold.table = table_new(columns, COLUMNS, false);
	for (i = 0; i < fold.n; i++)
		if (cells[i].row->ask.region && !fold.done[i])
			add_row(&fold, i);
	printf("kernel %s\n", atlas->kernel);
	status = table_print(fold.table);
	print_missing(&fold);
	free(fold.done);
	return status;
}
