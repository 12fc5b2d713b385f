// SPDX-License-Identifier: GPL-2.0-only
/* Steps that only look: info, describe, leaf, follow, calls, vma, list, lookup. */
#include "try.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "array.h"
#include "pfnmap_client.h"
#include "text.h"
#include "tracking.h"

/* Prints the distance from @base, which may be negative. */
static void print_distance(uint64_t address, uint64_t base)
{
	if (address < base)
		printf("-0x%" PRIx64, base - address);
	else
		printf("0x%" PRIx64, address - base);
}

void print_user(const struct handle *map, uint64_t address)
{
	uint64_t base = (uintptr_t)map->start;

	printf("%s%s", map->name, address < base ? "" : "+");
	print_distance(address, base);
}

static const char *mode_name(uint32_t mode)
{
	return catalog_name(&catalog, PFNMAP_TEST_KIND_CACHE_MODE, mode);
}

/* Prints a physical address as a place in a region. False if no region has it. */
bool print_pfn(uint64_t pfn)
{
	uint64_t address = pfn * sysconf(_SC_PAGESIZE);
	const struct pfnmap_test_describe *region = catalog_region_of(&catalog, address);

	if (!region)
		return false;
	printf("%s+", region->name);
	print_distance(address, region->start);
	return true;
}

/* Prints an entry that is present: level, mode, memory, PFNMAP_TEST_LEAF_* by name. */
void print_entry_words(uint32_t level, uint32_t mode, uint64_t pfn, uint32_t flags)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} names[] = {
		{ PFNMAP_TEST_LEAF_WRITABLE, "writable" },
		{ PFNMAP_TEST_LEAF_DIRTY, "dirty" },
		{ PFNMAP_TEST_LEAF_YOUNG, "young" },
		{ PFNMAP_TEST_LEAF_SPECIAL, "special" },
		{ PFNMAP_TEST_LEAF_HUGE_ZERO, "huge-zero" },
	};
	size_t i;

	printf("%s %s ", catalog_name(&catalog, PFNMAP_TEST_KIND_LEVEL, level), mode_name(mode));
	if (!print_pfn(pfn))
		printf("pfn=other");
	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (flags & names[i].bit)
			printf(" %s", names[i].name);
}

/* Prints the same words, and ends the line. */
void print_entry(uint32_t level, uint32_t mode, uint64_t pfn, uint32_t flags)
{
	print_entry_words(level, mode, pfn, flags);
	putchar('\n');
}

static void do_info(const struct step *step)
{
	struct pfnmap_test_info info;

	step_done(step, step->target, pfnmap_get_info(handle_via(step, NULL)->fd, &info));
}

static void do_describe(const struct step *step)
{
	struct pfnmap_test_describe desc;
	struct place place;

	step_place(step->target, &place);
	if (!place.region)
		malformed("describe takes a region");
	step_done(step, step->target,
		  pfnmap_describe(handle_via(step, NULL)->fd, PFNMAP_TEST_KIND_REGION,
				  place.region->id, &desc));
}

static void do_leaf(const struct step *step)
{
	struct handle *map = handle_get(step->target, HANDLE_MAP);
	uint64_t off = step_number(step, "off", 0);
	struct pfnmap_test_leaf leaf;
	int err;

	err = pfnmap_leaf(handle_via(step, map->file)->fd, map->start + off, &leaf);
	printf("leaf %s+0x%" PRIx64 ": ", map->name, off);
	if (err)
		puts(text_errno(err));
	else if (!(leaf.flags & PFNMAP_TEST_LEAF_PRESENT))
		puts("none");
	else if (step_has(step, "pfn"))
		printf("pfn=0x%" PRIx64 "\n", (uint64_t)leaf.pfn);
	else
		print_entry(leaf.level, leaf.cache_mode, leaf.pfn, leaf.flags);
}

static uint32_t fixup_of(const struct step *step)
{
	const char *fixup = step_text(step, "fixup");

	if (!fixup)
		return 0;
	if (!strcmp(fixup, "read"))
		return PFNMAP_TEST_FOLLOW_FIXUP_READ;
	if (!strcmp(fixup, "write"))
		return PFNMAP_TEST_FOLLOW_FIXUP_WRITE;
	malformed("fixup is read or write");
}

/* follow:MAP[,off=N][,fixup=read|write]. The level is '-' where the kernel does not tell. */
static void do_follow(const struct step *step)
{
	struct handle *map = handle_get(step->target, HANDLE_MAP);
	uint64_t off = step_number(step, "off", 0);
	struct pfnmap_test_follow follow;
	int err;

	err = pfnmap_follow(handle_via(step, map->file)->fd, map->start + off, fixup_of(step),
			    &follow);
	printf("follow %s+0x%" PRIx64 ": ", map->name, off);
	if (err) {
		puts(text_errno(err));
		return;
	}
	printf("%s ", follow.level ?
	       catalog_name(&catalog, PFNMAP_TEST_KIND_LEVEL, follow.level) : "-");
	if (!print_pfn(follow.pfn))
		printf("pfn=other");
	printf("%s%s\n", follow.found & PFNMAP_TEST_FOUND_WRITABLE ? " writable" : "",
	       follow.found & PFNMAP_TEST_FOUND_SPECIAL ? " special" : "");
}

