// SPDX-License-Identifier: GPL-2.0-only
/* A thin wrapper of libsmartcols, which ends the program if memory runs out. */
#include "table.h"

#include <libsmartcols.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct table {
	struct libscols_table *cols;
	struct libscols_line *row;
	const struct column *columns;
	size_t n;
	bool json;
	uint64_t filled;	/* columns with something in them */
};

static void must(bool ok)
{
	if (ok)
		return;
	fputs("pfnmapctl: out of memory\n", stderr);
	exit(EXIT_FAILURE);
}

/**
 * table_terminal() - is the output a terminal that knows escape sequences?
 * @fd: where the output goes
 *
 * Return: whether it is
 */
bool table_terminal(int fd)
{
	const char *term = getenv("TERM");

	return isatty(fd) && term && strcmp(term, "dumb");
}

/**
 * table_new() - an empty table
 * @columns: lives as long as the table; at most 64
 * @n: number of columns
 * @json: print JSON
 *
 * Return: the table, which table_print() frees
 */
struct table *table_new(const struct column *columns, size_t n, bool json)
{
	/* NUMBER is the only type of libsmartcols that prints a missing value as null. */
	static const int json_types[] = {
		[COLUMN_TEXT] = SCOLS_JSON_STRING,
		[COLUMN_NUMBER] = SCOLS_JSON_NUMBER,
		[COLUMN_BOOL] = SCOLS_JSON_NUMBER,
	};
	struct table *table = calloc(1, sizeof(*table));
	struct libscols_column *column;
	size_t i;

	must(!!table);
	table->cols = scols_new_table();
	must(!!table->cols);
	table->columns = columns;
	table->n = n;
	table->json = json;
	scols_table_enable_json(table->cols, json);
	must(!scols_table_set_name(table->cols, "rows"));
	/* No row is cut to the width of a terminal. */
	scols_table_set_termforce(table->cols, SCOLS_TERMFORCE_NEVER);
	scols_table_set_termwidth(table->cols, UINT16_MAX);
	scols_table_enable_colors(table->cols, !json && table_terminal(STDOUT_FILENO) &&
				  !getenv("NO_COLOR"));
	for (i = 0; i < n; i++) {
		column = scols_table_new_column(table->cols, columns[i].name, 0,
						columns[i].type == COLUMN_NUMBER ?
						SCOLS_FL_RIGHT : 0);
		must(!!column);
		scols_column_set_json_type(column, json_types[columns[i].type]);
	}
	return table;
}

/**
 * table_skip() - leave a column out, in JSON too
 * @table: the table, before its first row
 * @column: index in the array of columns
 */
void table_skip(struct table *table, size_t column)
{
	scols_column_set_flags(scols_table_get_column(table->cols, column), SCOLS_FL_HIDDEN);
}

/**
 * table_row() - begin a row; a cell that nobody sets stays "-", null in JSON
 * @table: the table
 */
void table_row(struct table *table)
{
	size_t i;

	table->row = scols_table_new_line(table->cols, NULL);
	must(!!table->row);
	for (i = 0; !table->json && i < table->n; i++)
		must(!scols_line_set_data(table->row, i, "-"));
}

/**
 * table_set() - fill in a cell of the last row
 * @table: the table
 * @column: index in the array of columns
 * @fmt: its text; empty for a cell that has no meaning in this row
 */
void table_set(struct table *table, size_t column, const char *fmt, ...)
{
	va_list args;
	char *text;
	int len;

	va_start(args, fmt);
	len = vasprintf(&text, fmt, args);
	va_end(args);
	must(len >= 0);
	must(!scols_line_refer_data(table->row, column, text));
	if (*text)
		table->filled |= (uint64_t)1 << column;
}

/**
 * table_color() - show the last row in a colour, where there are colours
 * @table: the table
 * @color: a name that terminal-colors.d(5) knows
 */
void table_color(struct table *table, const char *color)
{
	must(!scols_line_set_color(table->row, color));
}

/**
 * table_set_bool() - fill in a cell of a COLUMN_BOOL
 * @table: the table
 * @column: index in the array of columns
 * @value: true or false, yes or no to people
 */
void table_set_bool(struct table *table, size_t column, bool value)
{
	if (table->json)
		table_set(table, column, value ? "true" : "false");
	else
		table_set(table, column, value ? "yes" : "no");
}

/* libsmartcols prints { "rows": [...] }; ours is the array. */
static void print_json(struct table *table)
{
	char *text = NULL, *begin, *end;

	must(!scols_print_table_to_string(table->cols, &text));
	begin = strchr(text, '[');
	end = strrchr(text, ']');
	if (begin && end)
		printf("%.*s\n", (int)(end - begin + 1), begin);
	else
		puts("[]");
	free(text);
}

/* Text leaves out columns that are empty in every row. */
static void print_text(struct table *table)
{
	size_t i;

	for (i = 0; i < table->n; i++)
		if (!(table->filled >> i & 1))
			table_skip(table, i);
	must(!scols_print_table(table->cols));
}

/**
 * table_free() - drop a table that is not to be printed
 * @table: the table
 */
void table_free(struct table *table)
{
	scols_unref_table(table->cols);
	free(table);
}

/**
 * table_print() - print and free
 * @table: the table
 *
 * Return: exit status
 */
int table_print(struct table *table)
{
	if (table->json)
		print_json(table);
	else
		print_text(table);
	table_free(table);
	return fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}
