// SPDX-License-Identifier: GPL-2.0-only
/* Who keeps the module from being removed, as far as /proc knows. */
#include "ctl.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process.h"

/* How the paths of both devices begin, and the name of the anonymous file that maps folios. */
#define NAME	"pfnmap_test"
#define FOLIOS	"anon_inode:" NAME

static bool has_open(uint32_t pid)
{
	char path[64], target[256];
	struct dirent *entry;
	bool found = false;
	ssize_t len;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%" PRIu32 "/fd", pid);
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

static bool has_mapped(uint32_t pid)
{
	bool found = false;
	struct vmas vmas;
	size_t i;

	vmas_get(&vmas, pid);
	for (i = 0; !found && i < vmas.n; i++)
		found = strstr(vmas.items[i].path, "/" NAME) ||
			!strncmp(vmas.items[i].path, FOLIOS, strlen(FOLIOS));
	vmas_free(&vmas);
	return found;
}

static void print_holder(uint32_t pid, void *any)
{
	bool open = has_open(pid), mapped = has_mapped(pid);
	char *name;

	if (!open && !mapped)
		return;
	name = process_name(pid);
	fprintf(stderr, "pfnmapctl: process %" PRIu32 " (%s) has the device %s\n", pid,
		name ? name : "?", !mapped ? "open" : !open ? "mapped" : "open and mapped");
	free(name);
	*(bool *)any = true;
}

/**
 * holders_print() - say on standard error which processes have a device open or mapped
 *
 * Pinned pages, or a reference of the kernel's own, hold the module without a process. The
 * kernel log tells of pins.
 */
void holders_print(void)
{
	bool any = false;

	processes_do(print_holder, &any);
	if (!any)
		fputs("pfnmapctl: no process has the device open or mapped: where pages are "
		      "pinned, dmesg says who had mapped them\n",
		      stderr);
}
