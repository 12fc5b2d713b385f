// SPDX-License-Identifier: GPL-2.0-only
/*
 * Notes the memtype tree at the beginning. Checks at the end that the tree is the same, and that
 * nobody holds the regions' pages any more.
 */
#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <pfnmap_client.h>
#include <text.h>

/* A low address, where the kernel places no mapping of its own choice. */
#define ARENA		((char *)0x1000000000)
#define SETTLE_MS	3000
#define LOOK_AGAIN_MS	20

static struct pfnmap_test_memtype_entry *entries;
static size_t n_entries;

static void die(const char *what, int err)
{
	fprintf(stderr, "pfnmap-fuzz: %s: %s\n", what, text_errno(err));
	exit(err == -ENOENT ? 4 : 1);
}

static bool read_flag(const char *path)
{
	FILE *file = fopen(path, "re");
	int value = 0;

	if (!file)
		return false;
	if (fscanf(file, "%d", &value) != 1)
		value = 0;
	fclose(file);
	return value;
}

static void arena_begin(void)
{
	struct slot *slot;
	void *got;
	int i;

	got = mmap(ARENA, SLOTS * SLOT_STRIDE, PROT_NONE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
	if (got != ARENA)
		die("room for mappings", got == MAP_FAILED ? -errno : -EEXIST);
	if (munmap(ARENA, SLOTS * SLOT_STRIDE))
		die("munmap", -errno);
	for (i = 0; i < SLOTS; i++) {
		slot = &fuzz.slots[i];
		slot->home = ARENA + i * SLOT_STRIDE;
		slot_empty(slot);
	}
}

/**
 * system_begin() - learn what the kernel has, and open files
 */
void system_begin(void)
{
	unsigned int major = 0, minor = 0;
	struct utsname name;
	int i, err;

	fuzz.page = sysconf(_SC_PAGESIZE);
	fuzz.prepare_there = !access(PFNMAP_TEST_DEVICE_PREPARE, F_OK);
	fuzz.warnings_panic = read_flag("/proc/sys/kernel/panic_on_warn");
	if (!uname(&name) && sscanf(name.release, "%u.%u", &major, &minor) == 2)
		fuzz.release = major << 16 | minor;
	for (i = 0; i < FILES; i++) {
		fuzz.prepare[i] = fuzz.prepare_there && i % 2;
		fuzz.fds[i] = pfnmap_open(NULL, fuzz.prepare[i], O_RDWR);
		if (fuzz.fds[i] < 0)
			die(PFNMAP_TEST_DEVICE, fuzz.fds[i]);
	}
	err = pfnmap_get_info(fuzz.fds[0], &fuzz.info);
	if (!err)
		err = catalog_load(&fuzz.catalog, fuzz.fds[0]);
	if (!err && fuzz.info.flags & PFNMAP_TEST_INFO_MEMTYPE)
		err = pfnmap_memtype_list(fuzz.fds[0], 0, UINT64_MAX, &entries, &n_entries);
	if (err)
		die("what the module can do", err);
	arena_begin();
}

static const char *tree_differs(int fd)
{
	struct pfnmap_test_memtype_entry *now;
	bool same;
	size_t n;

	if (!(fuzz.info.flags & PFNMAP_TEST_INFO_MEMTYPE))
		return NULL;
	if (pfnmap_memtype_list(fd, 0, UINT64_MAX, &now, &n))
		return "the memtype tree can't be read";
	same = n == n_entries && (!n || !memcmp(now, entries, n * sizeof(*now)));
	free(now);
	return same ? NULL : "the memtype tree is not as it was";
}

static const char *ram_held(int fd)
{
	const struct pfnmap_test_describe *ram = region_of(PFNMAP_TEST_REGION_RAM);
	struct pfnmap_test_folio folio;
	uint64_t at;

	for (at = 0; ram && at < ram->bytes; at += fuzz.page) {
		if (pfnmap_folio(fd, PFNMAP_TEST_REGION_RAM, at, &folio))
			return "a page of ram can't be looked at";
		if (folio.refs != 1 || folio.mapcount)
			return "a page of ram is held by somebody";
	}
	return NULL;
}

static const char *dax_held(int fd)
{
	const struct pfnmap_test_describe *dax = region_of(PFNMAP_TEST_REGION_DAX);
	struct pfnmap_test_wait_idle wait = {
		.region = PFNMAP_TEST_REGION_DAX, .timeout_ms = LOOK_AGAIN_MS,
	};

	if (!dax)
		return NULL;
	wait.bytes = dax->bytes;
	return pfnmap_wait_idle(fd, &wait) ? "a page of dax is held by somebody" : NULL;
}

/* Looks more than once: the kernel does some of its work later. */
static void settle(int fd, const char *(*wrong)(int fd))
{
	const struct timespec again = { .tv_nsec = LOOK_AGAIN_MS * 1000000L };
	const char *what = wrong(fd);
	int ms;

	for (ms = 0; what && ms < SETTLE_MS; ms += LOOK_AGAIN_MS) {
		nanosleep(&again, NULL);
		what = wrong(fd);
	}
	if (what)
		broken("%s", what);
}

/**
 * system_end() - let go of everything, and see if nothing is left
 */
void system_end(void)
{
	int i, fd;

	children_end();
	for (i = 0; i < SLOTS; i++)
		slot_empty(&fuzz.slots[i]);
	for (i = 0; i < FILES; i++)
		close(fuzz.fds[i]);
	fd = pfnmap_open(NULL, false, O_RDWR);
	if (fd < 0)
		die(PFNMAP_TEST_DEVICE, fd);
	settle(fd, tree_differs);
	settle(fd, ram_held);
	settle(fd, dax_held);
	close(fd);
	catalog_free(&fuzz.catalog);
	free(entries);
}
