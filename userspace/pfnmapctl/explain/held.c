// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds out who holds the mode of physical memory. PAT's tree has ranges and modes, but no names.
 * Names come from the users of a range: VMAs that track the range, and ioremap() by
 * /proc/vmallocinfo. If a range has no user, the name is the addresses' owner by /proc/iomem.
 */
#include "explain.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "memtype/memtype.h"

static void name_holder(struct holding *holding, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Adds a name to the others. Leaves the name out if there is no memory for it. */
static void name_holder(struct holding *holding, const char *fmt, ...)
{
	char *name, *all;
	va_list args;
	int len;

	va_start(args, fmt);
	len = vasprintf(&name, fmt, args);
	va_end(args);
	if (len < 0)
		return;
	if (!holding->holders) {
		holding->holders = name;
		return;
	}
	/* A process that maps the range by several VMAs is named once. */
	if (!strstr(holding->holders, name) &&
	    asprintf(&all, "%s; %s", holding->holders, name) >= 0) {
		free(holding->holders);
		holding->holders = all;
	}
	free(name);
}

/* Before 6.16 the VMA does not say which range it tracks: compare with its first entry. */
static bool tracks(const struct pfnmap_test_inspect *at, const struct holding *holding)
{
	uint64_t start = at->track_start;

	if (at->tracking == PFNMAP_TEST_TRACK_NONE)
		return false;
	if (at->tracking == PFNMAP_TEST_TRACK_VM_PAT)
		start = at->pfn * sysconf(_SC_PAGESIZE);
	return start == holding->start;
}

static void ask_vma(const struct holdings *list, const struct target *target, uint32_t pid,
		    const struct vma *vma)
{
	struct pfnmap_test_inspect at;
	char *name;
	size_t i;

	if (pfnmap_inspect(target->device->fd, pid, vma->start, &at))
		return;
	for (i = 0; i < list->n; i++) {
		if (!tracks(&at, &list->items[i]))
			continue;
		name = process_name(pid);
		name_holder(&list->items[i], "process %" PRIu32 " (%s), which maps %s", pid,
			    name ? name : "?", vma->path);
		free(name);
	}
}

/* Only mappings of devices' files can be tracked. */
static bool may_track(const struct vma *vma)
{
	static const char * const folders[] = { "/dev/", "/sys/", "/proc/bus/pci/" };
	size_t i;

	for (i = 0; i < sizeof(folders) / sizeof(*folders); i++)
		if (!strncmp(vma->path, folders[i], strlen(folders[i])))
			return true;
	return false;
}

struct asked {
	const struct holdings *list;
	const struct target *target;
};

static void ask_process(uint32_t pid, void *data)
{
	const struct asked *asked = data;
	struct vmas vmas;
	size_t i;

	if (!vmas_get(&vmas, pid))
		for (i = 0; i < vmas.n; i++)
			if (may_track(&vmas.items[i]))
				ask_vma(asked->list, asked->target, pid, &vmas.items[i]);
	vmas_free(&vmas);
}

/* Lines are FROM-TO BYTES CALLER phys=ADDRESS ioremap, and BYTES include a guard page. */
static void ask_ioremap(const struct holdings *list)
{
	uint64_t bytes, start, page = sysconf(_SC_PAGESIZE);
	char line[512], caller[128];
	const char *phys;
	FILE *in;
	size_t i;

	in = fopen("/proc/vmallocinfo", "re");
	if (!in)
		return;
	while (fgets(line, sizeof(line), in)) {
		phys = strstr(line, " phys=");
		if (!phys || sscanf(phys, " phys=%" SCNx64, &start) != 1 ||
		    sscanf(line, "%*s %" SCNu64 " %127s", &bytes, caller) != 2)
			continue;
		for (i = 0; i < list->n; i++)
			if (start < list->items[i].end &&
			    list->items[i].start < start + bytes - page)
				name_holder(&list->items[i], "the kernel, by ioremap() from %s",
					    caller);
	}
	fclose(in);
}

static void ask_iomem(const struct holdings *list)
{
	char *owner;
	bool ram;
	size_t i;

	for (i = 0; i < list->n; i++) {
		if (list->items[i].holders)
			continue;
		owner = iomem_owner(list->items[i].start, &ram);
		name_holder(&list->items[i], "the kernel or a driver, of %s",
			    owner ? owner : "memory that nobody claims");
		free(owner);
	}
}

/**
 * holdings_get() - the reservations that overlap a physical range, and who holds each
 * @list: filled in; empty if neither the module nor debugfs can tell. Call holdings_free(), also
 *	after a failure
 * @target: has the device to ask
 * @start: physical address where the range begins
 * @end: physical address where the range ends
 *
 * Return: 0, or an exit status after a message
 */
int holdings_get(struct holdings *list, const struct target *target, uint64_t start,
		 uint64_t end)
{
	struct reservations held;
	size_t i;
	int err;

	*list = (struct holdings){ 0 };
	if (!memtype_by_ioctl(target->device))
		return 0;
	err = reservations_get(&held, target->device, start, end - 1);
	list->items = err ? NULL : calloc(held.n + 1, sizeof(*list->items));
	for (i = 0; list->items && i < held.n; i++) {
		list->items[i].start = held.items[i].start;
		list->items[i].end = held.items[i].end;
		memcpy(list->items[i].mode, held.items[i].mode, sizeof(list->items[i].mode));
		list->n++;
	}
	free(held.items);
	if (err)
		return err;
	if (!list->items)
		return fail(ENOMEM, NULL, "the list of holders");
	if (list->n) {
		processes_do(ask_process, &(struct asked){ list, target });
		ask_ioremap(list);
		ask_iomem(list);
	}
	return 0;
}

/**
 * holdings_free() - undo holdings_get()
 * @list: the reservations
 */
void holdings_free(struct holdings *list)
{
	while (list->n)
		free(list->items[--list->n].holders);
	free(list->items);
	list->items = NULL;
}
