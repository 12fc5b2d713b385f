// SPDX-License-Identifier: GPL-2.0-only
/* Which pages a window of System RAM has, by sysfs and /proc/kpageflags. */
#include "carve.h"

#include <dirent.h>
#include <inttypes.h>
#include <linux/kernel-page-flags.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "doctor/doctor.h"

#define BLOCKS	"/sys/devices/system/memory/"

/* No header for programs has KPF_RESERVED, which is the kernel's own. */
#define KPF_RESERVED	32

/**
 * carve_block_bytes() - the least that the module can take
 *
 * Return: bytes of a memory block; 0 where the kernel can't part with memory
 */
uint64_t carve_block_bytes(void)
{
	char line[32];

	return read_line(BLOCKS "block_size_bytes", line, sizeof(line)) ?
	       strtoull(line, NULL, 16) : 0;
}

/**
 * carve_meminfo() - a field of /proc/meminfo
 * @name: without the colon
 *
 * Return: KiB, 0 if the kernel does not tell
 */
uint64_t carve_meminfo(const char *name)
{
	size_t bytes = strlen(name);
	uint64_t kib = 0;
	char line[128];
	FILE *in;

	in = fopen("/proc/meminfo", "re");
	if (!in)
		return 0;
	while (fgets(line, sizeof(line), in))
		if (!strncmp(line, name, bytes) && line[bytes] == ':') {
			kib = strtoull(line + bytes + 1, NULL, 10);
			break;
		}
	fclose(in);
	return kib;
}

/**
 * carve_available() - memory that is available, as the module sees it
 *
 * Return: bytes, 0 if the kernel does not tell
 */
uint64_t carve_available(void)
{
	return carve_meminfo("MemAvailable") << 10;
}

/* Counts only what flags prove: a page that the kernel uses without a flag looks free. */
static void count(struct carve_pages *found, uint64_t flags)
{
	found->slab += flags >> KPF_SLAB & 1;
	found->tables += flags >> KPF_PGTABLE & 1;
	found->holes += flags >> KPF_NOPAGE & 1;
	found->reserved += flags >> KPF_RESERVED & 1;
	found->hugetlb += flags >> KPF_HUGE & 1;
	found->poisoned += flags >> KPF_HWPOISON & 1;
	found->used += flags >> KPF_LRU & 1;
}

/**
 * carve_look() - count the pages of a window
 * @fd: /proc/kpageflags
 * @start: physical address
 * @bytes: size
 * @pages: filled in
 * @all: count all; else stop soon after a page that the kernel can't move. The kernel takes a
 *	second for the flags of some GiB.
 *
 * Return: whether all could be looked at
 */
bool carve_look(int fd, uint64_t start, uint64_t bytes, struct carve_pages *pages, bool all)
{
	uint64_t page = sysconf(_SC_PAGESIZE), flags[4096];
	uint64_t at = start / page, end = (start + bytes) / page;
	ssize_t n, i;

	*pages = (struct carve_pages){ 0 };
	while (at < end && (all || carve_can_move(pages))) {
		n = end - at < sizeof(flags) / 8 ? (end - at) * 8 : sizeof(flags);
		n = pread(fd, flags, n, at * 8);
		if (n <= 0)
			return false;
		for (i = 0; i < n / 8; i++)
			count(pages, flags[i]);
		at += n / 8;
	}
	return true;
}

/**
 * carve_can_move() - can the module take a window, as far as its pages tell?
 * @pages: of the window
 *
 * Return: whether the kernel can move all of the pages
 */
bool carve_can_move(const struct carve_pages *pages)
{
	return !pages->slab && !pages->tables && !pages->reserved && !pages->holes &&
	       !pages->hugetlb && !pages->poisoned;
}

/**
 * carve_why() - say why a window can't be taken
 * @pages: of the window
 * @text: filled in
 * @room: size of @text
 */
void carve_why(const struct carve_pages *pages, char *text, size_t room)
{
	snprintf(text, room,
		 "%lu slab, %lu page table, %lu reserved, %lu hugetlb, %lu poisoned pages, %lu holes",
		 pages->slab, pages->tables, pages->reserved, pages->hugetlb, pages->poisoned,
		 pages->holes);
}

/* Node and zone of one block. False if the block is not online. */
static bool ask_block(uint64_t number, int *node, char *zone, size_t room)
{
	char path[96], line[64];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), BLOCKS "memory%" PRIu64 "/state", number);
	if (!read_line(path, line, sizeof(line)) || strcmp(line, "online"))
		return false;
	snprintf(path, sizeof(path), BLOCKS "memory%" PRIu64 "/valid_zones", number);
	read_line(path, line, sizeof(line));
	snprintf(zone, room, "%.*s", (int)strcspn(line, " "), line);

	/* Without CONFIG_NUMA there is one node, and no link to it. */
	*node = 0;
	snprintf(path, sizeof(path), BLOCKS "memory%" PRIu64, number);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		if (sscanf(entry->d_name, "node%d", node) == 1)
			break;
	if (dir)
		closedir(dir);
	return true;
}

/* True if ACPI has added the block, and may eject it. */
static bool is_acpi(uint64_t number)
{
	char path[96];

	snprintf(path, sizeof(path), BLOCKS "memory%" PRIu64 "/firmware_node", number);
	return !access(path, F_OK);
}

/**
 * carve_zone() - find the node and zone of a window
 * @window: node and zone are filled in; why, too, if not all of it is online in one zone, or if
 *	ACPI may eject it
 * @block: bytes of a memory block
 */
void carve_zone(struct carve_window *window, uint64_t block)
{
	uint64_t at, end = window->start + window->bytes;
	char zone[sizeof(window->zone)];
	int node;

	window->node = -1;
	window->zone[0] = '\0';
	for (at = window->start; at < end; at += block) {
		if (!ask_block(at / block, &node, zone, sizeof(zone))) {
			snprintf(window->why, sizeof(window->why),
				 "part of the window is not online");
			return;
		}
		if (is_acpi(at / block))
			snprintf(window->why, sizeof(window->why),
				 "ACPI has added part of the window, and may eject it");
		if (at == window->start) {
			window->node = node;
			memcpy(window->zone, zone, sizeof(zone));
		} else if (node != window->node || strcmp(zone, window->zone)) {
			snprintf(window->why, sizeof(window->why),
				 "the window is of two nodes or zones");
			window->node = -1;
			window->zone[0] = '\0';
			return;
		}
	}
}
