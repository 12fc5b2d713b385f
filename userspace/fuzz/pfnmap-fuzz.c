// SPDX-License-Identifier: GPL-2.0-only
/*
 * pfnmap-fuzz: operations at random on both devices of pfnmap_test, from a seed.
 * Exit status: 0, 1 if the fuzzer found a fault, 2 usage, 4 no such device.
 */
#include "fuzz.h"

#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <text.h>

/* Operations between changes of the folios' level: a change takes longer than a hundred of them. */
#define FOLIO_STRETCH	4096

struct arguments {
	uint64_t operations;
	uint64_t seconds;
	bool guess;
};

static const struct argp_option options[] = {
	{ "seed", 's', "N", 0, "decides what the operations are (default: a new one)", 0 },
	{ "ops", 'n', "N", 0, "end after N operations", 0 },
	{ "seconds", 't', "N", 0, "end after N seconds (default: 10, without --ops)", 0 },
	{ "guess", 'g', NULL, 0, "run beside threads that give back ids which they guess", 0 },
	{ "verbose", 'v', NULL, 0, "tell of each operation before it is done", 0 },
	{ 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *arguments = state->input;
	uint64_t *number = NULL;

	switch (key) {
	case 's':
		number = &fuzz.seed;
		break;
	case 'n':
		number = &arguments->operations;
		break;
	case 't':
		number = &arguments->seconds;
		break;
	case 'g':
		arguments->guess = true;
		return 0;
	case 'v':
		fuzz.verbose = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	if (text_number(arg, number))
		argp_error(state, "'%s' is not a number", arg);
	return 0;
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
}

static void report(uint64_t number, uint64_t ms)
{
	const struct counts *counts = fuzz.counts;
	int kind;

	printf("%-16s %10s %10s\n", "operation", "done", "succeeded");
	for (kind = 0; kind < KINDS; kind++)
		printf("%-16s %10llu %10llu\n", kind_name(kind),
		       (unsigned long long)counts->done[kind],
		       (unsigned long long)counts->succeeded[kind]);
	printf("--seed=%#llx --ops=%llu: ", (unsigned long long)fuzz.seed,
	       (unsigned long long)number);
	printf("%llu operations, %llu of them in children, %llu avoided, in %llu.%03llu s\n",
	       (unsigned long long)counts->operations,
	       (unsigned long long)counts->in_children,
	       (unsigned long long)counts->avoided,
	       (unsigned long long)ms / 1000, (unsigned long long)ms % 1000);
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options, .parser = parse,
		.doc = "Does things at random to the devices of pfnmap_test.",
	};
	struct arguments arguments = { 0 };
	unsigned long guessed;
	uint64_t number, begun;
	struct rng rng;

	argp_err_exit_status = 2;
	fuzz.seed = (uint64_t)time(NULL) << 16 ^ getpid();
	argp_parse(&argp, argc, argv, 0, NULL, &arguments);
	if (!arguments.operations && !arguments.seconds)
		arguments.seconds = 10;

	fuzz.counts = mmap(NULL, sizeof(*fuzz.counts), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (fuzz.counts == MAP_FAILED) {
		perror("pfnmap-fuzz: mmap");
		return EXIT_FAILURE;
	}
	printf("--seed=%#llx\n", (unsigned long long)fuzz.seed);
	fflush(stdout);
	system_begin();
	if (arguments.guess && guess_begin()) {
		fprintf(stderr, "pfnmap-fuzz: no threads can be had: raise 'ulimit -u'\n");
		return EXIT_FAILURE;
	}

	begun = now_ms();
	for (number = 0; !fuzz.counts->broken; number++) {
		fuzz.folio_level = 1 + number / FOLIO_STRETCH % PFNMAP_TEST_LEVEL_PUD;
		if (arguments.operations && number >= arguments.operations)
			break;
		if (arguments.seconds && now_ms() - begun >= arguments.seconds * 1000)
			break;
		rng = rng_of(fuzz.seed, number);
		say("%llu ", (unsigned long long)number);
		one_operation(&rng);
	}
	begun = now_ms() - begun;
	guessed = guess_end();
	system_end();
	report(number, begun);
	if (arguments.guess)
		printf("%lu ids were guessed\n", guessed);
	return fuzz.counts->broken ? EXIT_FAILURE : EXIT_SUCCESS;
}