/* calls:FILE */
static void do_calls(const struct step *step)
{
	struct handle *file = handle_get(step->target, HANDLE_FILE);
	struct pfnmap_test_calls calls;
	int err;

	err = pfnmap_calls(file->fd, &calls);
	printf("calls %s: ", file->name);
	if (err)
		puts(text_errno(err));
	else
		printf("fault=%llu huge_fault=%llu pfn_mkwrite=%llu page_mkwrite=%llu\n",
		       calls.fault, calls.huge_fault, calls.pfn_mkwrite, calls.page_mkwrite);
}

void print_tracked(uint64_t start, uint64_t bytes)
{
	const struct pfnmap_test_describe *region = catalog_region_of(&catalog, start);
	uint64_t base = region ? region->start : 0;

	printf(" range=%s%s0x%" PRIx64 "-0x%" PRIx64, region ? region->name : "",
	       region ? "+" : "", start - base, start + bytes - base);
}

static void do_vma(const struct step *step)
{
	struct handle *map = handle_get(step->target, HANDLE_MAP);
	uint64_t off = step_number(step, "off", 0);
	struct pfnmap_test_vma vma;
	int err;

	err = pfnmap_vma(handle_via(step, map->file)->fd, map->start + off, &vma);
	printf("vma %s+0x%" PRIx64 ": ", map->name, off);
	if (err) {
		puts(text_errno(err));
		return;
	}
	if (step_has(step, "pgoff")) {
		printf("pgoff=0x%" PRIx64 "\n", (uint64_t)vma.pgoff);
		return;
	}
	printf("start=");
	print_user(map, vma.start);
	printf(" end=");
	print_user(map, vma.end);
	printf(" mode=%s tracking=%s", mode_name(vma.cache_mode), tracking_name(vma.tracking));
	if (vma.track_refs) {
		printf(" refs=%" PRIu32, vma.track_refs);
		print_tracked(vma.track_start, vma.track_bytes);
	}
	putchar('\n');
}

/*
 * list: all reservations, by physical address. list:REGION[+OFF][,len=N]: the reservations that
 * overlap that part, by their distance from the part's start.
 */
static void do_list(const struct step *step)
{
	struct pfnmap_test_memtype_entry *entries = NULL;
	uint64_t start = 0, last = UINT64_MAX;
	struct place place = { 0 };
	const char *blank = *step->target ? " " : "";
	size_t n = 0, i;
	int err = 0;

	if (*step->target) {
		step_place(step->target, &place);
		if (!place.region)
			malformed("list takes a place in a region");
		start = place.address;
		last = start - 1 +
		       step_number(step, "len", place.region->bytes - place.offset);
		err = place.region->bytes ? 0 : -ENXIO;
	}
	if (!err)
		err = pfnmap_memtype_list(handle_via(step, NULL)->fd, start, last, &entries, &n);
	if (err || !n)
		printf("list%s%s: %s\n", blank, step->target, err ? text_errno(err) : "none");
	for (i = 0; i < n; i++) {
		printf("list%s%s: ", blank, step->target);
		print_distance(entries[i].start, start);
		putchar('-');
		print_distance(entries[i].end, start);
		printf(" %s\n", mode_name(entries[i].cache_mode));
	}
	free(entries);
}

static void do_lookup(const struct step *step)
{
	struct pfnmap_test_memtype memtype;
	struct place place;
	uint64_t base;
	int err;

	step_place(step->target, &place);
	if (place.map)
		malformed("lookup takes a place in a region or a physical address");
	base = place.region ? place.region->start : 0;
	if (place.region && !place.region->bytes)
		err = -ENXIO;
	else
		err = pfnmap_memtype_lookup(handle_via(step, NULL)->fd, place.address, &memtype);
	if (err) {
		step_done(step, step->target, err);
		return;
	}
	printf("lookup %s: %s", step->target, mode_name(memtype.cache_mode));
	if (memtype.flags & PFNMAP_TEST_MEMTYPE_TRACKED) {
		printf(" tracked count=%" PRIu32 " ", memtype.count);
		print_distance(memtype.start, base);
		putchar('-');
		print_distance(memtype.end, base);
	} else {
		printf(" %s", memtype.flags & PFNMAP_TEST_MEMTYPE_RAM ? "ram" : "untracked");
	}
	putchar('\n');
}

const struct verb query_verbs[] = {
	{ "info", "[,via=FILE]",
	  "GET_INFO", do_info },
	{ "describe", "REGION[,via=FILE]",
	  "DESCRIBE", do_describe },
	{ "leaf", "MAP[,off=N][,pfn][,via=FILE]",
	  "tells the entry: level, mode, memory, flags; with pfn, the pfn alone", do_leaf },
	{ "follow", "MAP[,off=N][,fixup=read|write][,via=FILE]",
	  "tells what follow_pfnmap_start() answers; fixup= faults the page in first", do_follow },
	{ "calls", "FILE",
	  "tells the calls of its mappings' operations since the last calls step", do_calls },
	{ "vma", "MAP[,off=N][,pgoff][,via=FILE]",
	  "tells the VMA's ends, mode and tracking; with pgoff, vm_pgoff alone", do_vma },
	{ "list", "[REGION[+OFF]][,len=N][,via=FILE]",
	  "tells the reservations in PAT's tree that overlap that part", do_list },
	{ "lookup", "REGION[+OFF]|ADDRESS[,via=FILE]",
	  "tells the mode that PAT has for the page", do_lookup },
	{ 0 }
};
