// SPDX-License-Identifier: GPL-2.0-only
/* Fills in each ioctl's argument, calls the module, and returns a failure as -errno. */
#include "pfnmap_client.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#define LIST_BATCH	4096	/* entries of one call; memory that is not filled is not touched */

static int call(int fd, unsigned long request, void *arg)
{
	return ioctl(fd, request, arg) ? -errno : 0;
}

/**
 * pfnmap_open() - open the device
 * @path: device node, PFNMAP_TEST_DEVICE if NULL
 * @prepare: open PATH_prepare instead, the device with mmap_prepare
 * @oflags: O_RDONLY or O_RDWR
 *
 * Return: a file descriptor that exec closes, or -errno
 */
int pfnmap_open(const char *path, bool prepare, int oflags)
{
	char *beside = NULL;
	int fd;

	if (!path)
		path = prepare ? PFNMAP_TEST_DEVICE_PREPARE : PFNMAP_TEST_DEVICE;
	else if (prepare && asprintf(&beside, "%s_prepare", path) < 0)
		return -ENOMEM;

	fd = open(beside ? beside : path, oflags | O_CLOEXEC);
	if (fd < 0)
		fd = -errno;
	free(beside);
	return fd;
}

/**
 * pfnmap_get_info() - what the module can do on this kernel
 * @fd: open device
 * @info: filled in
 *
 * Return: 0 or -errno
 */
int pfnmap_get_info(int fd, struct pfnmap_test_info *info)
{
	*info = (struct pfnmap_test_info){ .size = sizeof(*info) };
	return call(fd, PFNMAP_TEST_GET_INFO, info);
}

/**
 * pfnmap_uncached() - what pgprot_noncached() makes on this architecture
 * @info: of pfnmap_get_info()
 *
 * Return: uncached where there is no uncached-minus, otherwise uncached-minus
 */
uint32_t pfnmap_uncached(const struct pfnmap_test_info *info)
{
	uint64_t both = PFNMAP_TEST_BIT(PFNMAP_TEST_CACHE_UC) |
			PFNMAP_TEST_BIT(PFNMAP_TEST_CACHE_UC_MINUS);

	return (info->cache_modes & both) == PFNMAP_TEST_BIT(PFNMAP_TEST_CACHE_UC) ?
	       PFNMAP_TEST_CACHE_UC : PFNMAP_TEST_CACHE_UC_MINUS;
}

/**
 * pfnmap_describe() - name and properties of one region, method, mode or level
 * @fd: open device
 * @kind: enum pfnmap_test_kind
 * @id: 1, 2, ... of that kind
 * @desc: filled in
 *
 * Return: 0, -ENOENT after the last, or another -errno
 */
int pfnmap_describe(int fd, uint32_t kind, uint32_t id, struct pfnmap_test_describe *desc)
{
	*desc = (struct pfnmap_test_describe){ .size = sizeof(*desc), .kind = kind, .id = id };
	return call(fd, PFNMAP_TEST_DESCRIBE, desc);
}

/**
 * pfnmap_set_map() - say how later mmaps of this open file are made
 * @fd: open device
 * @map: all but @map->size filled in by the caller
 *
 * Return: 0 or -errno
 */
int pfnmap_set_map(int fd, struct pfnmap_test_map *map)
{
	map->size = sizeof(*map);
	return call(fd, PFNMAP_TEST_SET_MAP, map);
}

/**
 * pfnmap_memtype_lookup() - what PAT holds of one physical page
 * @fd: open device
 * @address: any physical address in the page
 * @memtype: filled in
 *
 * Return: 0 or -errno
 */
int pfnmap_memtype_lookup(int fd, uint64_t address, struct pfnmap_test_memtype *memtype)
{
	*memtype = (struct pfnmap_test_memtype){ .size = sizeof(*memtype), .address = address };
	return call(fd, PFNMAP_TEST_MEMTYPE_LOOKUP, memtype);
}

/**
 * pfnmap_memtype_list_some() - as many reservations as there is room for
 * @fd: open device
 * @list: all but @list->size filled in by the caller; gets count, flags and key
 *
 * Return: 0 or -errno
 */
int pfnmap_memtype_list_some(int fd, struct pfnmap_test_memtype_list *list)
{
	list->size = sizeof(*list);
	return call(fd, PFNMAP_TEST_MEMTYPE_LIST, list);
}

