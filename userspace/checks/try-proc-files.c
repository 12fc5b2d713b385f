// SPDX-License-Identifier: GPL-2.0-only
/*
 * proc:MAP,file=maps|smaps|smaps_rollup|numa_maps|pagemap[,off=N]
 * soft_dirty:MAP[,off=N]
 * eligible:MAP[,off=N]
 *
 * What /proc/self/FILE says of a place in a mapping, in one line.
 */
#include "try.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "array.h"
#include "text.h"

#define PROC	"/proc/self/"

/* A line of maps. */
struct area {
	uint64_t start;
	uint64_t end;
	uint64_t offset;
	char prot[5];
	char path[256];
};

/* Prints all that comes after "FILE m+0x0: ", or returns -errno before that. */
typedef int show_fn(FILE *in, uint64_t address);

static bool is_area(const char *line, struct area *area)
{
	area->path[0] = '\0';
	return sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %*s %*s %255[^\n]",
		      &area->start, &area->end, area->prot, &area->offset, area->path) >= 4;
}

/* Reads maps or smaps up to the line that begins the VMA around the address. */
static int find_area(FILE *in, uint64_t address, struct area *area)
{
	char line[512];

	while (fgets(line, sizeof(line), in))
		if (is_area(line, area) && address >= area->start && address < area->end)
			return 0;
	return ferror(in) ? -EIO : -ENOENT;
}

static int show_maps(FILE *in, uint64_t address)
{
	struct area area;
	int err;

	err = find_area(in, address, &area);
	if (err)
		return err;
	printf("%s offset=0x%" PRIx64 " name=%s\n", area.prot, area.offset,
	       *area.path ? basename(area.path) : "-");
	return 0;
}

/* Counters of smaps, and our names for them. Without "always" a counter shows only if not 0. */
static const struct {
	const char *key;
	const char *name;
	bool always;
} counters[] = {
	{ "Rss", "rss", true },
	{ "Pss", "pss", true },
	{ "Anonymous", "anon", true },
	{ "Private_Dirty", "private_dirty", true },
	{ "Shared_Dirty", "shared_dirty", true },
	{ "AnonHugePages", "AnonHugePages", false },
	{ "ShmemPmdMapped", "ShmemPmdMapped", false },
	{ "FilePmdMapped", "FilePmdMapped", false },
	{ "LazyFree", "LazyFree", false },
	{ "KSM", "KSM", false },
	{ "Swap", "Swap", false },
	{ "Locked", "Locked", false },
};

#define COUNTERS	ARRAY_SIZE(counters)

static void print_counters(const uint64_t kb[COUNTERS])
{
	size_t i;

	for (i = 0; i < COUNTERS; i++)
		if (counters[i].always || kb[i])
			printf("%s=%" PRIu64 "kB ", counters[i].name, kb[i]);
}

/* The flags are the last line of an area. */
static int show_smaps(FILE *in, uint64_t address)
{
	char line[512], key[32], flags[128];
	uint64_t kb[COUNTERS] = { 0 }, value;
	struct area area;
	size_t i;
	int err;

	err = find_area(in, address, &area);
	if (err)
		return err;
	while (fgets(line, sizeof(line), in)) {
		if (sscanf(line, "VmFlags: %127[^\n]", flags) == 1) {
			flags[strcspn(flags, "\n")] = '\0';
			while (*flags && flags[strlen(flags) - 1] == ' ')
				flags[strlen(flags) - 1] = '\0';
			print_counters(kb);
			printf("vmflags=%s\n", flags);
			return 0;
		}
		if (sscanf(line, "%31[^:]: %" SCNu64 " kB", key, &value) != 2)
			continue;
		for (i = 0; i < COUNTERS; i++)
			if (!strcmp(counters[i].key, key))
				kb[i] = value;
	}
	return -EIO;
}

static int show_eligible(FILE *in, uint64_t address)
{
	unsigned int eligible;
	struct area area;
	char line[512];
	int err;

	err = find_area(in, address, &area);
	if (err)
		return err;
	while (fgets(line, sizeof(line), in)) {
		if (sscanf(line, "THPeligible: %u", &eligible) == 1) {
			printf("%u\n", eligible);
			return 0;
		}
		if (!strncmp(line, "VmFlags:", 8))
			return -ENODATA;
	}
	return -EIO;
}

