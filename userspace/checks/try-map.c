// SPDX-License-Identifier: GPL-2.0-only
/* Steps that change mappings: mmap, anon, where, munmap, mprotect, pkey, mremap. */
#include "try.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "array.h"

#define DEFAULT_PAGES	4

/* Some of r, w and x, or none. A number can also ask for bits that have no letter. */
static int prot_of(const char *text)
{
	static const char letters[] = "rwx";
	static const int bits[] = { PROT_READ, PROT_WRITE, PROT_EXEC };
	const char *letter;
	int prot = PROT_NONE;

	if (!strcmp(text, "none"))
		return PROT_NONE;
	if (isdigit((unsigned char)*text))
		return number_of(text);
	for (; *text; text++) {
		letter = strchr(letters, *text);
		if (!letter)
			malformed("prot is none, some of r, w, x, or a number");
		prot |= bits[letter - letters];
	}
	return prot;
}

/* flags=NAME+NAME..., as MAP_NAME in small letters, or a number */
static int flags_of(const struct step *step)
{
	static const struct named known[] = {
		{ "shared_validate", MAP_SHARED_VALIDATE },
		{ "sync", MAP_SYNC },
		{ "populate", MAP_POPULATE },
		{ "nonblock", MAP_NONBLOCK },
		{ "locked", MAP_LOCKED },
		{ "growsdown", MAP_GROWSDOWN },
		{ "stack", MAP_STACK },
		{ "noreserve", MAP_NORESERVE },
		{ "hugetlb", MAP_HUGETLB },
		{ "anonymous", MAP_ANONYMOUS },
		{ "fixed", MAP_FIXED },
		{ "fixed_noreplace", MAP_FIXED_NOREPLACE },
		{ "denywrite", MAP_DENYWRITE },
		{ "executable", MAP_EXECUTABLE },
#ifdef MAP_32BIT
		{ "32bit", MAP_32BIT },
#endif
	};

	return step_bits(step, "flags", "MAP_", known, ARRAY_SIZE(known));
}

static void *address_of(const struct step *step, const char *key)
{
	const char *text = step_text(step, key);
	struct place place;

	if (!text)
		return NULL;
	step_place(text, &place);
	if (place.region)
		malformed("%s= is a place in a mapping or a user address", key);
	return (void *)(uintptr_t)place.address;
}

/*
 * NAME=mmap:FILE[,off=N][,len=N][,prot=P][,private|shared][,flags=NAME+NAME][,fixed=PLACE]
 * [,hint=PLACE]: shared, unless "private" or flags= says otherwise. hint= is mmap()'s address, and
 * flags= says what the kernel does with that address.
 */
static void do_mmap(const struct step *step)
{
	struct handle *file = handle_get(step->target, HANDLE_FILE);
	const char *prot = step_text(step, "prot");
	void *fixed = address_of(step, "fixed"), *hint = address_of(step, "hint"), *start;
	int flags = flags_of(step), err;
	struct handle *map;

	if (!(flags & MAP_TYPE))
		flags |= step_has(step, "private") ? MAP_PRIVATE : MAP_SHARED;
	if (step_has(step, "shared") && (flags & MAP_TYPE) == MAP_PRIVATE)
		malformed("either shared or private");
	if (fixed && hint)
		malformed("either fixed= or hint=");
	if (fixed)
		flags |= MAP_FIXED;

	map = handle_new(step->handle, HANDLE_MAP);
	map->file = file;
	map->len = step_number(step, "len", DEFAULT_PAGES * sysconf(_SC_PAGESIZE));
	start = mmap(fixed ? fixed : hint, map->len, prot_of(prot ? prot : "rw"), flags,
		     file->fd, step_number(step, "off", 0));
	err = start == MAP_FAILED ? -errno : 0;
	if (!err)
		map->start = start;
	step_done(step, map->name, err);
}

/*
 * NAME=anon[:,len=N][,prot=P][,shared][,plain]: anonymous memory at a multiple of 2 MiB, with
 * MADV_HUGEPAGE. With plain the kernel chooses the address, and gets no advice.
 */
static void do_anon(const struct step *step)
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

