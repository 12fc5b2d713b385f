// SPDX-License-Identifier: GPL-2.0-only
/* Tries one way to map in a process of its own, so that nothing outlives it. */
#include "atlas.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fault.h"
#include "futex.h"

#define SECONDS	60	/* a fault that never ends must not stop the other rows */

/* Counts as they were before the method could change them, or -errno. */
struct before {
	ssize_t entries;	/* of the tree */
	int64_t refs;		/* to the region's first folio */
};

static enum answer answer(bool yes)
{
	return yes ? ANSWER_YES : ANSWER_NO;
}

/* Reservations that overlap the range, or -errno. */
static ssize_t count(int fd, uint64_t start, size_t bytes)
{
	struct pfnmap_test_memtype_entry *entries;
	size_t n;
	int err;

	err = pfnmap_memtype_list(fd, start, start + bytes - 1, &entries, &n);
	free(entries);
	return err ? err : (ssize_t)n;
}

/* A mapping is tracked if its VMA keeps a range, or if the tree got an entry. */
static enum answer is_tracked(int fd, const struct ask *ask, const void *at, ssize_t before)
{
	struct pfnmap_test_vma vma;
	ssize_t after;

	if (!pfnmap_vma(fd, at, &vma) && vma.tracking != PFNMAP_TEST_TRACK_NONE)
		return ANSWER_YES;
	after = count(fd, ask->region->start, ask->bytes);
	if (before < 0 || after < 0)
		return ANSWER_UNKNOWN;
	return answer(after > before);
}

/* References to the region's first folio, or -errno. */
static int64_t count_refs(int fd, const struct ask *ask)
{
	struct pfnmap_test_folio folio;
	int err;

	err = pfnmap_folio(fd, ask->region->id, 0, &folio);
	return err ? err : (int64_t)folio.refs;
}

/* A mapping of a region without folios takes no references. */
static enum answer is_refcounted(int fd, const struct ask *ask, const void *at, int64_t before)
{
	struct pfnmap_test_folio folio;
	int64_t after;

	if (before == -ENODATA && pfnmap_folio(fd, 0, (uintptr_t)at, &folio) == -ENODATA)
		return ANSWER_NO;
	after = count_refs(fd, ask);
	if (before < 0 || after < 0)
		return ANSWER_UNKNOWN;
	return answer(after > before);
}

/* Returns whether the module could look at the entry. */
static bool look(int fd, const void *at, struct pfnmap_test_leaf *leaf, struct tried *tried)
{
	if (pfnmap_leaf(fd, at, leaf))
		return false;
	if (!(leaf->flags & PFNMAP_TEST_LEAF_PRESENT))
		return true;
	tried->present = true;
	tried->level = leaf->level;
	tried->cache_mode = leaf->cache_mode;
	if (leaf->known & PFNMAP_TEST_LEAF_SPECIAL)
		tried->special = answer(leaf->flags & PFNMAP_TEST_LEAF_SPECIAL);
	return true;
}

static void pin(int fd, const void *at, struct gup gup[GUP_WAYS])
{
	static const struct {
		uint32_t how;
		uint32_t flags;
	} ways[GUP_WAYS] = {
		[GUP_SLOW] = { PFNMAP_TEST_PIN_SLOW, 0 },
		[GUP_FAST] = { PFNMAP_TEST_PIN_FAST, 0 },
		[GUP_LONGTERM] = { PFNMAP_TEST_PIN_SLOW, PFNMAP_TEST_PIN_LONGTERM },
	};
	struct pfnmap_test_pin pin;
	size_t i;

	for (i = 0; i < GUP_WAYS; i++) {
		pin = (struct pfnmap_test_pin){
			.how = ways[i].how,
			.flags = ways[i].flags,
			.address = (uintptr_t)at,
			.bytes = sysconf(_SC_PAGESIZE),
		};
		gup[i].err = pfnmap_pin(fd, &pin);
		gup[i].known = gup[i].err != -ENOTTY;
		if (!gup[i].err)
			pfnmap_unpin(fd, pin.id);
	}
}

