// SPDX-License-Identifier: GPL-2.0-only
/*
 * leaves:MAP[,off=N][,len=N][,touch]: the entry of each page of that part; touch reads the
 * page first. Pages are one piece if their entries map consecutive memory and differ in
 * nothing but young and dirty.
 */
#include "try.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "fault.h"
#include "pfnmap_client.h"
#include "text.h"

/* Bits that hardware sets as pages are used. */
#define USE	(PFNMAP_TEST_LEAF_YOUNG | PFNMAP_TEST_LEAF_DIRTY)

static bool goes_on(const struct pfnmap_test_leaf *piece, uint64_t pages,
		    const struct pfnmap_test_leaf *leaf)
{
	return leaf->level == piece->level && leaf->cache_mode == piece->cache_mode &&
	       leaf->flags == piece->flags && leaf->pfn == piece->pfn + pages;
}

static void print_piece(const struct pfnmap_test_leaf *piece, uint64_t off, uint64_t end,
			bool first)
{
	printf("%s0x%" PRIx64 "-0x%" PRIx64 " ", first ? "" : ", ", off, end);
	print_entry_words(piece->level, piece->cache_mode, piece->pfn, piece->flags);
}

static void do_leaves(const struct step *step)
{
	struct handle *map = map_existing(step);
	uint64_t page = sysconf(_SC_PAGESIZE), off, end, begin = 0;
	struct pfnmap_test_leaf leaf, piece = { 0 };
	bool first = true;
	uint32_t value;
	char *start;
	size_t len;
	int fd, sig;

	if (!map)
		return;
	fd = handle_via(step, map->file)->fd;
	start = map_part(step, map, &len);
	off = start - map->start;
	printf("leaves %s: ", map->name);
	for (end = off + len; off < end; off += page) {
		sig = step_has(step, "touch") ? fault_read(map->start + off, &value) : 0;
		if (sig) {
			printf("%s at 0x%" PRIx64 "\n", fault_name(sig), off);
			return;
		}
		/* A page that is not mapped any more has no entry, either. */
		if (pfnmap_leaf(fd, map->start + off, &leaf))
			leaf.flags = 0;
		leaf.flags &= ~USE;
		if ((piece.flags & PFNMAP_TEST_LEAF_PRESENT) &&
		    !goes_on(&piece, (off - begin) / page, &leaf)) {
			print_piece(&piece, begin, off, first);
			first = false;
			piece.flags = 0;
		}
		if (!(piece.flags & PFNMAP_TEST_LEAF_PRESENT)) {
			piece = leaf;
			begin = off;
		}
	}
	if (piece.flags & PFNMAP_TEST_LEAF_PRESENT)
		print_piece(&piece, begin, off, first);
	else if (first)
		printf("none");
	putchar('\n');
}

const struct verb leaves_verbs[] = {
	{ "leaves", "MAP[,off=N][,len=N][,touch]",
	  "tells each page's entry, alike ones as one piece; touch reads each first", do_leaves },
	{ 0 }
};
