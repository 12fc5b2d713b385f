// SPDX-License-Identifier: GPL-2.0-only
/* Parses debugfs's list of the tree, for when the module can't answer. */
#include "memtype.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/**
 * reservations_add() - append a reservation
 * @list: the list
 * @start: physical start
 * @end: physical end
 * @mode: name of its cache mode
 *
 * Return: 0 or -ENOMEM
 */
int reservations_add(struct reservations *list, uint64_t start, uint64_t end, const char *mode)
{
	struct reservation *more;

	more = reallocarray(list->items, list->n + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	list->items = more;
	more += list->n++;
	more->start = start;
	more->end = end;
	snprintf(more->mode, sizeof(more->mode), "%s", mode);
	return 0;
}

static int parse(struct reservations *list, FILE *in, uint64_t start, uint64_t last)
{
	uint64_t from, to;
	char line[256], mode[32];
	int err = 0;

	while (!err && fgets(line, sizeof(line), in)) {
		if (sscanf(line, "PAT: [mem 0x%" SCNx64 "-0x%" SCNx64 "] %31s", &from, &to,
			   mode) != 3)
			continue;
		if (from <= last && to > start)
			err = reservations_add(list, from, to, mode);
	}
	if (!err && ferror(in))
		err = -EIO;
	return err;
}

static int fail_debugfs(int err)
{
	switch (-err) {
	case EACCES:
	case EPERM:
		return fail(err, "run pfnmapctl as root; lockdown refuses it too", DEBUGFS_LIST);
	case ENOENT:
		fail(err, "PAT is off, or: mount -t debugfs none /sys/kernel/debug",
		     DEBUGFS_LIST);
		return EXIT_UNAVAILABLE;
	default:
		return fail(err, NULL, DEBUGFS_LIST);
	}
}

/**
 * debugfs_reservations() - reservations by the kernel's own text file
 * @list: appended to
 * @start: first address
 * @last: last address, inclusive
 *
 * Return: 0, or an exit status after a message
 */
int debugfs_reservations(struct reservations *list, uint64_t start, uint64_t last)
{
	FILE *in = fopen(DEBUGFS_LIST, "re");
	int err;

	if (!in)
		return fail_debugfs(-errno);
	err = parse(list, in, start, last);
	fclose(in);
	return err ? fail_debugfs(err) : 0;
}
