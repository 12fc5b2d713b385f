// SPDX-License-Identifier: GPL-2.0-only
/* doctor: the regions, and why System RAM has no memory for them. */
#include "doctor.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "module/carve.h"
#include "kernel/klog.h"
#include "text.h"

#define BLOCKS	"/sys/devices/system/memory/"
#define RESERVE	"or reserve some: boot with memmap=SIZE$ADDR, load with mmio=SIZE@ADDR"

/* How many blocks to look at. If the module can take none of these, look on until it can. */
#define TOPMOST	8

/* How many blocks to report, if the module can take none. */
#define TOLD	8

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

/* True if the module still needs memory: it is not loaded, or a region has none. */
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

static void tell_block(struct doctor *doctor, const char *name, uint64_t start, uint64_t bytes,
		       const struct carve_pages *found)
{
	char why[160];

	carve_why(found, why, sizeof(why));
	verdict(doctor, name, STATE_WARNING, NULL,
		"[mem 0x%" PRIx64 "-0x%" PRIx64 "] can't be taken: %s", start,
		start + bytes - 1, why);
}

/* Counts blocks that the module can take, from the top down. With @tell, reports the others. */
static unsigned int look_at_blocks(struct doctor *doctor, uint64_t bytes, bool tell,
				   unsigned int *seen)
{
	unsigned int good = 0, told = 0;
	struct carve_pages found;
	struct dirent **list;
	uint64_t start;
	int fd, i, n;

	*seen = 0;
	fd = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
	n = scandir(BLOCKS, &list, is_block, versionsort);
	for (i = n - 1; i >= 0; i--) {
		start = strtoull(list[i]->d_name + 6, NULL, 10) * bytes;
		if ((*seen < TOPMOST || (!tell && !good)) && online(list[i]->d_name) &&
		    carve_look(fd, start, bytes, &found, tell)) {
			++*seen;
			good += carve_can_move(&found);
			if (tell && !carve_can_move(&found) && told++ < TOLD)
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

static void tell_first(struct doctor *doctor, uint64_t block, unsigned int good,
		       unsigned int seen)
{
	struct carve_window first;
	char where[160] = "";

	if (carve_first(&first))
		snprintf(where, sizeof(where), "; auto begins with [mem 0x%" PRIx64 "-0x%" PRIx64
			 "], or the GiB around it, of node %d, zone %s", first.start,
			 first.start + first.bytes - 1, first.node, first.zone);
	verdict(doctor, "memory", STATE_OK, "'pfnmapctl load --dry-run' tells more",
		"%u of the topmost %u memory blocks, of %" PRIu64 " MiB, may be taken%s", good,
		seen, block >> 20, where);
}

/* mmio=auto takes at least one block, and at most a quarter of the available memory. */
static void judge_memory(struct doctor *doctor, uint64_t block)
{
	uint64_t most = carve_available() / 4;
	unsigned int seen, good = look_at_blocks(doctor, block, false, &seen);

	if (most < block) {
		verdict(doctor, "memory", STATE_MISSING, "free or add some, " RESERVE,
			"too little: a block is %" PRIu64 " MiB, a quarter of what is available %"
			PRIu64 " MiB", block >> 20, most >> 20);
	} else if (!seen) {
		verdict(doctor, "memory", STATE_WARNING, "run pfnmapctl as root",
			"can't read /proc/kpageflags, to tell which memory blocks may be taken");
	} else if (!good) {
		verdict(doctor, "memory", STATE_MISSING, "free some and try again, " RESERVE,
			"each of the %u online memory blocks has pages that the kernel can't move",
			seen);
	} else {
		tell_first(doctor, block, good, seen);
		return;
	}
	look_at_blocks(doctor, block, true, &seen);
}

void check_memory(struct doctor *doctor)
{
	uint64_t block = carve_block_bytes();

	if (!wanted(doctor)) {
		verdict(doctor, "memory", STATE_OK, NULL, "each region that is not off has memory");
		return;
	}
	if (block)
		judge_memory(doctor, block);
	else
		verdict(doctor, "memory", STATE_MISSING,
			"build the kernel with CONFIG_MEMORY_HOTREMOVE, " RESERVE,
			"the module can't take any out of System RAM");
}
