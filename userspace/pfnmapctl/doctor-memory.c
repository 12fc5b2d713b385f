// SPDX-License-Identifier: GPL-2.0-only
/* doctor: the regions, and why System RAM has no memory for them. */
#include "doctor.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/kernel-page-flags.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "klog.h"
#include "text.h"

#define BLOCKS	"/sys/devices/system/memory/"
#define RESERVE	"or reserve some: boot with memmap=SIZE$ADDR, load with mmio=SIZE@ADDR"

/* Number of blocks to look at: mmio=auto gives up after as many. */
#define TOPMOST	32

/* Number of blocks to report. */
#define TOLD	8
#define UNMOVABLE	"%lu slab, %lu page table, %lu reserved pages, %lu holes"

/* Pages of a block that can't be moved to empty it. */
struct unmovable {
	unsigned long slab;
	unsigned long tables;
	unsigned long reserved;
	unsigned long holes;
};

static bool parameter_is(const char *name, const char *value)
{
	char path[128], line[256];

	snprintf(path, sizeof(path), MODULE_SYSFS "/parameters/%s", name);
	return read_line(path, line, sizeof(line)) && !strcmp(line, value);
}

static void judge_region(struct doctor *doctor, const struct pfnmap_test_describe *region)
{
	char name[64], *why;

	snprintf(name, sizeof(name), "region %s", region->name);
	if (!region->error) {
		verdict(doctor, name, STATE_OK, NULL, "%llu bytes at 0x%llx", region->bytes,
			region->start);
	} else if (parameter_is(region->name, "off")) {
		verdict(doctor, name, STATE_MISSING,
			"unload the module, and load it without that parameter",
			"the module was loaded with %s=off", region->name);
	} else {
		why = klog_region(region->name);
		verdict(doctor, name, STATE_MISSING, "see memory", "%s (%s)",
			why ? why : "the log does not tell why", text_errno(region->error));
		free(why);
	}
}

void check_regions(struct doctor *doctor)
{
	const struct pfnmap_test_describe *region = NULL;

	while ((region = catalog_next(&doctor->device.catalog, PFNMAP_TEST_KIND_REGION, region)))
		judge_region(doctor, region);
}

static uint64_t available(void)
{
	uint64_t kib = 0;
	char line[128];
	FILE *in;

	in = fopen("/proc/meminfo", "re");
	if (!in)
		return 0;
	while (fgets(line, sizeof(line), in))
		if (sscanf(line, "MemAvailable: %" SCNu64, &kib) == 1)
			break;
	fclose(in);
	return kib << 10;
}

/* Whether the module wants memory: before it is loaded, or if a region has none. */
static bool wanted(const struct doctor *doctor)
{
	const struct pfnmap_test_describe *region = NULL;

	if (!usable(doctor))
		return !doctor->loaded;
	while ((region = catalog_next(&doctor->device.catalog, PFNMAP_TEST_KIND_REGION, region)))
		if (region->error && !parameter_is(region->name, "off"))
			return true;
	return false;
}

/* Count what is sure: the kernel's pages without a flag look like free pages. */
static void count(struct unmovable *found, uint64_t flags)
{
	found->slab += flags >> KPF_SLAB & 1;
	found->tables += flags >> KPF_PGTABLE & 1;
	found->holes += flags >> KPF_NOPAGE & 1;
	/* KPF_RESERVED, which is the kernel's own. */
	found->reserved += flags >> 32 & 1;
}

static bool look_at(int fd, uint64_t start, uint64_t bytes, struct unmovable *found)
{
	uint64_t page = sysconf(_SC_PAGESIZE), flags[4096];
	uint64_t at = start / page, end = (start + bytes) / page;
	ssize_t n, i;

	*found = (struct unmovable){ 0 };
	while (at < end) {
		n = end - at < sizeof(flags) / 8 ? (end - at) * 8 : sizeof(flags);
		n = pread(fd, flags, n, at * 8);
		if (n <= 0)
			return false;
		for (i = 0; i < n / 8; i++)
			count(found, flags[i]);
		at += n / 8;
	}
	return true;
}

