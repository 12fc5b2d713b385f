// SPDX-License-Identifier: GPL-2.0-only
/* Steps that take time: idle, sleep, alarm. */
#include "try.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "pfnmap_client.h"

static void do_idle(const struct step *step)
{
	struct pfnmap_test_wait_idle wait = { 0 };
	struct place place;

	step_place(step->target, &place);
	if (!place.region)
		malformed("idle takes a place in a region");
	wait.region = place.region->id;
	wait.offset = place.offset;
	wait.bytes = step_number(step, "len", sysconf(_SC_PAGESIZE));
	wait.timeout_ms = step_number(step, "timeout", 0);
	step_done(step, step->target, pfnmap_wait_idle(handle_via(step, NULL)->fd, &wait));
}

static void do_sleep(const struct step *step)
{
	uint64_t ms = number_of(step->target);
	struct timespec left = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&left, &left) && errno == EINTR)
		;
	step_done(step, step->target, 0);
}

static void on_alarm(int sig __attribute__((unused)))
{
}

static void do_alarm(const struct step *step)
{
	const struct sigaction action = { .sa_handler = on_alarm };
	uint64_t ms = number_of(step->target);
	const struct itimerval timer = {
		.it_value = { ms / 1000, ms % 1000 * 1000 },
	};

	sigaction(SIGALRM, &action, NULL);
	step_done(step, step->target, setitimer(ITIMER_REAL, &timer, NULL) ? -errno : 0);
}

const struct verb time_verbs[] = {
	{ "idle", "REGION[+OFF][,len=N][,timeout=MS][,via=FILE]",
	  "WAIT_IDLE: waits until nobody has a reference", do_idle },
	{ "sleep", "MS",
	  "", do_sleep },
	{ "alarm", "MS",
	  "raises a signal after that time, which interrupts the step that runs then", do_alarm },
	{ 0 }
};
