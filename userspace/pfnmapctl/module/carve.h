/* SPDX-License-Identifier: GPL-2.0-only */
/* Which System RAM mmio=auto and dax=auto would take, before the module is loaded. */
#ifndef CARVE_H
#define CARVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How many pages of each kind a window has. Any but the used ones rule the window out. */
struct carve_pages {
	unsigned long slab;
	unsigned long tables;
	unsigned long reserved;
	unsigned long holes;
	unsigned long hugetlb;
	unsigned long poisoned;
	unsigned long used;
};

enum carve_verdict {
	CARVE_PASSED,		/* the module passes the window over */
	CARVE_MAYBE,		/* the module takes the window, if @why does not stand in the way */
	CARVE_TAKEN,		/* the module takes the window, or the GiB around it */
};

struct carve_window {
	uint64_t start;
	uint64_t bytes;
	enum carve_verdict verdict;
	int node;		/* -1: more than one, or not known */
	char zone[16];		/* "": as for node */
	struct carve_pages pages;
	char why[160];		/* what stands in the way; "": a leaf of 1 GiB, with CARVE_MAYBE */
	uint64_t wide_start;	/* the GiB around the window; bytes are 0 if there is none */
	uint64_t wide_bytes;
};

/* What a region asks for, and the facts that the module goes by, from carve_begin(). */
struct carve {
	uint64_t block;
	uint64_t bytes;
	uint64_t most;
	bool large_leaves;	/* the direct map has leaves of 1 GiB */
	bool cma;		/* some memory is for CMA, and no file tells which */
	int fd;			/* /proc/kpageflags */
	struct carve_range *ram;
	size_t n_ram;
	struct carve_window wide;	/* the GiB that was judged last, for all windows in it */
	const struct carve_window *others;	/* windows that an earlier region may take */
	size_t n_others;
};

uint64_t carve_block_bytes(void);
uint64_t carve_meminfo(const char *name);
uint64_t carve_available(void);
bool carve_look(int fd, uint64_t start, uint64_t bytes, struct carve_pages *pages, bool all);
bool carve_can_move(const struct carve_pages *pages);
void carve_why(const struct carve_pages *pages, char *text, size_t room);
void carve_zone(struct carve_window *window, uint64_t block);

int carve_begin(struct carve *carve, uint64_t bytes, uint64_t taken);
int carve_windows(struct carve *carve, struct carve_window **windows, size_t *n);
void carve_end(struct carve *carve);
bool carve_first(struct carve_window *window);

#endif
