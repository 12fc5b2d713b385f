// SPDX-License-Identifier: GPL-2.0-only
/*
 * Steps on files of the system, such as a sysctl or a cgroup's: get reads one, put writes
 * one, reclaim has the kernel reclaim a cgroup.
 */
#include "try.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "array.h"
#include "pfnmap_client.h"
#include "text.h"
#include "younger.h"

/*
 * In the first round the kernel finds that pages were used lately. On 6.1 ten rounds were seen to
 * pass over a page that had been pinned before.
 */
#define RECLAIM_ROUNDS	50

static const char *base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Writes @text by one write(), as sysctls and cgroup files need it. Returns 0 or -errno. */
int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);
	return err;
}

static void do_put(const struct step *step)
{
	const char *text = step_text(step, "text");

	if (!text)
		malformed("put needs text=");
	step_done(step, base(step->target), write_text(step->target, text));
}

/* True if an entry maps memory that the kernel could reclaim. A special entry does not. */
static bool any_left(const struct handle *map, const char *start, size_t len)
{
	const size_t page = sysconf(_SC_PAGESIZE);
	struct pfnmap_test_leaf leaf;
	size_t off;

	for (off = 0; off < len; off += page)
		if (!pfnmap_leaf(map->file->fd, start + off, &leaf) &&
		    (leaf.flags & PFNMAP_TEST_LEAF_PRESENT) &&
		    !(leaf.flags & PFNMAP_TEST_LEAF_SPECIAL))
			return true;
	return false;
}

/*
 * Without MGLRU the kernel takes a page off the active list only if its counters say that the
 * inactive list is short. The kernel sums the counters late, or when a process reads memory.stat.
 */
static void sum_counters(const char *cgroup)
{
	char path[256];
	FILE *in;

	snprintf(path, sizeof(path), "%s/memory.stat", cgroup);
	in = fopen(path, "re");
	if (!in)
		return;
	fgetc(in);
	fclose(in);
}

static void do_reclaim(const struct step *step)
{
	const char *cgroup = step_text(step, "cgroup");
	struct handle *map = map_existing(step);
	int round, err = 0;
	char path[256];
	char *start;
	size_t len;

	if (!cgroup)
		malformed("reclaim needs cgroup=");
	if (!map)
		return;
	snprintf(path, sizeof(path), "%s/memory.reclaim", cgroup);
	start = map_part(step, map, &len);
	for (round = 0; round < RECLAIM_ROUNDS && any_left(map, start, len); round++) {
		sum_counters(cgroup);
		err = write_text(path, "16M");
		/* -EAGAIN: the kernel reclaimed less than 16M, as expected. */
		if (err && err != -EAGAIN)
			break;
		err = 0;
	}
	if (err)
		step_done(step, map->name, err);
	else
		printf("reclaim %s: %s\n", map->name,
		       any_left(map, start, len) ? "stays" : "gone");
}

static void do_get(const struct step *step)
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

static void do_prctl(const struct step *step)
{
	static const struct named known[] = {
		{ "set_thp_disable", PR_SET_THP_DISABLE },
		{ "set_memory_merge", PR_SET_MEMORY_MERGE },
	};
	int option = step_value(step->target, "prctl", "PR_", known, ARRAY_SIZE(known));

	step_done(step, step->target,
		  prctl(option, step_number(step, "arg", 1), 0UL, 0UL, 0UL) < 0 ? -errno : 0);
}

const struct verb sys_verbs[] = {
	{ "put", "PATH,text=TEXT",
	  "writes TEXT by one write()", do_put },
	{ "get", "PATH[,key=TEXT]",
	  "tells the first line, or the first that begins with the key", do_get },
	{ "prctl", "OPTION[,arg=N]",
	  "set_thp_disable, set_memory_merge or a number, with 1 as its argument", do_prctl },
	{ "reclaim", "MAP,cgroup=PATH[,off=N][,len=N]",
	  "reclaims the cgroup's memory until that part is gone", do_reclaim },
	{ 0 }
};
