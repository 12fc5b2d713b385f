/* SPDX-License-Identifier: GPL-2.0-only */
/* One row of the atlas: what is asked for, and what came out. */
#ifndef ATLAS_H
#define ATLAS_H

#include "ctl.h"

struct ask {
	const char *device;	/* path, or NULL */
	struct pfnmap_test_map map;
	bool private;
	bool reserve;		/* hold the mode first */
	uint64_t start;		/* physical start of the region */
};

enum answer {
	ANSWER_UNKNOWN,
	ANSWER_NO,
	ANSWER_YES,
};

struct tried {
	int err;		/* errno of what failed, 0 */
	int sig;		/* or the signal that touching it raised */
	bool present;		/* the rest is known */
	uint32_t level;
	uint32_t cache_mode;
	enum answer special;
	enum answer tracked;
	int cow_err;		/* private: what a write did */
	int cow_sig;
	enum answer copied;
};

void atlas_try(const struct ask *ask, struct tried *tried);

#endif
