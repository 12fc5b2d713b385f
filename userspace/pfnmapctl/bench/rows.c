// SPDX-License-Identifier: GPL-2.0-only
/* What was measured, as a table. */
#include "bench.h"

#include <stdarg.h>
#include <stdio.h>

#include "array.h"

#define NOISY	0.02

enum {
	NAME,
	PEER,
	RUNS,
	OURS,
	PEER_VALUE,
	UNIT,
	RATIO,
	SPREAD,
	PEER_RUNS,
	PEER_SPREAD,
	NOISE,
	NOTE,
};

static const struct column columns[] = {
	[NAME] = { "name", COLUMN_TEXT },
	[PEER] = { "peer", COLUMN_TEXT },
	[RUNS] = { "n", COLUMN_NUMBER },
	[OURS] = { "ours", COLUMN_NUMBER },
	[PEER_VALUE] = { "peer_value", COLUMN_NUMBER },
	[UNIT] = { "unit", COLUMN_TEXT },
	[RATIO] = { "ratio", COLUMN_NUMBER },
	[SPREAD] = { "spread", COLUMN_NUMBER },
	[PEER_RUNS] = { "peer_n", COLUMN_NUMBER },
	[PEER_SPREAD] = { "peer_spread", COLUMN_NUMBER },
	[NOISE] = { "noisy", COLUMN_BOOL },
	[NOTE] = { "note", COLUMN_TEXT },
};

/**
 * rows_new() - an empty table of rows
 * @json: print JSON
 *
 * Return: the table
 */
struct table *rows_new(bool json)
{
	return table_new(columns, ARRAY_SIZE(columns), json);
}

/**
 * row_name() - name a row
 * @row: the row
 * @fmt: its name
 */
void row_name(struct row *row, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(row->name, sizeof(row->name), fmt, args);
	va_end(args);
}

/* Prints large figures as whole numbers, and small ones with decimals. */
static void set_value(struct table *table, size_t column, double value)
{
	table_set(table, column, value < 1000 ? "%.4g" : "%.0f", value);
}

/**
 * rows_add() - append a row, and mark the row as noisy if its figures scatter
 * @bench: has the table
 * @row: the row
 */
void rows_add(struct bench *bench, const struct row *row)
{
	struct table *table = bench->table;
	bool noisy = row->ours.spread > NOISY;

	table_row(table);
	table_set(table, NAME, "%s", row->name);
	table_set(table, RUNS, "%u", row->ours.n);
	set_value(table, OURS, row->ours.median);
	table_set(table, UNIT, "%s", row->unit ? row->unit : clock_unit(bench));
	table_set(table, SPREAD, "%.4f", row->ours.spread);
	if (row->peer) {
		table_set(table, PEER, "%s", row->peer);
		table_set(table, PEER_RUNS, "%u", row->peer_figure.n);
		set_value(table, PEER_VALUE, row->peer_figure.median);
		table_set(table, PEER_SPREAD, "%.4f", row->peer_figure.spread);
		if (row->peer_figure.median > 0)
			table_set(table, RATIO, "%.4g", row->ours.median / row->peer_figure.median);
		noisy = noisy || row->peer_figure.spread > NOISY;
	}
	table_set_bool(table, NOISE, noisy);
	if (row->note)
		table_set(table, NOTE, "%s", row->note);
}