/**
 * pfnmap_memtype_list() - all reservations that overlap a physical range
 * @fd: open device
 * @start: first address
 * @last: last address, inclusive
 * @entries: set to an array that the caller frees; NULL when there are none
 * @n: set to its length
 *
 * Return: 0; or -errno, and @entries is NULL
 */
int pfnmap_memtype_list(int fd, uint64_t start, uint64_t last,
			struct pfnmap_test_memtype_entry **entries, size_t *n)
{
	struct pfnmap_test_memtype_list list = { .start = start, .last = last };
	struct pfnmap_test_memtype_entry *all = NULL, *more;
	size_t have = 0;
	int err;

	*entries = NULL;
	*n = 0;
	do {
		more = reallocarray(all, have + LIST_BATCH, sizeof(*all));
		if (!more) {
			err = -ENOMEM;
			break;
		}
		all = more;
		list.count = LIST_BATCH;
		list.entries = (uintptr_t)(all + have);
		err = pfnmap_memtype_list_some(fd, &list);
		if (err)
			break;
		have += list.count;
	} while (list.flags & PFNMAP_TEST_LIST_MORE);

	if (err || !have) {
		free(all);
		return err;
	}
	*entries = all;
	*n = have;
	return 0;
}

/**
 * pfnmap_reserve() - hold a cache mode on part of a region
 * @fd: open device; closing it releases
 * @reserve: all but @reserve->size filled in by the caller; gets mode and id
 *
 * Return: 0 or -errno
 */
int pfnmap_reserve(int fd, struct pfnmap_test_reserve *reserve)
{
	reserve->size = sizeof(*reserve);
	return call(fd, PFNMAP_TEST_MEMTYPE_RESERVE, reserve);
}

/**
 * pfnmap_memremap() - make ZONE_DEVICE pages of part of a region
 * @fd: open device
 * @memremap: all but @memremap->size filled in by the caller; gets the id
 *
 * Return: 0 or -errno
 */
int pfnmap_memremap(int fd, struct pfnmap_test_memremap *memremap)
{
	memremap->size = sizeof(*memremap);
	return call(fd, PFNMAP_TEST_MEMREMAP_PAGES, memremap);
}

/**
 * pfnmap_release() - give back what pfnmap_reserve() got
 * @fd: the same open device
 * @id: from struct pfnmap_test_reserve
 *
 * Return: 0 or -errno
 */
int pfnmap_release(int fd, uint32_t id)
{
	struct pfnmap_test_release release = { .size = sizeof(release), .id = id };

	return call(fd, PFNMAP_TEST_MEMTYPE_RELEASE, &release);
}

/**
 * pfnmap_leaf() - the page-table entry behind an address of this process
 * @fd: open device
 * @address: any mapped address; it is not touched
 * @leaf: filled in
 *
 * Return: 0 or -errno
 */
int pfnmap_leaf(int fd, const void *address, struct pfnmap_test_leaf *leaf)
{
	*leaf = (struct pfnmap_test_leaf){
		.size = sizeof(*leaf), .address = (uintptr_t)address,
	};
	return call(fd, PFNMAP_TEST_LEAF, leaf);
}

/**
 * pfnmap_follow() - what the kernel's users of pfns see at an address of this process
 * @fd: open device
 * @address: any mapped address
 * @flags: PFNMAP_TEST_FOLLOW_FIXUP_*
 * @follow: filled in
 *
 * Return: 0 or -errno
 */
int pfnmap_follow(int fd, const void *address, uint32_t flags, struct pfnmap_test_follow *follow)
{
	*follow = (struct pfnmap_test_follow){
		.size = sizeof(*follow), .address = (uintptr_t)address, .flags = flags,
	};
	return call(fd, PFNMAP_TEST_FOLLOW, follow);
}

/**
 * pfnmap_calls() - calls of the operations of an open device's mappings since the last time
 * @fd: open device
 * @calls: filled in
 *
 * Return: 0 or -errno
 */
int pfnmap_calls(int fd, struct pfnmap_test_calls *calls)
{
	*calls = (struct pfnmap_test_calls){ .size = sizeof(*calls) };
	return call(fd, PFNMAP_TEST_CALLS, calls);
}

/**
 * pfnmap_vma() - the VMA around an address of this process
 * @fd: open device
 * @address: any mapped address
 * @vma: filled in
 *
 * Return: 0 or -errno
 */
