// SPDX-License-Identifier: GPL-2.0-only
/*
 * Closes and opens files, and forks children. A child does operations of its own, and then exits,
 * is killed, or stays with its mappings. Only one process runs at a time, so that the
 * operations do not depend on which process is faster.
 */
#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pfnmap_client.h>

#define STAYING		2
#define CHILD_OPERATIONS 16

static pid_t staying[STAYING];

/**
 * do_open() - close a file, which may be mapped still, and open another one
 * @rng: generator of the operation
 */
void do_open(struct rng *rng)
{
	unsigned int file = rng_below(rng, FILES);
	bool prepare = rng_one_in(rng, 3) && fuzz.prepare_there;
	int oflags = rng_one_in(rng, 8) ? O_RDONLY : O_RDWR;
	int fd, tries;

	say("open file%u%s%s", file, prepare ? " prepare" : "", oflags == O_RDONLY ? " ro" : "");
	close(fuzz.fds[file]);
	fd = pfnmap_open(NULL, prepare, oflags);
	result(KIND_OPEN, fd < 0 ? fd : 0);
	/* FAIL_NEXT may fail the open, once for each file. There must always be one: try again. */
	for (tries = 0; fd < 0 && tries < FILES; tries++)
		fd = pfnmap_open(NULL, prepare, oflags);
	fuzz.fds[file] = fd;
	fuzz.prepare[file] = prepare;
}

static void reap(unsigned int place)
{
	pid_t pid = staying[place];
	int status;

	staying[place] = 0;
	if (!pid)
		return;
	kill(pid, SIGKILL);
	if (waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status))
		broken("a child that was killed has status %#x", status);
}

/**
 * do_reap() - kill a child that has stayed
 * @rng: generator of the operation
 */
void do_reap(struct rng *rng)
{
	unsigned int place = rng_below(rng, STAYING);
	bool there = staying[place];

	say("reap child%u", place);
	reap(place);
	result(KIND_REAP, there ? 0 : -ECHILD);
}

/**
 * children_end() - kill all children that have stayed
 */
void children_end(void)
{
	unsigned int place;

	for (place = 0; place < STAYING; place++)
		reap(place);
}

enum ending {
	ENDING_EXIT,
	ENDING_KILLED,
	ENDING_STAYS,
	ENDINGS,
};

static void child(uint64_t seed, unsigned int n, enum ending ending)
{
	struct rng rng;
	unsigned int i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	fuzz.child = true;
	for (i = 0; i < n; i++) {
		say("  .%u ", i);
		rng = rng_of(seed, i);
		one_operation(&rng);
	}
	fflush(NULL);
	if (ending == ENDING_KILLED)
		raise(SIGKILL);
	if (ending == ENDING_STAYS)
		raise(SIGSTOP);
	_exit(0);
}

static bool ended_as(int status, enum ending ending)
{
	switch (ending) {
	case ENDING_KILLED:
		return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	case ENDING_STAYS:
		return WIFSTOPPED(status);
	default:
		return WIFEXITED(status) && !WEXITSTATUS(status);
	}
}

/**
 * do_fork() - fork a child, and wait until it has done its operations
 * @rng: generator of the operation
 */
void do_fork(struct rng *rng)
{
	static const char * const endings[] = { "exits", "is killed", "stays" };
	struct intent intent = { .kind = KIND_FORK };
	enum ending ending = rng_below(rng, ENDINGS);
	unsigned int n = rng_below(rng, CHILD_OPERATIONS);
	unsigned int place = rng_below(rng, STAYING);
	uint64_t seed = rng_next(rng);
	int status = 0;
	pid_t pid;

	say("fork, child%u %s", place, endings[ending]);
	if (avoid(&intent))
		return;
	if (ending == ENDING_STAYS)
		reap(place);
	fflush(NULL);
	pid = fork();
	if (!pid) {
		say("\n");
		child(seed, n, ending);
	}
	if (pid > 0) {
		if (waitpid(pid, &status, WUNTRACED) != pid || !ended_as(status, ending))
			broken("a child that %s has status %#x", endings[ending], status);
		if (WIFSTOPPED(status))
			staying[place] = pid;
		say("  child%u %s", place, endings[ending]);
	}
	result(KIND_FORK, pid < 0 ? -errno : 0);
}
