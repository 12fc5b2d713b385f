// SPDX-License-Identifier: GPL-2.0-only
/*
 * guess:FILE,what=pin|reserve[,n=N]
 *
 * One thread makes a pin or a reservation n times, and gives each back by its id. On another
 * CPU a second thread guesses: it gives back the first ids all the time. Whichever thread gives
 * an id back first, the other does not find the id any more.
 */
#include "try.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "array.h"
#include "pfnmap_client.h"
#include "text.h"

/* Ids begin with 1. The module gives the first that is free. */
#define GUESSES	2

struct guess {
	int fd;
	int (*make)(const struct guess *guess, uint32_t *id);
	int (*give_back)(int fd, uint32_t id);
	void *page;
	cpu_set_t cpu;		/* of the guessing thread */
	atomic_bool stop;
	unsigned long made, kept, guessed;
};

static int make_pin(const struct guess *guess, uint32_t *id)
{
	struct pfnmap_test_pin pin = {
		.how = PFNMAP_TEST_PIN_SLOW,
		.address = (uintptr_t)guess->page,
		.bytes = sysconf(_SC_PAGESIZE),
	};
	int err = pfnmap_pin(guess->fd, &pin);

	*id = pin.id;
	return err;
}

static int make_reservation(const struct guess *guess, uint32_t *id)
{
	struct pfnmap_test_reserve reserve = {
		.region = PFNMAP_TEST_REGION_MMIO,
		.cache_mode = PFNMAP_TEST_CACHE_UC_MINUS,
		.bytes = sysconf(_SC_PAGESIZE),
	};
	int err = pfnmap_reserve(guess->fd, &reserve);

	*id = reserve.id;
	/* The module reads the mode from the reservation, which nobody may have freed meanwhile. */
	return err || reserve.cache_mode == PFNMAP_TEST_CACHE_UC_MINUS ? err : -EBADMSG;
}

static const struct {
	const char *name;
	int (*make)(const struct guess *guess, uint32_t *id);
	int (*give_back)(int fd, uint32_t id);
} kinds[] = {
	{ "pin", make_pin, pfnmap_unpin },
	{ "reserve", make_reservation, pfnmap_release },
};

static void *guesser(void *arg)
{
	struct guess *guess = arg;
	uint32_t id;

	sched_setaffinity(0, sizeof(guess->cpu), &guess->cpu);
	while (!guess->stop)
		for (id = 1; id <= GUESSES; id++)
			if (!guess->give_back(guess->fd, id))
				guess->guessed++;
	return NULL;
}

static int maker(struct guess *guess, unsigned long rounds)
{
	uint32_t id;
	int err;

	while (guess->made < rounds) {
		err = guess->make(guess, &id);
		if (err)
			return err;
		guess->made++;
		err = guess->give_back(guess->fd, id);
		if (err && err != -ENOENT)
			return err;
		if (!err)
			guess->kept++;
	}
	return 0;
}

static int run(struct guess *guess, unsigned long rounds)
{
	cpu_set_t before, here;
	pthread_t thread;
	int err;

	sched_getaffinity(0, sizeof(before), &before);
	if (!two_cpus(&here, &guess->cpu))
		return -ENODEV;
	sched_setaffinity(0, sizeof(here), &here);
	err = -pthread_create(&thread, NULL, guesser, guess);
	if (!err) {
		err = maker(guess, rounds);
		guess->stop = true;
		pthread_join(thread, NULL);
	}
	sched_setaffinity(0, sizeof(before), &before);
	return err;
}

static void do_guess(const struct step *step)
{
	struct handle *file = handle_get(step->target, HANDLE_FILE);
	unsigned long rounds = step_number(step, "n", 1000);
	const char *what = step_text(step, "what");
	struct guess guess = { .fd = file->fd };
	size_t i;
	int err;

	for (i = 0; what && i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(kinds[i].name, what)) {
			guess.make = kinds[i].make;
			guess.give_back = kinds[i].give_back;
		}
	if (!guess.make)
		malformed("what is pin or reserve");
	guess.page = mmap(NULL, sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (guess.page == MAP_FAILED)
		abort();
	err = run(&guess, rounds);
	munmap(guess.page, sysconf(_SC_PAGESIZE));
	printf("guess %s: ", file->name);
	if (err)
		puts(text_errno(err));
	else
		printf("ok made=%lu kept=%lu guessed=%lu\n", guess.made, guess.kept,
		       guess.guessed);
}

const struct verb guess_verbs[] = {
	{ "guess", "FILE,what=pin|reserve[,n=N]",
	  "a second thread gives back ids that it guesses", do_guess },
	{ 0 }
};
