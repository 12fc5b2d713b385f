// SPDX-License-Identifier: GPL-2.0-only
/*
 * What /proc tells of a process: its mappings by name. smaps would tell more, but a read of
 * smaps splits 1 GiB entries of folios.
 */
#include "process.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static FILE *open_of(uint32_t pid, const char *name)
{
	char path[64];

	if (pid)
		snprintf(path, sizeof(path), "/proc/%" PRIu32 "/%s", pid, name);
	else
		snprintf(path, sizeof(path), "/proc/self/%s", name);
	return fopen(path, "re");
}

static int add(struct vmas *vmas, char *line)
{
	struct vma vma, *more;
	int path = 0;

	line[strcspn(line, "\n")] = '\0';
	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*s %" SCNx64 " %*s %*s %n", &vma.start, &vma.end,
		   &vma.offset, &path) != 3 || !path)
		return 0;
	vma.path = strdup(line + path);
	more = reallocarray(vmas->items, vmas->n + 1, sizeof(*more));
	if (more)
		vmas->items = more;
	if (!more || !vma.path) {
		free(vma.path);
		return -ENOMEM;
	}
	vmas->items[vmas->n++] = vma;
	return 0;
}

/**
 * vmas_get() - the mappings of a process
 * @vmas: filled in; call vmas_free(), also after a failure
 * @pid: the process, 0 for this one
 *
 * Return: 0 or -errno
 */
int vmas_get(struct vmas *vmas, uint32_t pid)
{
	char *line = NULL;
	size_t room = 0;
	int err = 0;
	FILE *in;

	*vmas = (struct vmas){ 0 };
	in = open_of(pid, "maps");
	if (!in)
		return -errno;
	while (!err && getline(&line, &room, in) >= 0)
		err = add(vmas, line);
	free(line);
	fclose(in);
	return err;
}

/**
 * vmas_free() - undo vmas_get()
 * @vmas: the mappings
 */
void vmas_free(struct vmas *vmas)
{
	while (vmas->n)
		free(vmas->items[--vmas->n].path);
	free(vmas->items);
	vmas->items = NULL;
}

/**
 * process_name() - what a process calls itself
 * @pid: the process, 0 for this one
 *
 * Return: its name, which the caller frees; NULL without memory
 */
char *process_name(uint32_t pid)
{
	char name[64] = "?";
	FILE *in = open_of(pid, "comm");

	if (in) {
		if (fgets(name, sizeof(name), in))
			name[strcspn(name, "\n")] = '\0';
		fclose(in);
	}
	return strdup(name);
}

/**
 * processes_do() - visit each process that /proc shows
 * @visit: called with the process's number and @data
 * @data: for @visit
 */
void processes_do(void (*visit)(uint32_t pid, void *data), void *data)
{
	struct dirent *entry;
	DIR *proc = opendir("/proc");

	while (proc && (entry = readdir(proc)))
		if (isdigit((unsigned char)entry->d_name[0]))
			visit(strtoul(entry->d_name, NULL, 10), data);
	if (proc)
		closedir(proc);
}
