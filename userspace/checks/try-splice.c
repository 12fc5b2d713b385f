// SPDX-License-Identifier: GPL-2.0-only
/*
 * Steps splice and unsplice: a page of a mapping in a pipe. The pipe keeps the page when
 * the mapping and the file are gone. The module knows nothing of the pipe.
 */
#include "try.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/uio.h>
#include <unistd.h>

#include "text.h"

static void do_splice(const struct step *step)
{
	struct handle *map = map_existing(step), *pipe;
	struct iovec page = { .iov_len = sysconf(_SC_PAGESIZE) };
	int ends[2], err = 0;

	pipe = handle_new(step->handle, HANDLE_PIPE);
	if (!map)
		return;
	page.iov_base = map->start + step_number(step, "off", 0);
	if (pipe2(ends, O_CLOEXEC)) {
		step_done(step, pipe->name, -errno);
		return;
	}
	if (vmsplice(ends[1], &page, 1, 0) < 0)
		err = -errno;
	close(ends[1]);
	if (err)
		close(ends[0]);
	else
		pipe->fd = ends[0];
	step_done(step, pipe->name, err);
}

static void do_unsplice(const struct step *step)
{
	struct handle *pipe = handle_get(step->target, HANDLE_PIPE);
	uint32_t value;
	ssize_t got = read(pipe->fd, &value, sizeof(value));

	if (got == sizeof(value))
		printf("unsplice %s: 0x%08" PRIx32 "\n", pipe->name, value);
	else
		step_done(step, pipe->name, got < 0 ? -errno : -EIO);
	close(pipe->fd);
	pipe->fd = -1;
}

const struct verb splice_verbs[] = {
	{ "splice", "MAP[,off=N]",
	  "NAME=: puts a page into a pipe", do_splice },
	{ "unsplice", "PIPE",
	  "reads the page's first word, and lets go of the page", do_unsplice },
	{ 0 }
};
