// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads of the same process that guess ids, and give back pins and reservations that they
 * never made. The scheduler decides when they run: so the seed no longer decides everything.
 */
#include "fuzz.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <pfnmap_client.h>

#define THREADS	2
/* The module gives the first ids that are free. */
#define GUESSES	4

static pthread_t threads[THREADS];
static unsigned int running;
static atomic_bool stop;
static atomic_ulong guessed;

/* One thread guesses ids of pins, the other ids of reservations. */
static void *guesser(void *arg)
{
	int (*give_back)(int fd, uint32_t id) = arg ? pfnmap_release : pfnmap_unpin;
	unsigned int file;
	uint32_t id;

	while (!stop)
		for (file = 0; file < FILES; file++)
			for (id = 1; id <= GUESSES; id++)
				if (!give_back(fuzz.fds[file], id))
					guessed++;
	return NULL;
}

/**
 * guess_begin() - start the threads: from here on any pin or reservation may be gone
 *
 * A child has none of the threads.
 *
 * Return: 0 or -errno
 */
int guess_begin(void)
{
	int err = 0;

	while (running < THREADS && !err) {
		err = -pthread_create(&threads[running], NULL, guesser,
				      running ? &stop : NULL);
		if (!err)
			running++;
	}
	return err;
}

/**
 * guess_end() - end the threads
 *
 * Return: how many ids were guessed
 */
unsigned long guess_end(void)
{
	stop = true;
	while (running)
		pthread_join(threads[--running], NULL);
	return guessed;
}
