// SPDX-License-Identifier: GPL-2.0-only
/*
 * limit:DIR,bytes=N[,unkillable]
 *
 * Makes this process one of the cgroup at DIR, and has that use no more memory,
 * its page tables included, than N bytes from here on. What is over the limit then
 * ends the process by SIGKILL, or fails with ENOMEM if it is unkillable.
 */
#include "try.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int put(const char *dir, const char *file, const char *text)
{
	char path[256];
	int fd, err;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = write(fd, text, strlen(text)) < 0 ? -errno : 0;
	close(fd);
	return err;
}

void do_limit(const struct step *step)
{
	char bytes[32];
	int err;

	if (!step_text(step, "bytes"))
		malformed("limit needs bytes=");
	snprintf(bytes, sizeof(bytes), "%" PRIu64, step_number(step, "bytes", 0));
	err = put("/proc/self", "oom_score_adj", step_has(step, "unkillable") ? "-1000" : "0");
	if (!err)
		err = put(step->target, "cgroup.procs", "0");
	if (!err)
		err = put(step->target, "memory.max", bytes);
	step_done(step, step->target, err);
}