static int is_block(const struct dirent *entry)
{
	return !strncmp(entry->d_name, "memory", 6) && entry->d_name[6];
}

static bool online(const char *block)
{
	char path[320], line[16];

	snprintf(path, sizeof(path), BLOCKS "%s/state", block);
	return read_line(path, line, sizeof(line)) && !strcmp(line, "online");
}

static bool can_move(const struct unmovable *found)
{
	return !found->slab && !found->tables && !found->reserved && !found->holes;
}

static void tell_block(struct doctor *doctor, const char *name, uint64_t start, uint64_t bytes,
		       const struct unmovable *found)
{
	verdict(doctor, name, STATE_WARNING, NULL,
		"[mem 0x%" PRIx64 "-0x%" PRIx64 "] can't be taken: " UNMOVABLE, start,
		start + bytes - 1, found->slab, found->tables, found->reserved, found->holes);
}

/* From the top down, as the module does. If no block will do, report some. */
static unsigned int look_at_blocks(struct doctor *doctor, uint64_t bytes, bool tell,
				   unsigned int *seen)
{
	unsigned int good = 0, told = 0;
	struct unmovable found;
	struct dirent **list;
	uint64_t start;
	int fd, i, n;

	*seen = 0;
	fd = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
	n = scandir(BLOCKS, &list, is_block, versionsort);
	for (i = n - 1; i >= 0; i--) {
		start = strtoull(list[i]->d_name + 6, NULL, 10) * bytes;
		if (*seen < TOPMOST && online(list[i]->d_name) &&
		    look_at(fd, start, bytes, &found)) {
			++*seen;
			good += can_move(&found);
			if (tell && !can_move(&found) && told++ < TOLD)
				tell_block(doctor, list[i]->d_name, start, bytes, &found);
		}
		free(list[i]);
	}
	if (n >= 0)
		free(list);
	if (fd >= 0)
		close(fd);
	return good;
}

/* The rules of the module: it takes one block at least, and this much at most. */
static void judge_memory(struct doctor *doctor, uint64_t block)
{
	uint64_t most = available() / 4;
	unsigned int seen, good = look_at_blocks(doctor, block, false, &seen);

	if (most < block) {
		verdict(doctor, "memory", STATE_MISSING, "free or add some, " RESERVE,
			"too little: a block is %" PRIu64 " MiB, a quarter of what is available %"
			PRIu64 " MiB", block >> 20, most >> 20);
	} else if (!seen) {
		verdict(doctor, "memory", STATE_WARNING, "run it as root",
			"can't read /proc/kpageflags, to tell which memory blocks may be taken");
	} else if (!good) {
		verdict(doctor, "memory", STATE_MISSING, "free some and try again, " RESERVE,
			"each of the topmost %u memory blocks has pages that the kernel can't move",
			seen);
	} else {
		verdict(doctor, "memory", STATE_OK, NULL,
			"%u of the topmost %u memory blocks, of %" PRIu64 " MiB, may be taken",
			good, seen, block >> 20);
		return;
	}
	look_at_blocks(doctor, block, true, &seen);
}

void check_memory(struct doctor *doctor)
{
	uint64_t block = 0;
	char line[32];

	if (!wanted(doctor)) {
		verdict(doctor, "memory", STATE_OK, NULL, "each region that is not off has memory");
		return;
	}
	if (read_line(BLOCKS "block_size_bytes", line, sizeof(line)))
		block = strtoull(line, NULL, 16);
	if (block)
		judge_memory(doctor, block);
	else
		verdict(doctor, "memory", STATE_MISSING,
			"build the kernel with CONFIG_MEMORY_HOTREMOVE, " RESERVE,
			"the module can't take any out of System RAM");
}
