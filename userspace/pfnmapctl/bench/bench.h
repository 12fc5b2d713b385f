/* SPDX-License-Identifier: GPL-2.0-only */
/* Measuring: a clock, figures made of several runs, and rows made of figures. */
#ifndef BENCH_H
#define BENCH_H

#include "ctl.h"
#include "table.h"

struct figure {
	double median;
	double spread;		/* range of the middle half of the runs, over the median */
	unsigned int n;		/* runs; 0: there is no such figure */
};

struct row {
	char name[80];
	const char *unit;	/* NULL: the clock's */
	struct figure ours;
	const char *peer;	/* NULL: there is none */
	struct figure peer_figure;
	const char *note;
};

struct bench {
	struct common *common;
	struct device device;
	struct table *table;
	uint64_t runs;
	uint64_t limit;		/* seconds for one list by debugfs */
	uint64_t entries;	/* the most to reserve */
	const char *method;	/* measure only what these name; NULL: everything */
	const char *level;
	const char *device_dax;	/* the peers' files; NULL: do not measure that peer */
	const char *pci;
	const char *dev_mem;
	uint64_t dev_mem_at;
	bool udmabuf;
	bool counted;		/* the clock counts instructions */
	double unit;		/* ns of one instruction, or 1 */
	uint64_t overhead;	/* ns to read the clock twice */
};

/* clock.c */
typedef int (*measure_fn)(void *data, double *ns);

uint64_t clock_ns(void);
uint64_t clock_since(const struct bench *bench, uint64_t start);
void clock_learn(struct bench *bench);
const char *clock_unit(const struct bench *bench);
bool clock_emulated(void);
int figure_take(const struct bench *bench, struct figure *figure, measure_fn measure, void *data);
struct figure figure_scale(const struct figure *figure, double by);

/* rows.c */
struct table *rows_new(bool json);
void rows_add(struct bench *bench, const struct row *row);
void row_name(struct row *row, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The groups. Each returns an exit status. */
int bench_memtype(struct bench *bench);
int bench_map(struct bench *bench);
int bench_bandwidth(struct bench *bench);

/* tracking.c: the part of bench_memtype() that maps while the tree has n reservations */
struct reserved {
	int fd;			/* the open device, which holds the reservations */
	const struct pfnmap_test_describe *region;
	size_t n;
	uint64_t hole;		/* bytes at the region's start that nobody holds */
};

int bench_tracking(struct bench *bench, const struct reserved *reserved);

/* kmalloc.c */
int kmalloc_begin(void);
int kmalloc_end(size_t *peak);

#endif
