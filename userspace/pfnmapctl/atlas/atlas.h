/* SPDX-License-Identifier: GPL-2.0-only */
/* The atlas: what each row asks for, and what came out. */
#ifndef ATLAS_H
#define ATLAS_H

#include "ctl.h"

struct ask {
	const char *device;	/* the node's path; NULL: the module's own */
	const struct pfnmap_test_describe *method;
	const struct pfnmap_test_describe *region;	/* NULL: the method can't be had */
	struct pfnmap_test_map map;
	size_t bytes;
	bool private;
	bool reserve;		/* hold the mode first */
};

enum answer {
	ANSWER_UNKNOWN,
	ANSWER_NO,
	ANSWER_YES,
};

enum {
	GUP_SLOW,
	GUP_FAST,
	GUP_LONGTERM,
	GUP_WAYS,
};

struct gup {
	bool known;
	int err;
};

struct tried {
	int err;		/* -errno of the call that failed, or 0 */
	int sig;		/* signal that a touch raised, or 0 */
	bool present;		/* level, cache_mode and special are known */
	uint32_t level;
	uint32_t cache_mode;
	enum answer special;
	enum answer tracked;
	enum answer refcounted;
	struct gup gup[GUP_WAYS];
	struct gup untouched;	/* follow_pfnmap_start() before any touch */
	struct gup follow;	/* the same after a read */
	int cow_err;		/* private: -errno that kept us from the write, or 0 */
	int cow_sig;		/* private: signal that the write raised, or 0 */
	enum answer copied;
	struct gup futex;	/* a shared one, after the write */
};

struct row {
	struct ask ask;
	struct tried tried;
};

struct atlas {
	struct common *common;
	const char *kernel;
	const char *method;	/* try only what these name; NULL: everything */
	const char *region;
	const char *mode;
	bool reserved;
	struct device device;
	struct row *rows;
	size_t n;
};

/* The columns, in the order of JSON's keys. */
enum {
	ATLAS_KERNEL,
	ATLAS_METHOD,
	ATLAS_REGION,
	ATLAS_REQUESTED,
	ATLAS_EFFECTIVE,
	ATLAS_SHARING,
	ATLAS_RESERVED,
	ATLAS_RESULT,
	ATLAS_LEVEL,
	ATLAS_SPECIAL,
	ATLAS_TRACKED,
	ATLAS_REFCOUNTED,
	ATLAS_GUP_SLOW,
	ATLAS_GUP_FAST,
	ATLAS_GUP_LONGTERM,
	ATLAS_FOLLOW,
	ATLAS_COW,
	ATLAS_FUTEX,
	ATLAS_COLUMNS,
};

/* A row as text. A cell without a value is empty. */
struct cells {
	const struct row *row;
	char text[ATLAS_COLUMNS][72];
};

int atlas_plan(struct atlas *atlas);
void atlas_try(const struct ask *ask, struct tried *tried);
struct cells *atlas_cells(const struct atlas *atlas);
int atlas_print_json(const struct cells *cells, size_t n);
int atlas_print_folded(const struct atlas *atlas, const struct cells *cells);

#endif
