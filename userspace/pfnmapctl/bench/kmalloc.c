// SPDX-License-Identifier: GPL-2.0-only
/* Counts by trace events what the kernel allocates on behalf of this process. */
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define INSTANCE	"/sys/kernel/tracing/instances/pfnmapctl"
#define EVENTS		INSTANCE "/events/kmem/"
#define MOST		256

static int put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);
	return err;
}

/* Watch frees for longer than allocations: the kernel frees some memory later. */
static int watch(bool on)
{
	int err = put(on ? EVENTS "kfree/enable" : EVENTS "kmalloc/enable", on ? "1" : "0");

	return err ? err : put(on ? EVENTS "kmalloc/enable" : EVENTS "kfree/enable",
			       on ? "1" : "0");
}

/**
 * kmalloc_begin() - watch this process from here on
 *
 * Return: 0, or -errno if the kernel has no tracing
 */
int kmalloc_begin(void)
{
	char filter[40];
	int err;

	if (mkdir(INSTANCE, 0700) && errno != EEXIST)
		return -errno;
	snprintf(filter, sizeof(filter), "common_pid == %d", getpid());
	err = put(EVENTS "kmalloc/filter", filter);
	if (!err)
		err = put(EVENTS "kfree/filter", filter);
	if (!err)
		err = put(INSTANCE "/trace", "");
	if (!err)
		err = watch(true);
	if (err)
		rmdir(INSTANCE);
	return err;
}

struct live {
	uint64_t address[MOST];
	size_t bytes[MOST];
	size_t n;
	size_t sum;
	size_t peak;
};

/* Notes an allocation. The trace may have the same one twice. */
static void allocated(struct live *live, uint64_t address, size_t bytes)
{
	size_t i;

	for (i = 0; i < live->n; i++)
		if (live->address[i] == address)
			return;
	if (live->n == MOST)
		return;
	live->address[live->n] = address;
	live->bytes[live->n++] = bytes;
	live->sum += bytes;
	if (live->sum > live->peak)
		live->peak = live->sum;
}

static void freed(struct live *live, uint64_t address)
{
	size_t i;

	for (i = 0; i < live->n; i++) {
		if (live->address[i] != address)
			continue;
		live->sum -= live->bytes[i];
		live->address[i] = live->address[--live->n];
		live->bytes[i] = live->bytes[live->n];
		return;
	}
}

static int read_trace(size_t *peak)
{
	struct live live = { 0 };
	const char *at, *bytes;
	char line[512];
	uint64_t address;
	FILE *in;

	in = fopen(INSTANCE "/trace", "re");
	if (!in)
		return -errno;
	while (fgets(line, sizeof(line), in)) {
		at = strstr(line, " ptr=");
		bytes = strstr(line, " bytes_alloc=");
		if (!at || sscanf(at, " ptr=%" SCNx64, &address) != 1)
			continue;
		if (bytes && strstr(line, ": kmalloc: "))
			allocated(&live, address, strtoul(strchr(bytes, '=') + 1, NULL, 10));
		else if (strstr(line, ": kfree: "))
			freed(&live, address);
	}
	fclose(in);
	*peak = live.peak;
	return 0;
}

/**
 * kmalloc_end() - watch no longer
 * @peak: set to the most that was allocated at once since kmalloc_begin()
 *
 * Return: 0 or -errno
 */
int kmalloc_end(size_t *peak)
{
	int err = watch(false);

	if (!err)
		err = read_trace(peak);
	rmdir(INSTANCE);
	return err;
}