static int show_rollup(FILE *in, uint64_t address __attribute__((unused)))
{
	char line[512];
	size_t lines;

	for (lines = 0; fgets(line, sizeof(line), in); lines++)
		;
	if (!lines)
		return ferror(in) ? -errno : -ENODATA;
	puts("ok");
	return 0;
}

/* A line of numa_maps has only the start of a VMA. maps tells which VMA has the address. */
static int show_numa(FILE *in, uint64_t address)
{
	struct area area;
	char line[512];
	uint64_t start;
	int rest, err;
	FILE *maps;

	maps = fopen(PROC "maps", "re");
	if (!maps)
		return -errno;
	err = find_area(maps, address, &area);
	fclose(maps);
	if (err)
		return err;
	while (fgets(line, sizeof(line), in)) {
		rest = 0;
		if (sscanf(line, "%" SCNx64 " %*s%n", &start, &rest) != 1 || start != area.start)
			continue;
		line[strcspn(line, "\n")] = '\0';
		printf("ok%s\n", line + rest);
		return 0;
	}
	return -ENODATA;
}

/* Reads the page's 64 bits of pagemap. */
static int read_pagemap(FILE *in, uint64_t address, uint64_t *entry)
{
	ssize_t got;

	got = pread(fileno(in), entry, sizeof(*entry),
		    address / sysconf(_SC_PAGESIZE) * sizeof(*entry));
	if (got == sizeof(*entry))
		return 0;
	return got < 0 ? -errno : -ENODATA;
}

static int show_pagemap(FILE *in, uint64_t address)
{
	const uint64_t pfn_mask = ((uint64_t)1 << 55) - 1;
	uint64_t entry, pfn;
	int err;

	err = read_pagemap(in, address, &entry);
	if (err)
		return err;
	printf("present=%d file=%d exclusive=%d pfn=", (int)(entry >> 63 & 1),
	       (int)(entry >> 61 & 1), (int)(entry >> 56 & 1));
	pfn = entry >> 63 ? entry & pfn_mask : 0;
	if (!pfn)
		printf("0");
	else if (!print_pfn(pfn))
		printf("other");
	putchar('\n');
	return 0;
}

static int show_soft_dirty(FILE *in, uint64_t address)
{
	uint64_t entry;
	int err;

	err = read_pagemap(in, address, &entry);
	if (!err)
		printf("%d\n", (int)(entry >> 55 & 1));
	return err;
}

static show_fn *show_of(const char *file)
{
	static const struct {
		const char *file;
		show_fn *show;
	} files[] = {
		{ "maps", show_maps },
		{ "smaps", show_smaps },
		{ "smaps_rollup", show_rollup },
		{ "numa_maps", show_numa },
		{ "pagemap", show_pagemap },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(files); i++)
		if (!strcmp(files[i].file, file))
			return files[i].show;
	malformed("file is maps, smaps, smaps_rollup, numa_maps or pagemap");
}

static void show_place(const struct step *step, const char *what, const char *file, show_fn *show)
{
	struct handle *map;
	char path[32], *at;
	uint64_t off;
	FILE *in;
	int err;

	at = access_begin(step, &map, &off);
	if (!at)
		return;
	snprintf(path, sizeof(path), PROC "%s", file);
	printf("%s %s+0x%" PRIx64 ": ", what, map->name, off);
	errno = 0;
	in = fopen(path, "re");
	err = in ? show(in, (uintptr_t)at) : -errno;
	if (err)
		puts(text_errno(err));
	if (in)
		fclose(in);
}

static void do_proc(const struct step *step)
{
	const char *file = step_text(step, "file");

	if (!file)
		malformed("proc needs file=");
	show_place(step, file, file, show_of(file));
}

static void do_soft_dirty(const struct step *step)
{
	show_place(step, "soft_dirty", "pagemap", show_soft_dirty);
}

static void do_eligible(const struct step *step)
{
	show_place(step, "eligible", "smaps", show_eligible);
}

const struct verb proc_files_verbs[] = {
	{ "proc", "MAP,file=maps|smaps|smaps_rollup|numa_maps|pagemap[,off=N]",
	  "tells in one line what /proc/self/FILE says of that place", do_proc },
	{ "soft_dirty", "MAP[,off=N]",
	  "1 if the page was written to since the last write of 4 to clear_refs", do_soft_dirty },
	{ "eligible", "MAP[,off=N]",
	  "THPeligible of smaps: 1 if a fault may map that VMA by a large leaf", do_eligible },
	{ 0 }
};
