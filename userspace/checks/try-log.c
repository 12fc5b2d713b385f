// SPDX-License-Identifier: GPL-2.0-only
/* Steps on the kernel's log: kmsg, log. */
#include "try.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* No record of /dev/kmsg is longer. */
#define RECORD_MAX	8192

static void do_kmsg(const struct step *step)
{
	struct handle *log = handle_new(step->handle, HANDLE_KMSG);
	int err = 0;

	log->fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (log->fd < 0 || lseek(log->fd, 0, SEEK_END) < 0)
		err = -errno;
	step_done(step, log->name, err);
}

static void do_log(const struct step *step)
{
	struct handle *log = handle_get(step->target, HANDLE_KMSG);
	const char *has = step_text(step, "has");
	char record[RECORD_MAX + 1], *message;
	size_t shown = 0;
	ssize_t len;

	while ((len = read(log->fd, record, RECORD_MAX)) > 0) {
		record[len] = '\0';
		message = strchr(record, ';');
		if (!message)
			continue;
		message++;
		message[strcspn(message, "\n")] = '\0';
		if (has && !strstr(message, has))
			continue;
		printf("log %s: %s\n", log->name, message);
		shown++;
	}
	if (len < 0 && errno == EPIPE)
		malformed("the log was overrun");
	if (!shown)
		printf("log %s: none\n", log->name);
}

const struct verb log_verbs[] = {
	{ "kmsg", "",
	  "NAME=: the log from here on", do_kmsg },
	{ "log", "KMSG[,has=TEXT]",
	  "tells the lines that came since kmsg, or since the last log step", do_log },
	{ 0 }
};