/* The part that off= and len= name. Without len= the part ends where the mapping does. */
char *map_part(const struct step *step, const struct handle *map, size_t *len)
{
	uint64_t off = step_number(step, "off", 0);

	*len = step_number(step, "len", off < map->len ? map->len - off : 0);
	return map->start + off;
}

/* If mmap failed, prints that the handle is not mapped, and returns NULL. */
struct handle *map_existing(const struct step *step)
{
	struct handle *map = handle_get(step->target, HANDLE_MAP);

	if (map->start)
		return map;
	printf("%s %s: not mapped\n", step->verb, map->name);
	return NULL;
}

static void do_where(const struct step *step)
{
	const char *of = step_text(step, "of");
	struct handle *map = map_existing(step);
	struct place place;
	uint64_t at;

	if (!of)
		malformed("where needs of=");
	if (!map)
		return;
	step_place(of, &place);
	at = (uintptr_t)map->start;
	printf("where %s: %s %c 0x%" PRIx64 "\n", map->name, of,
	       at < place.address ? '-' : '+',
	       at < place.address ? place.address - at : at - place.address);
}

static void do_munmap(const struct step *step)
{
	struct handle *map = map_existing(step);
	char *start;
	size_t len;

	if (!map)
		return;
	start = map_part(step, map, &len);
	step_done(step, map->name, munmap(start, len) ? -errno : 0);
}

static void do_mprotect(const struct step *step)
{
	const char *text = step_text(step, "prot");
	struct handle *map;
	char *start;
	size_t len;
	int prot;

	if (!text)
		malformed("mprotect needs prot=");
	prot = prot_of(text);
	map = map_existing(step);
	if (!map)
		return;
	start = map_part(step, map, &len);
	step_done(step, map->name, mprotect(start, len, prot) ? -errno : 0);
}

/*
 * pkey:MAP,rights=R: a new protection key, with those rights, for that part. A fault's handler
 * begins without the rights of any such key, and the step after that fault goes on like that.
 */
static void do_pkey(const struct step *step)
{
	static const struct named known[] = {
		{ "none", PKEY_DISABLE_ACCESS },
		{ "r", PKEY_DISABLE_WRITE },
		{ "rw", 0 },
	};
	const char *rights = step_text(step, "rights"), *prot = step_text(step, "prot");
	struct handle *map;
	char *start;
	size_t len;
	int key;

	if (!rights)
		malformed("pkey needs rights=");
	map = map_existing(step);
	if (!map)
		return;
	start = map_part(step, map, &len);
	key = pkey_alloc(0, step_value(rights, "rights", "", known, ARRAY_SIZE(known)));
	if (key < 0 || pkey_mprotect(start, len, prot_of(prot ? prot : "rw"), key))
		step_done(step, map->name, -errno);
	else
		step_done(step, map->name, 0);
}

/* NAME= names the result. Without NAME= the result keeps the mapping's name. */
static void do_mremap(const struct step *step)
{
	void *fixed = address_of(step, "fixed"), *start;
	struct handle *map = map_existing(step), *result;
	int flags = step_number(step, "flags", 0), err;
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

const struct verb map_verbs[] = {
	{ "mmap",
	  "FILE[,off=N][,len=N][,prot=P][,private|shared][,flags=NAME+NAME][,fixed=PLACE][,hint=PLACE]",
	  "NAME=: 4 pages, shared, rw; MAP_NAME in small letters", do_mmap },
	{ "anon", "[,len=N][,prot=P][,shared][,plain]",
	  "NAME=: anonymous memory at a multiple of 2 MiB, for its huge pages", do_anon },
	{ "where", "MAP,of=PLACE",
	  "tells where MAP begins, as a distance from PLACE", do_where },
	{ "munmap", "MAP[,off=N][,len=N]",
	  "", do_munmap },
	{ "mprotect", "MAP,prot=P[,off=N][,len=N]",
	  "P is none, some of r, w, x, or a number", do_mprotect },
	{ "pkey", "MAP,rights=none|r|rw[,prot=P][,off=N][,len=N]",
	  "pkey_mprotect() with a new key of these rights", do_pkey },
	{ "mremap", "MAP,len=N[,off=N][,old=N][,maymove][,fixed=PLACE][,dontunmap][,flags=N]",
	  "NAME=: names the result, which else keeps the name MAP", do_mremap },
	{ 0 }
};
