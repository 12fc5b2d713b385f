// SPDX-License-Identifier: GPL-2.0-only
/* Steps on futexes: futexwait, futexwake. */
#include "try.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "futex.h"
#include "text.h"

#define TIMEOUT_MS	10000
#define PAUSE_MS	10

static void do_futexwait(const struct step *step)
{
	struct handle *map;
	uint64_t off;
	char *at;
	int err;

	at = access_begin(step, &map, &off);
	if (!at)
		return;
	err = futex_wait(at, step_has(step, "private"), step_number(step, "val", 0),
			 step_number(step, "timeout", TIMEOUT_MS));
	printf("%s %s+0x%" PRIx64 ": %s\n", step->verb, map->name, off,
	       err ? text_errno(err) : "ok");
}

/*
 * futexwake:MAP[,off=N][,n=N][,private][,timeout=MS]: prints how many waiters woke. With timeout=
 * the step tries again until a waiter wakes, or until MS have passed.
 */
static void do_futexwake(const struct step *step)
{
	const struct timespec pause = { 0, PAUSE_MS * 1000000 };
	uint64_t ms = step_number(step, "timeout", 0), off;
	struct handle *map;
	char *at;
	int woken;

	at = access_begin(step, &map, &off);
	if (!at)
		return;
	for (;; ms -= PAUSE_MS) {
		woken = futex_wake(at, step_has(step, "private"), step_number(step, "n", 1));
		if (woken || ms < PAUSE_MS)
			break;
		nanosleep(&pause, NULL);
	}
	printf("%s %s+0x%" PRIx64 ": ", step->verb, map->name, off);
	if (woken < 0)
		puts(text_errno(woken));
	else
		printf("%d\n", woken);
}

const struct verb futex_verbs[] = {
	{ "futexwait", "MAP[,off=N][,val=N][,private][,timeout=MS]",
	  "waits, by default for at most ten seconds", do_futexwait },
	{ "futexwake", "MAP[,off=N][,n=N][,private][,timeout=MS]",
	  "tells how many waiters woke; with timeout tries until one does", do_futexwake },
	{ 0 }
};
