// SPDX-License-Identifier: GPL-2.0-only
/*
 * stall:FILE,len=N[,n=N]
 *
 * One thread maps the file: this takes long, and holds the mmap lock meanwhile. A second
 * thread looks at an address, and waits for that lock. A third thread looks at a folio by
 * region, as any other process might, and needs no lock of this process: how long does it
 * wait? Prints two times in microseconds. held= is the shortest of n calls of mmap. waited= is the
 * shortest of n times, each the third thread's longest wait during one call.
 */
#include "try.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "pfnmap_client.h"
#include "text.h"

struct stall {
	int fd;
	atomic_bool stop;
	atomic_uint looked;		/* looks by address so far */
	atomic_ulong longest;		/* wait of the third thread in this round */
	uint64_t held, waited;	/* what the step prints */
};

static uint64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void *by_address(void *arg)
{
	struct pfnmap_test_folio folio;
	struct stall *stall = arg;

	while (!stall->stop) {
		pfnmap_folio(stall->fd, 0, (uintptr_t)stall, &folio);
		stall->looked++;
	}
	return NULL;
}

static void *by_region(void *arg)
{
	struct pfnmap_test_folio folio;
	struct stall *stall = arg;
	uint64_t begin, took;

	while (!stall->stop) {
		begin = now_us();
		pfnmap_folio(stall->fd, PFNMAP_TEST_REGION_RAM, 0, &folio);
		took = now_us() - begin;
		if (took > stall->longest)
			stall->longest = took;
		usleep(1000);
	}
	return NULL;
}

/* Waits for two looks by address: so the second thread is running when mmap begins. */
static void let_look(const struct stall *stall)
{
	unsigned int until = stall->looked + 2;

	while ((int)(until - stall->looked) > 0)
		usleep(100);
}

static int map_once(struct stall *stall, size_t len)
{
	uint64_t begin, took;
	void *start;

	let_look(stall);
	stall->longest = 0;
	begin = now_us();
	start = mmap(NULL, len, PROT_READ, MAP_SHARED, stall->fd, 0);
	if (start == MAP_FAILED)
		return -errno;
	took = now_us() - begin;
	/* A look that still waits counts only when it ends: give the third thread time. */
	usleep(10000);
	if (took < stall->held)
		stall->held = took;
	if (stall->longest < stall->waited)
		stall->waited = stall->longest;
	return munmap(start, len) ? -errno : 0;
}

static void do_stall(const struct step *step)
{
	struct handle *file = handle_get(step->target, HANDLE_FILE);
	unsigned int rounds = step_number(step, "n", 3), round;
	struct stall stall = { .fd = file->fd, .held = UINT64_MAX, .waited = UINT64_MAX };
	size_t len = step_number(step, "len", 0);
	pthread_t waiter, other;
	int err = 0;

	if (pthread_create(&waiter, NULL, by_address, &stall) ||
	    pthread_create(&other, NULL, by_region, &stall))
		abort();
	for (round = 0; round < rounds && !err; round++)
		err = map_once(&stall, len);
	stall.stop = true;
	pthread_join(waiter, NULL);
	pthread_join(other, NULL);

	printf("stall %s: ", file->name);
	if (err)
		puts(text_errno(err));
	else
		printf("ok held=%" PRIu64 " waited=%" PRIu64 "\n", stall.held, stall.waited);
}

const struct verb stall_verbs[] = {
	{ "stall", "FILE,len=N[,n=N]",
	  "tells how long mmap of the file keeps another thread waiting", do_stall },
	{ 0 }
};
