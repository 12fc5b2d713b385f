// SPDX-License-Identifier: GPL-2.0-only
/*
 * Steps on files of the system's, such as a cgroup's or a sysctl: what they say,
 * and telling them something.
 */
#include "try.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "text.h"

static const char *base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* put:PATH,text=TEXT */
void do_put(const struct step *step)
{
	const char *text = step_text(step, "text");
	int fd, err = 0;

	if (!text)
		malformed("put needs text=");
	fd = open(step->target, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		err = -errno;
	if (fd >= 0)
		close(fd);
	step_done(step, base(step->target), err);
}

/* get:PATH[,key=TEXT]: the first line, or the first that begins with the key */
void do_get(const struct step *step)
{
	const char *key = step_text(step, "key");
	FILE *in = fopen(step->target, "re");
	char line[256];
	int err = in ? -ENODATA : -errno;

	while (in && fgets(line, sizeof(line), in)) {
		if (key && strncmp(line, key, strlen(key)))
			continue;
		line[strcspn(line, "\n")] = '\0';
		printf("get %s: %s\n", base(step->target), line);
		err = 0;
		break;
	}
	if (in)
		fclose(in);
	if (err)
		step_done(step, base(step->target), err);
}