/* What KVM and VFIO get. -ENOTTY is no answer of the kernel's: an older module has no FOLLOW. */
static void follow(int fd, const void *at, struct gup *follow)
{
	struct pfnmap_test_follow found;

	follow->err = pfnmap_follow(fd, at, 0, &found);
	follow->known = follow->err != -ENOTTY;
}

/* A private write gives the process a page of its own, if pinning has not done so. */
static void write_private(int fd, void *at, const struct pfnmap_test_leaf *before,
			  struct tried *tried)
{
	struct pfnmap_test_leaf after;

	tried->cow_sig = fault_write(at, 1);
	if (tried->cow_sig || pfnmap_leaf(fd, at, &after))
		return;
	tried->copied = answer(after.flags & PFNMAP_TEST_LEAF_PRESENT &&
			       !(after.flags & PFNMAP_TEST_LEAF_SPECIAL) &&
			       after.pfn != before->pfn);
}

/*
 * Whether processes that share the page can use a futex in it. This comes last, because the
 * kernel faults the page in for writing.
 */
static void wake(void *at, struct gup *futex)
{
	int woken = futex_wake(at, false, 1);

	futex->known = true;
	futex->err = woken < 0 ? woken : 0;
}

/* The order matters: the steps that change the most for the others come last. */
static void touch(int fd, const struct ask *ask, void *at, const struct before *before,
		  struct tried *tried)
{
	struct pfnmap_test_leaf leaf;
	uint32_t value;
	bool known;

	follow(fd, at, &tried->untouched);
	tried->sig = fault_read(at, &value);
	known = look(fd, at, &leaf, tried);
	tried->tracked = is_tracked(fd, ask, at, before->entries);
	if (!tried->sig) {
		tried->refcounted = is_refcounted(fd, ask, at, before->refs);
		follow(fd, at, &tried->follow);
		pin(fd, at, tried->gup);
	}
	if (!ask->private && !tried->sig)
		tried->sig = fault_write(at, 1);
	else if (ask->private && known)
		write_private(fd, at, &leaf, tried);
	if (!tried->sig && !tried->cow_sig)
		wake(at, &tried->futex);
}

static int reserve(int fd, const struct ask *ask)
{
	struct pfnmap_test_reserve reserve = {
		.region = ask->map.region, .cache_mode = ask->map.cache_mode, .bytes = ask->bytes,
	};

	return ask->reserve ? pfnmap_reserve(fd, &reserve) : 0;
}

/* Count after our own reservation, and before SET_MAP, at which a method may reserve. */
static int map_and_look(int fd, const struct ask *ask, struct tried *tried)
{
	struct pfnmap_test_map map = ask->map;
	struct before before;
	void *at;
	int err;

	err = reserve(fd, ask);
	if (err)
		return err;
	before.entries = count(fd, ask->region->start, ask->bytes);
	err = pfnmap_set_map(fd, &map);
	if (err)
		return err;
	before.refs = count_refs(fd, ask);
	at = mmap(NULL, ask->bytes, PROT_READ | PROT_WRITE,
		  ask->private ? MAP_PRIVATE : MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return -errno;
	touch(fd, ask, at, &before, tried);
	return 0;
}

static void try_here(const struct ask *ask, struct tried *tried)
{
	int fd;

	alarm(SECONDS);
	fd = pfnmap_open(ask->device, ask->method->flags & PFNMAP_TEST_DESC_PREPARE, O_RDWR);
	tried->err = fd < 0 ? fd : map_and_look(fd, ask, tried);
	tried->cow_err = tried->err;
}

/**
 * atlas_try() - try one way to map
 * @ask: the way
 * @tried: what came out
 */
void atlas_try(const struct ask *ask, struct tried *tried)
{
	struct tried *shared;
	int status;
	pid_t pid;

	*tried = (struct tried){ 0 };
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	if (shared == MAP_FAILED) {
		tried->err = -errno;
		return;
	}
	pid = fork();
	if (!pid) {
		try_here(ask, shared);
		_exit(EXIT_SUCCESS);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0) {
		tried->err = -errno;
	} else {
		*tried = *shared;
		if (WIFSIGNALED(status))
			tried->sig = WTERMSIG(status);
	}
	munmap(shared, sizeof(*shared));
}