int pfnmap_vma(int fd, const void *address, struct pfnmap_test_vma *vma)
{
	*vma = (struct pfnmap_test_vma){ .size = sizeof(*vma), .address = (uintptr_t)address };
	return call(fd, PFNMAP_TEST_VMA, vma);
}

/**
 * pfnmap_inspect() - what is behind an address of any process
 * @fd: open device
 * @pid: the process, or 0 for this one
 * @address: user address there
 * @inspect: filled in
 *
 * Return: 0 or -errno
 */
int pfnmap_inspect(int fd, uint32_t pid, uint64_t address, struct pfnmap_test_inspect *inspect)
{
	*inspect = (struct pfnmap_test_inspect){
		.size = sizeof(*inspect), .pid = pid, .address = address,
	};
	return call(fd, PFNMAP_TEST_INSPECT, inspect);
}

/**
 * pfnmap_zap() - empty page-table entries, keep the VMA
 * @fd: open device that was mapped
 * @zap: all but @zap->size filled in by the caller
 *
 * Return: 0 or -errno
 */
int pfnmap_zap(int fd, struct pfnmap_test_zap *zap)
{
	zap->size = sizeof(*zap);
	return call(fd, PFNMAP_TEST_ZAP, zap);
}

/**
 * pfnmap_set_enabled() - turn a region on or off, for mappings that ask
 * @fd: open device that was mapped
 * @region: enum pfnmap_test_region_id
 * @enabled: on; if not, all mappings of the open device are zapped too
 *
 * Return: 0 or -errno
 */
int pfnmap_set_enabled(int fd, uint32_t region, bool enabled)
{
	struct pfnmap_test_enabled arg = {
		.size = sizeof(arg), .region = region, .enabled = enabled,
	};

	return call(fd, PFNMAP_TEST_SET_ENABLED, &arg);
}

/**
 * pfnmap_folio() - the folio behind a page
 * @fd: open device
 * @region: enum pfnmap_test_region_id, or 0 for an address of this process
 * @address: offset in the region, or that address
 * @folio: filled in
 *
 * Return: 0 or -errno
 */
int pfnmap_folio(int fd, uint32_t region, uint64_t address, struct pfnmap_test_folio *folio)
{
	*folio = (struct pfnmap_test_folio){
		.size = sizeof(*folio), .region = region, .address = address,
	};
	return call(fd, PFNMAP_TEST_FOLIO, folio);
}

/**
 * pfnmap_pin() - pin pages of this process
 * @fd: open device; closing it unpins
 * @pin: all but @pin->size filled in by the caller; gets id, pfn and word
 *
 * Return: 0 or -errno
 */
int pfnmap_pin(int fd, struct pfnmap_test_pin *pin)
{
	pin->size = sizeof(*pin);
	return call(fd, PFNMAP_TEST_PIN, pin);
}

/**
 * pfnmap_unpin() - undo pfnmap_pin()
 * @fd: the same open device
 * @id: from struct pfnmap_test_pin
 *
 * Return: 0 or -errno
 */
int pfnmap_unpin(int fd, uint32_t id)
{
	struct pfnmap_test_unpin unpin = { .size = sizeof(unpin), .id = id };

	return call(fd, PFNMAP_TEST_UNPIN, &unpin);
}

/**
 * pfnmap_wait_idle() - wait until nobody has a reference to folios of a range
 * @fd: open device
 * @wait: all but @wait->size filled in by the caller
 *
 * Return: 0 or -errno
 */
int pfnmap_wait_idle(int fd, struct pfnmap_test_wait_idle *wait)
{
	wait->size = sizeof(*wait);
	return call(fd, PFNMAP_TEST_WAIT_IDLE, wait);
}

/**
 * pfnmap_word() - read or write 8 bytes of a region, as the kernel sees them
 * @fd: open device
 * @word: all but @word->size filled in by the caller; gets the value
 *
 * Return: 0 or -errno
 */
int pfnmap_word(int fd, struct pfnmap_test_word *word)
{
	word->size = sizeof(*word);
	return call(fd, PFNMAP_TEST_WORD, word);
}

/**
 * pfnmap_fail_next() - make the n-th point that this thread passes in the module fail
 * @fd: open device
 * @fail: @fail->nth filled in by the caller, 0 for none; gets the outcome of the last call
 *
 * Return: 0 or -errno
 */
int pfnmap_fail_next(int fd, struct pfnmap_test_fail *fail)
{
	fail->size = sizeof(*fail);
	return call(fd, PFNMAP_TEST_FAIL_NEXT, fail);
}
