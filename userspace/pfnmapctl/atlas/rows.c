// SPDX-License-Identifier: GPL-2.0-only
/* Rows of the atlas as text, and as JSON. */
#include "atlas.h"

#include <stdio.h>
#include <stdlib.h>

#include "fault.h"
#include "table.h"
#include "text.h"

static const struct column columns[] = {
	[ATLAS_KERNEL] = { "kernel", COLUMN_TEXT },
	[ATLAS_METHOD] = { "method", COLUMN_TEXT },
	[ATLAS_REGION] = { "region", COLUMN_TEXT },
	[ATLAS_REQUESTED] = { "requested", COLUMN_TEXT },
	[ATLAS_EFFECTIVE] = { "effective", COLUMN_TEXT },
	[ATLAS_SHARING] = { "sharing", COLUMN_TEXT },
	[ATLAS_RESERVED] = { "reserved", COLUMN_BOOL },
	[ATLAS_RESULT] = { "result", COLUMN_TEXT },
	[ATLAS_LEVEL] = { "level", COLUMN_TEXT },
	[ATLAS_SPECIAL] = { "special", COLUMN_BOOL },
	[ATLAS_TRACKED] = { "tracked", COLUMN_BOOL },
	[ATLAS_REFCOUNTED] = { "refcounted", COLUMN_BOOL },
	[ATLAS_GUP_SLOW] = { "gup_slow", COLUMN_TEXT },
	[ATLAS_GUP_FAST] = { "gup_fast", COLUMN_TEXT },
	[ATLAS_GUP_LONGTERM] = { "gup_longterm", COLUMN_TEXT },
	[ATLAS_FOLLOW] = { "follow", COLUMN_TEXT },
	[ATLAS_COW] = { "cow", COLUMN_TEXT },
	[ATLAS_FUTEX] = { "futex", COLUMN_TEXT },
};

static void set(struct cells *cells, size_t column, const char *text)
{
	snprintf(cells->text[column], sizeof(cells->text[column]), "%s", text);
}

static void set_answer(struct cells *cells, size_t column, enum answer answer)
{
	if (answer != ANSWER_UNKNOWN)
		set(cells, column, answer == ANSWER_YES ? "yes" : "no");
}

static const char *outcome(int err, int sig)
{
	return err ? text_errno(err) : sig ? fault_name(sig) : "ok";
}

static void set_cow(struct cells *cells, const struct tried *tried)
{
	if (tried->cow_err || tried->cow_sig)
		set(cells, ATLAS_COW, outcome(tried->cow_err, tried->cow_sig));
	else if (tried->copied != ANSWER_UNKNOWN)
		set(cells, ATLAS_COW, tried->copied == ANSWER_YES ? "copied" : "not copied");
}

static void set_gup(struct cells *cells, size_t column, const struct gup *gup)
{
	if (gup->known)
		set(cells, column, outcome(gup->err, 0));
}

static void set_follow(struct cells *cells, const struct tried *tried)
{
	if (!tried->follow.known)
		return;
	if (tried->untouched.err && !tried->follow.err)
		set(cells, ATLAS_FOLLOW, "touched");
	else
		set_gup(cells, ATLAS_FOLLOW, &tried->follow);
}

static void set_asked(struct cells *cells, const struct atlas *atlas, const struct ask *ask)
{
	set(cells, ATLAS_REGION, ask->region->name);
	set(cells, ATLAS_REQUESTED, catalog_name(&atlas->device.catalog,
						 PFNMAP_TEST_KIND_CACHE_MODE,
						 ask->map.cache_mode));
	set(cells, ATLAS_SHARING, ask->private ? "private" :
				  ask->map.flags & PFNMAP_TEST_MAP_IO ? "io" : "shared");
	set_answer(cells, ATLAS_RESERVED, ask->reserve ? ANSWER_YES : ANSWER_NO);
}

static void set_tried(struct cells *cells, const struct atlas *atlas, const struct row *row)
{
	const struct catalog *catalog = &atlas->device.catalog;
	const struct tried *tried = &row->tried;

	set(cells, ATLAS_RESULT, outcome(tried->err, tried->sig));
	if (row->ask.private)
		set_cow(cells, tried);
	if (tried->err)
		return;
	set_answer(cells, ATLAS_TRACKED, tried->tracked);
	set_answer(cells, ATLAS_REFCOUNTED, tried->refcounted);
	set_gup(cells, ATLAS_GUP_SLOW, &tried->gup[GUP_SLOW]);
	set_gup(cells, ATLAS_GUP_FAST, &tried->gup[GUP_FAST]);
	set_gup(cells, ATLAS_GUP_LONGTERM, &tried->gup[GUP_LONGTERM]);
	set_follow(cells, tried);
	set_gup(cells, ATLAS_FUTEX, &tried->futex);
	if (!tried->present)
		return;
	set(cells, ATLAS_EFFECTIVE,
	    catalog_name(catalog, PFNMAP_TEST_KIND_CACHE_MODE, tried->cache_mode));
	set(cells, ATLAS_LEVEL, catalog_name(catalog, PFNMAP_TEST_KIND_LEVEL, tried->level));
	set_answer(cells, ATLAS_SPECIAL, tried->special);
}

/**
 * atlas_cells() - all rows as text
 * @atlas: its rows have been tried
 *
 * Return: an array that the caller frees, or NULL
 */
struct cells *atlas_cells(const struct atlas *atlas)
{
	struct cells *all = calloc(atlas->n, sizeof(*all));
	const struct row *row;
	size_t i;

	for (i = 0; all && i < atlas->n; i++) {
		row = &atlas->rows[i];
		all[i].row = row;
		set(&all[i], ATLAS_KERNEL, atlas->kernel);
		set(&all[i], ATLAS_METHOD, row->ask.method->name);
		if (row->ask.region) {
			set_asked(&all[i], atlas, &row->ask);
			set_tried(&all[i], atlas, row);
		} else {
			set(&all[i], ATLAS_RESULT, method_missing(row->ask.method) ?
			    METHOD_MISSING : text_errno(row->ask.method->error));
		}
	}
	return all;
}

/**
 * atlas_print_json() - print every row
 * @cells: from atlas_cells()
 * @n: number of rows
 *
 * Return: exit status
 */
int atlas_print_json(const struct cells *cells, size_t n)
{
	struct table *table = table_new(columns, ATLAS_COLUMNS, true);
	size_t i, column;

	for (i = 0; i < n; i++) {
		table_row(table);
		for (column = 0; column < ATLAS_COLUMNS; column++) {
			if (!*cells[i].text[column])
				continue;
			if (columns[column].type == COLUMN_BOOL)
				table_set_bool(table, column, *cells[i].text[column] == 'y');
			else
				table_set(table, column, "%s", cells[i].text[column]);
		}
	}
	return table_print(table);
}
