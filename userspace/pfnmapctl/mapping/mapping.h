/* SPDX-License-Identifier: GPL-2.0-only */
/* Mappings of the device, made as the user asks. */
#ifndef MAPPING_H
#define MAPPING_H

#include "ctl.h"
#include "table.h"

/* What the options of map, leaf, vma, folio, pin and zap ask for. */
struct request {
	const char *region;	/* NULL: the first that the method maps */
	const char *method;	/* NULL: the first */
	const char *mode;
	const char *level;	/* NULL: the highest of the method that fits */
	uint64_t offset;
	uint64_t bytes;		/* 0: as the level suggests */
	uint64_t chunk;
	uint64_t seconds;
	bool partial;
	bool twice;
	bool private;
	bool read_only;
};

struct mapping {
	char *start;
	size_t bytes;
};

extern const struct argp request_argp;	/* input: struct request */

/* mapping.c */
int request_apply(struct request *request, struct device *device);
int mapping_make(struct mapping *mapping, const struct request *request,
		 const struct device *device);
const char *mapping_advice(int err);
int mapping_make_or_fail(struct mapping *mapping, struct request *request,
			 struct device *device);
int mapping_touch(const struct mapping *mapping, bool write, size_t *touched);
void mapping_drop(struct mapping *mapping);
void request_hold(const struct request *request);

/* leaves.c */
enum {
	LEAF_PHASE,
	LEAF_RESULT,
	LEAF_OFFSET,
	LEAF_BYTES,
	LEAF_LEVEL,
	LEAF_MODE,
	LEAF_PHYSICAL,
	LEAF_REGION,
	LEAF_WRITABLE,
	LEAF_DIRTY,
	LEAF_YOUNG,
	LEAF_SPECIAL,
	LEAF_COLUMNS,
};

extern const struct column leaf_columns[LEAF_COLUMNS];
int leaves_add(struct table *table, const struct device *device, const struct mapping *mapping,
	       const char *phase, const char *result);

#endif
