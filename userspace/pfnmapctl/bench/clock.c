// SPDX-License-Identifier: GPL-2.0-only
/* The clock, and figures: medians of several runs. */
#include "bench.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LOOPS		100000
#define TRIES		20
#define SAME		0.01	/* by how much two mixes of instructions may differ */
#define MOST_RUNS	64
#define ENOUGH_RUNS	5
#define LONG_NS		1000000000ULL
#define RUN_NS		20000000	/* a run repeats the measurement for this long */
#define MOST_TIMES	8192

/**
 * clock_ns() - read the clock
 *
 * Return: nanoseconds since some time
 */
uint64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

/**
 * clock_since() - time since @start, less the time to read the clock
 * @bench: clock_learn() has been called
 * @start: from clock_ns()
 *
 * Return: nanoseconds
 */
uint64_t clock_since(const struct bench *bench, uint64_t start)
{
	uint64_t ns = clock_ns() - start;

	return ns > bench->overhead ? ns - bench->overhead : 0;
}

#ifdef __x86_64__
#include <cpuid.h>

static double two_instructions(void)
{
	uint64_t n = LOOPS, start = clock_ns();

	__asm__ volatile("1: dec %0; jnz 1b" : "+r" (n));
	return (double)(clock_ns() - start) / (2 * LOOPS);
}

/* Each product depends on the one before, so the CPU can't overlap them. */
static double four_instructions(void)
{
	uint64_t n = LOOPS, product = 3, start = clock_ns();

	__asm__ volatile("1: imul %1, %1; imul %1, %1; dec %0; jnz 1b"
			 : "+r" (n), "+r" (product));
	return (double)(clock_ns() - start) / (4 * LOOPS);
}

/* The shortest of several runs: an interrupt can only make a run longer. */
static double least(double (*loop)(void))
{
	double best = loop(), ns;
	int i;

	for (i = 1; i < TRIES; i++) {
		ns = loop();
		if (ns < best)
			best = ns;
	}
	return best;
}

static bool counts_instructions(double *ns)
{
	double mixed = least(four_instructions);

	*ns = least(two_instructions);
	return mixed < (1 + SAME) * *ns && mixed > (1 - SAME) * *ns;
}

/**
 * clock_emulated() - does QEMU emulate the CPU, by TCG?
 *
 * Memory has no cache modes on an emulated CPU.
 *
 * Return: whether QEMU emulates the CPU
 */
bool clock_emulated(void)
{
	uint32_t eax, words[3];

	__cpuid(0x40000000, eax, words[0], words[1], words[2]);
	return !memcmp(words, "TCGTCGTCGTCG", sizeof(words));
}
#else
static bool counts_instructions(double *ns)
{
	*ns = 1;
	return false;
}

bool clock_emulated(void)
{
	return false;
}
#endif

/**
 * clock_learn() - find out what the clock counts, and what reading it costs
 * @bench: gets counted, unit and overhead
 *
 * QEMU's -icount makes the clock count instructions: then every instruction takes the same time.
 */
void clock_learn(struct bench *bench)
{
	uint64_t start, ns;
	double per;
	int i;

	bench->overhead = UINT64_MAX;
	for (i = 0; i < TRIES; i++) {
		start = clock_ns();
		ns = clock_ns() - start;
		if (ns < bench->overhead)
			bench->overhead = ns;
	}
	bench->counted = counts_instructions(&per);
	bench->unit = bench->counted ? (uint64_t)(per * 100 + 0.5) / 100. : 1;
}

/**
 * clock_unit() - the unit of figures
 * @bench: clock_learn() has been called
 *
 * Return: its name
 */
const char *clock_unit(const struct bench *bench)
{
	return bench->counted ? "instructions" : "ns";
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Measures often enough that one interrupt more or less does not matter. */
static int one_run(measure_fn measure, void *data, double *mean)
{
	double ns, sum = 0;
	int i, err = 0;

	for (i = 0; !err && i < MOST_TIMES && sum < RUN_NS; i++) {
		err = measure(data, &ns);
		sum += ns;
	}
	*mean = sum / i;
	return err;
}

/**
 * figure_take() - measure several times
 * @bench: has the number of runs; figure_take() makes fewer, at least five, if runs are long
 * @figure: filled in
 * @measure: measures once, in ns; the first call does not count if it is short
 * @data: for @measure
 *
 * Return: 0 or -errno
 */
int figure_take(const struct bench *bench, struct figure *figure, measure_fn measure, void *data)
{
	uint64_t start = clock_ns();
	double values[MOST_RUNS];
	unsigned int n = 0;
	int err;

	*figure = (struct figure){ 0 };
	err = measure(data, &values[0]);
	if (err)
		return err;
	if (clock_ns() - start > LONG_NS)
		n = 1;
	while (n < bench->runs && n < MOST_RUNS &&
	       (n < ENOUGH_RUNS || clock_ns() - start < LONG_NS)) {
		err = one_run(measure, data, &values[n]);
		if (err)
			return err;
		n++;
	}
	qsort(values, n, sizeof(*values), by_value);
	figure->n = n;
	figure->median = (values[(n - 1) / 2] + values[n / 2]) / 2;
	if (figure->median > 0)
		figure->spread = (values[n - 1 - n / 4] - values[n / 4]) / figure->median;
	figure->median /= bench->unit;
	return 0;
}

/**
 * figure_scale() - scale a figure to another amount of the same work
 * @figure: measured
 * @by: factor
 *
 * Return: the figure
 */
struct figure figure_scale(const struct figure *figure, double by)
{
	struct figure scaled = *figure;

	scaled.median *= by;
	return scaled;
}
