/* SPDX-License-Identifier: GPL-2.0-only */
/* A table for people, or the same as a JSON array of objects. */
#ifndef TABLE_H
#define TABLE_H

#include <stdbool.h>
#include <stddef.h>

struct column {
	const char *name;	/* also the key in JSON */
	enum {
		COLUMN_TEXT,
		COLUMN_NUMBER,
		COLUMN_BOOL,
	} type;
};

struct table;

bool table_terminal(int fd);
struct table *table_new(const struct column *columns, size_t n, bool json);
void table_skip(struct table *table, size_t column);
void table_row(struct table *table);
void table_set(struct table *table, size_t column, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void table_color(struct table *table, const char *color);
void table_set_bool(struct table *table, size_t column, bool value);
int table_print(struct table *table);
void table_free(struct table *table);

#endif
