// SPDX-License-Identifier: GPL-2.0-only
/* Who keeps the module from being removed, as far as /proc knows. */
#include "ctl.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Of both devices' files, and of the file that folios are mapped by. */
#define NAME	"pfnmap_test"

static bool has_open(const char *pid)
{
	char path[64], target[256];
	struct dirent *entry;
	bool found = false;
	ssize_t len;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%.16s/fd", pid);
	dir = opendir(path);
	if (!dir)
		return false;
	while (!found && (entry = readdir(dir))) {
		len = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);
		if (len < 0)
			continue;
		target[len] = '\0';
		found = !strncmp(target, PFNMAP_TEST_DEVICE, strlen(PFNMAP_TEST_DEVICE));
	}
	closedir(dir);
	return found;
}

static bool has_mapped(const char *pid)
{
	char path[64], *line = NULL;
	bool found = false;
	size_t room = 0;
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%.16s/maps", pid);
	maps = fopen(path, "re");
	if (!maps)
		return false;
	while (!found && getline(&line, &room, maps) >= 0)
		found = strstr(line, "/" NAME);
	free(line);
	fclose(maps);
	return found;
}

static void print_holder(const char *pid, bool open, bool mapped)
{
	char path[64], comm[32] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%.16s/comm", pid);
	file = fopen(path, "re");
	if (file) {
		if (fgets(comm, sizeof(comm), file))
			comm[strcspn(comm, "\n")] = '\0';
		fclose(file);
	}
	fprintf(stderr, "pfnmapctl: process %s (%s) has it %s\n", pid, comm,
		!mapped ? "open" : !open ? "mapped" : "open and mapped");
}

/**
 * holders_print() - say on standard error which processes have a device open or mapped
 *
 * What holds the module otherwise, pages that are pinned or a reference of the kernel's
 * own, is no process's: the kernel log tells of pins.
 */
void holders_print(void)
{
	struct dirent *entry;
	bool open, mapped, any = false;
	DIR *proc = opendir("/proc");

	while (proc && (entry = readdir(proc))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		open = has_open(entry->d_name);
		mapped = has_mapped(entry->d_name);
		if (open || mapped) {
			print_holder(entry->d_name, open, mapped);
			any = true;
		}
	}
	if (proc)
		closedir(proc);
	if (!any)
		fputs("pfnmapctl: no process has it open or mapped: are pages pinned? see dmesg\n",
		      stderr);
}
