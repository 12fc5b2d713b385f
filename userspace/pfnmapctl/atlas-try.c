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

#define PAGES	4

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

/* Tracked is what the VMA keeps, or what the tree got. */
static enum answer is_tracked(int fd, const void *at, uint64_t start, size_t bytes, ssize_t before)
{
	struct pfnmap_test_vma vma;
	ssize_t after;

	if (!pfnmap_vma(fd, at, &vma) && vma.tracking != PFNMAP_TEST_TRACK_NONE)
		return ANSWER_YES;
	after = count(fd, start, bytes);
	if (before < 0 || after < 0)
		return ANSWER_UNKNOWN;
	return answer(after > before);
}

static void look(int fd, const void *at, struct tried *tried)
{
	struct pfnmap_test_leaf leaf;

	if (pfnmap_leaf(fd, at, &leaf) || !(leaf.flags & PFNMAP_TEST_LEAF_PRESENT))
		return;
	tried->present = true;
	tried->level = leaf.level;
	tried->cache_mode = leaf.cache_mode;
	if (leaf.known & PFNMAP_TEST_LEAF_SPECIAL)
		tried->special = answer(leaf.flags & PFNMAP_TEST_LEAF_SPECIAL);
}

/* A private write must give the process a page of its own. */
static void write_private(int fd, void *at, struct tried *tried)
{
	struct pfnmap_test_leaf before, after;

	if (pfnmap_leaf(fd, at, &before))
		return;
	tried->cow_sig = fault_write(at, 1);
	if (tried->cow_sig || pfnmap_leaf(fd, at, &after))
		return;
	tried->copied = answer(after.flags & PFNMAP_TEST_LEAF_PRESENT &&
			       !(after.flags & PFNMAP_TEST_LEAF_SPECIAL) &&
			       after.pfn != before.pfn);
}

static int set_up(int fd, const struct ask *ask, size_t bytes)
{
	struct pfnmap_test_reserve reserve = {
		.region = ask->map.region, .cache_mode = ask->map.cache_mode, .bytes = bytes,
	};
	struct pfnmap_test_map map = ask->map;
	int err;

	err = pfnmap_set_map(fd, &map);
	if (!err && ask->reserve)
		err = pfnmap_reserve(fd, &reserve);
	return err;
}

static int map_and_look(int fd, const struct ask *ask, struct tried *tried)
{
	size_t bytes = PAGES * sysconf(_SC_PAGESIZE);
	uint32_t value;
	ssize_t before;
	void *at;
	int err;

	err = set_up(fd, ask, bytes);
	if (err)
		return err;
	before = count(fd, ask->start, bytes);
	at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, ask->private ? MAP_PRIVATE : MAP_SHARED,
		  fd, 0);
	if (at == MAP_FAILED)
		return -errno;
	tried->sig = fault_read(at, &value);
	look(fd, at, tried);
	tried->tracked = is_tracked(fd, at, ask->start, bytes, before);
	if (ask->private)
		write_private(fd, at, tried);
	return 0;
}

static void try_here(const struct ask *ask, struct tried *tried)
{
	int fd = pfnmap_open(ask->device, false, O_RDWR);

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
