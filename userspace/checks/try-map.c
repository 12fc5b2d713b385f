// SPDX-License-Identifier: GPL-2.0-only
/* Steps that change mappings: mmap, anon, munmap, mprotect, mremap. */
#include "try.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define DEFAULT_PAGES	4

static int prot_of(const char *text)
{
	static const char letters[] = "rwx";
	static const int bits[] = { PROT_READ, PROT_WRITE, PROT_EXEC };
	const char *letter;
	int prot = PROT_NONE;

	if (!strcmp(text, "none"))
		return PROT_NONE;
	for (; *text; text++) {
		letter = strchr(letters, *text);
		if (!letter)
			malformed("prot is none or some of r, w, x");
		prot |= bits[letter - letters];
	}
	return prot;
}

static void *fixed_address(const struct step *step)
{
	const char *text = step_text(step, "fixed");
	struct place place;

	if (!text)
		return NULL;
	step_place(text, &place);
	if (place.region)
		malformed("fixed= is a place in a mapping or a user address");
	return (void *)(uintptr_t)place.address;
}

void do_mmap(const struct step *step)
{
	struct handle *file = handle_get(step->target, HANDLE_FILE);
	const char *prot = step_text(step, "prot");
	void *fixed = fixed_address(step), *start;
	struct handle *map;
	int flags, err;

	flags = step_has(step, "private") ? MAP_PRIVATE : MAP_SHARED;
	if (step_has(step, "shared") && flags == MAP_PRIVATE)
		malformed("either shared or private");
	if (fixed)
		flags |= MAP_FIXED;

	map = handle_new(step->handle, HANDLE_MAP);
	map->file = file;
	map->len = step_number(step, "len", DEFAULT_PAGES * sysconf(_SC_PAGESIZE));
	start = mmap(fixed, map->len, prot_of(prot ? prot : "rw"), flags, file->fd,
		     step_number(step, "off", 0));
	err = start == MAP_FAILED ? -errno : 0;
	if (!err)
		map->start = start;
	step_done(step, map->name, err);
}

/*
 * NAME=anon[:,len=N][,prot=P][,shared][,plain]: anonymous memory at a multiple of 2 MiB,
 * for its huge pages, which it asks for. With plain where and as the kernel likes.
 */
void do_anon(const struct step *step)
{
	struct handle *map = handle_new(step->handle, HANDLE_MAP);
	int flags = MAP_ANONYMOUS | (step_has(step, "shared") ? MAP_SHARED : MAP_PRIVATE);
	const char *prot = step_text(step, "prot");
	const size_t huge = 2 << 20;
	bool plain = step_has(step, "plain");
	char *start, *aligned;

	map->len = step_number(step, "len", huge);
	start = mmap(NULL, map->len + (plain ? 0 : huge), prot_of(prot ? prot : "rw"), flags, -1,
		     0);
	if (start == MAP_FAILED || plain) {
		map->start = plain && start != MAP_FAILED ? start : NULL;
		step_done(step, map->name, map->start ? 0 : -errno);
		return;
	}
	aligned = (char *)(((uintptr_t)start + huge - 1) & ~(huge - 1));
	if (aligned != start)
		munmap(start, aligned - start);
	if (aligned + map->len != start + map->len + huge)
		munmap(aligned + map->len, start + huge - aligned);
	madvise(aligned, map->len, MADV_HUGEPAGE);
	map->start = aligned;
	step_done(step, map->name, 0);
}

/* The part that off= and len= name: all of the rest by default. */
char *map_part(const struct step *step, const struct handle *map, size_t *len)
{
	uint64_t off = step_number(step, "off", 0);

	*len = step_number(step, "len", off < map->len ? map->len - off : 0);
	return map->start + off;
}

/* A mapping that never came to be can't be worked on. */
struct handle *map_existing(const struct step *step)
{
	struct handle *map = handle_get(step->target, HANDLE_MAP);

	if (map->start)
		return map;
	printf("%s %s: not mapped\n", step->verb, map->name);
	return NULL;
}

void do_munmap(const struct step *step)
{
	struct handle *map = map_existing(step);
	char *start;
	size_t len;

	if (!map)
		return;
	start = map_part(step, map, &len);
	step_done(step, map->name, munmap(start, len) ? -errno : 0);
}

void do_mprotect(const struct step *step)
{
	const char *prot = step_text(step, "prot");
	struct handle *map = map_existing(step);
	char *start;
	size_t len;

	if (!prot)
		malformed("mprotect needs prot=");
	if (!map)
		return;
	start = map_part(step, map, &len);
	step_done(step, map->name, mprotect(start, len, prot_of(prot)) ? -errno : 0);
}

/* The result goes by the name given, if any, else by that of the mapping. */
void do_mremap(const struct step *step)
{
	void *fixed = fixed_address(step), *start;
	struct handle *map = map_existing(step), *result;
	int flags = 0, err;
	size_t old, len;
	uint64_t off;

	if (!step_text(step, "len"))
		malformed("mremap needs len=");
	if (!map)
		return;
	off = step_number(step, "off", 0);
	old = step_number(step, "old", off < map->len ? map->len - off : 0);
	len = step_number(step, "len", 0);
	if (step_has(step, "maymove"))
		flags |= MREMAP_MAYMOVE;
	if (fixed)
		flags |= MREMAP_MAYMOVE | MREMAP_FIXED;
	if (step_has(step, "dontunmap"))
		flags |= MREMAP_MAYMOVE | MREMAP_DONTUNMAP;

	result = step->handle ? handle_new(step->handle, HANDLE_MAP) : map;
	start = mremap(map->start + off, old, len, flags, fixed);
	err = start == MAP_FAILED ? -errno : 0;
	if (!err && (step->handle || !off)) {
		result->file = map->file;
		result->start = start;
		result->len = len;
	}
	step_done(step, result->name, err);
}
