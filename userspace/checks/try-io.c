// SPDX-License-Identifier: GPL-2.0-only
/*
 * Steps on files that are not the module's. A mapping is the buffer of read(), write() and send():
 * with O_DIRECT or MSG_ZEROCOPY the kernel transfers to and from the mapping's own pages.
 */
#include "try.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "text.h"

static void do_file(const struct step *step)
{
	struct handle *file = handle_new(step->handle, HANDLE_FILE);
	int flags = O_CLOEXEC;

	flags |= step_has(step, "ro") ? O_RDONLY : O_RDWR;
	flags |= step_has(step, "direct") ? O_DIRECT : 0;
	flags |= step_has(step, "create") ? O_CREAT | O_TRUNC : 0;
	file->foreign = true;
	file->fd = open(step->target, flags, 0600);
	step_done(step, file->name, file->fd < 0 ? -errno : 0);
}

/* NAME=path:MAP: an O_PATH descriptor, which holds the mapped file without opening it */
static void do_path(const struct step *step)
{
	struct handle *file = handle_new(step->handle, HANDLE_FILE);
	struct handle *map = map_existing(step);
	char path[80];

	file->foreign = true;
	if (!map)
		return;
	snprintf(path, sizeof(path), "/proc/self/map_files/%lx-%lx", (unsigned long)map->start,
		 (unsigned long)map->start + map->len);
	file->fd = open(path, O_PATH | O_CLOEXEC);
	step_done(step, file->name, file->fd < 0 ? -errno : 0);
}

/* The buffer: the place in a mapping that to= or from= names. */
static char *buffer_of(const struct step *step, const char *key, size_t *len)
{
	const char *text = step_text(step, key);
	struct place place;

	if (!text)
		malformed("%s needs %s=MAPPING+OFFSET", step->verb, key);
	step_place(text, &place);
	if (!place.map)
		malformed("%s= is a place in a mapping", key);
	*len = step_number(step, "len", sysconf(_SC_PAGESIZE));
	return (char *)(uintptr_t)place.address;
}

static void print_done(const struct step *step, ssize_t done, size_t len)
{
	if (done >= 0 && (size_t)done != len)
		printf("%s %s: %zd\n", step->verb, step->target, done);
	else
		step_done(step, step->target, done < 0 ? -errno : 0);
}

static void do_pread(const struct step *step)
{
	struct handle *file = handle_get(step->target, HANDLE_FILE);
	size_t len;
	char *to = buffer_of(step, "to", &len);

	print_done(step, pread(file->fd, to, len, step_number(step, "at", 0)), len);
}

static void do_pwrite(const struct step *step)
{
	struct handle *file = handle_get(step->target, HANDLE_FILE);
	size_t len;
	char *from = buffer_of(step, "from", &len);

	print_done(step, pwrite(file->fd, from, len, step_number(step, "at", 0)), len);
}

/* A socket that is bound to a port of lo, and connected to that. Returns its number or -errno. */
static int loop_socket(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), err;
	const struct timeval limit = { .tv_sec = 5 };
	struct sockaddr *at = (struct sockaddr *)&to;
	socklen_t len = sizeof(to);

	if (fd < 0)
		return -errno;
	if (bind(fd, at, len) || getsockname(fd, at, &len) || connect(fd, at, len) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit))) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

/* With zerocopy the packet has the mapping's own pages, else a copy of the data. */
static void do_send(const struct step *step)
{
	bool zerocopy = step_has(step, "zerocopy");
	struct handle *map = map_existing(step);
	const int on = 1;
	uint32_t value;
	char *start;
	int fd, err = 0;
	size_t len;

	if (!map)
		return;
	start = map->start + step_number(step, "off", 0);
	len = step_number(step, "len", sysconf(_SC_PAGESIZE));
	fd = loop_socket();
	if (fd < 0)
		err = fd;
	else if ((zerocopy && setsockopt(fd, SOL_SOCKET, SO_ZEROCOPY, &on, sizeof(on))) ||
		 send(fd, start, len, zerocopy ? MSG_ZEROCOPY : 0) < 0 ||
		 recv(fd, &value, sizeof(value), 0) < 0)
		err = -errno;
	if (fd >= 0)
		close(fd);
	if (err)
		step_done(step, map->name, err);
	else
		printf("send %s: 0x%08" PRIx32 "\n", map->name, value);
}

const struct verb io_verbs[] = {
	{ "file", "PATH[,ro][,direct][,create]",
	  "NAME=: opens a file to map, or to read and write", do_file },
	{ "path", "MAP",
	  "NAME=: an O_PATH descriptor of the mapped file, which is then not open", do_path },
	{ "pread", "FILE,to=MAP[+OFF][,len=N][,at=N]",
	  "", do_pread },
	{ "pwrite", "FILE,from=MAP[+OFF][,len=N][,at=N]",
	  "", do_pwrite },
	{ "send", "MAP[,off=N][,len=N][,zerocopy]",
	  "sends a page by UDP to itself, on lo, and tells the first word that arrives", do_send },
	{ 0 }
};
