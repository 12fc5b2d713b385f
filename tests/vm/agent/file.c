// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files of the agent's machine that the runner writes and reads.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent.h"

void file_put(uint32_t number, char *data, size_t bytes)
{
	uint32_t mode;
	char *path = data + sizeof(mode);
	struct channel *c;
	int fd;

	if (bytes <= sizeof(mode) || data[bytes - 1]) {
		refuse(number, "a file", EBADMSG, 1);
		return;
	}
	memcpy(&mode, data, sizeof(mode));
	/* The kernel refuses writes to a running program (ETXTBSY): replace the file. */
	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || fchmod(fd, mode)) {
		refuse(number, path, errno, 1);
		channel_close(&fd);
		return;
	}
	c = channel_new(number);
	c->in = fd;
}

void file_get(uint32_t number, char *path, size_t bytes)
{
	struct channel *c;
	int fd;

	if (!bytes || path[bytes - 1]) {
		refuse(number, "a file", EBADMSG, 1);
		return;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		refuse(number, path, errno, 1);
		return;
	}
	c = channel_new(number);
	c->out = fd;
}
