// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program of the interface's first version, built with that version's header, which never
 * changes. With today's module the program must work as it did then. cmocka prints the result in
 * TAP.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

/* The header in this folder, not today's. */
#include "pfnmap_test.h"

#define BYTES	0x4000

static int fd;

/* A program of that time passes that time's size, and has other data behind the argument. */
#define CALL(_cmd, _arg)	call((_cmd), &(_arg), sizeof(_arg))

static int call(unsigned long cmd, void *arg, uint32_t size)
{
	unsigned char buffer[256];
	size_t i;
	int err;

	assert_in_range(size, 1, sizeof(buffer) / 2);
	memset(buffer, 0xa5, sizeof(buffer));
	memcpy(buffer, arg, size);
	memcpy(buffer, &size, sizeof(size));
	err = ioctl(fd, cmd, buffer) ? errno : 0;
	memcpy(arg, buffer, size);
	for (i = size; i < sizeof(buffer); i++)
		assert_int_equal(buffer[i], 0xa5);
	return err;
}

static int open_device(void **state)
{
	(void)state;
	fd = open(PFNMAP_TEST_DEVICE, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -1 : 0;
}

static int close_device(void **state)
{
	(void)state;
	return close(fd);
}

static struct pfnmap_test_info get_info(void)
{
	struct pfnmap_test_info info = { 0 };

	assert_int_equal(CALL(PFNMAP_TEST_GET_INFO, info), 0);
	assert_int_equal(info.size, sizeof(info));
	return info;
}

static void *map_region(uint32_t region)
{
	struct pfnmap_test_map map = {
		.region = region,
		.method = PFNMAP_TEST_METHOD_REMAP_PFN_RANGE,
		.cache_mode = PFNMAP_TEST_CACHE_WB,
		.level = PFNMAP_TEST_LEVEL_PTE,
	};
	void *at;

	if (!(get_info().regions & PFNMAP_TEST_BIT(region)))
		skip();
	assert_int_equal(CALL(PFNMAP_TEST_SET_MAP, map), 0);
	at = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(at, MAP_FAILED);
	return at;
}

static void info(void **state)
{
	struct pfnmap_test_info info = get_info();

	(void)state;
	assert_in_range(info.abi, PFNMAP_TEST_ABI, UINT32_MAX);
	assert_true(info.regions & PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_RAM));
	assert_true(info.methods & PFNMAP_TEST_BIT(PFNMAP_TEST_METHOD_VMF_INSERT_PFN));
	assert_true(info.cache_modes & PFNMAP_TEST_BIT(PFNMAP_TEST_CACHE_WB));
}

static void names(void **state)
{
	struct pfnmap_test_describe describe = {
		.kind = PFNMAP_TEST_KIND_METHOD,
		.id = PFNMAP_TEST_METHOD_REMAP_PFN_RANGE,
	};

	(void)state;
	assert_int_equal(CALL(PFNMAP_TEST_DESCRIBE, describe), 0);
	assert_string_equal(describe.name, "remap_pfn_range");
	describe.kind = PFNMAP_TEST_KIND_REGION;
	describe.id = PFNMAP_TEST_REGION_RAM;
	assert_int_equal(CALL(PFNMAP_TEST_DESCRIBE, describe), 0);
	assert_string_equal(describe.name, "ram");
	assert_in_range(describe.bytes, BYTES, UINT64_MAX);
	describe.id = UINT32_MAX;
	assert_int_equal(CALL(PFNMAP_TEST_DESCRIBE, describe), ENOENT);
}

static void mapping(void **state)
{
	struct pfnmap_test_leaf leaf = { 0 };
	struct pfnmap_test_vma vma = { 0 };
	struct pfnmap_test_zap zap = { .how = PFNMAP_TEST_ZAP_VMA, .bytes = BYTES };
	volatile uint32_t *word = map_region(PFNMAP_TEST_REGION_RAM);

	(void)state;
	*word = 0x12345678;
	assert_int_equal(*word, 0x12345678);
	leaf.address = (uintptr_t)word;
	vma.address = (uintptr_t)word;
	zap.start = (uintptr_t)word;

	assert_int_equal(CALL(PFNMAP_TEST_LEAF, leaf), 0);
	assert_true(leaf.flags & PFNMAP_TEST_LEAF_PRESENT);
	assert_int_equal(leaf.level, PFNMAP_TEST_LEVEL_PTE);
	assert_int_not_equal(leaf.pfn, 0);

	assert_int_equal(CALL(PFNMAP_TEST_VMA, vma), 0);
	assert_int_equal(vma.start, (uintptr_t)word);
	assert_int_equal(vma.end, (uintptr_t)word + BYTES);

	assert_int_equal(CALL(PFNMAP_TEST_ZAP, zap), 0);
	assert_int_equal(CALL(PFNMAP_TEST_LEAF, leaf), 0);
	assert_int_equal(leaf.flags, 0);
	munmap((void *)word, BYTES);
}

static void tracking(void **state)
{
	struct pfnmap_test_memtype_entry entries[16];
	struct pfnmap_test_memtype_list list = {
		.count = sizeof(entries) / sizeof(*entries),
		.entries = (uintptr_t)entries,
	};
	struct pfnmap_test_describe mmio = {
		.kind = PFNMAP_TEST_KIND_REGION,
		.id = PFNMAP_TEST_REGION_MMIO,
	};
	struct pfnmap_test_memtype lookup = { 0 };
	void *at;

	(void)state;
	if (!(get_info().flags & PFNMAP_TEST_INFO_MEMTYPE))
		skip();
	at = map_region(PFNMAP_TEST_REGION_MMIO);
	assert_int_equal(CALL(PFNMAP_TEST_DESCRIBE, mmio), 0);

	lookup.address = mmio.start;
	assert_int_equal(CALL(PFNMAP_TEST_MEMTYPE_LOOKUP, lookup), 0);
	assert_true(lookup.flags & PFNMAP_TEST_MEMTYPE_TRACKED);
	assert_int_equal(lookup.cache_mode, PFNMAP_TEST_CACHE_WB);
	assert_int_equal(lookup.start, mmio.start);
	assert_int_equal(lookup.end, mmio.start + BYTES);

	list.start = mmio.start;
	list.last = mmio.start + mmio.bytes - 1;
	assert_int_equal(CALL(PFNMAP_TEST_MEMTYPE_LIST, list), 0);
	assert_int_equal(list.count, 1);
	assert_int_equal(entries[0].start, mmio.start);
	assert_int_equal(entries[0].end, mmio.start + BYTES);
	munmap(at, BYTES);
}

static void reservation(void **state)
{
	struct pfnmap_test_reserve reserve = {
		.region = PFNMAP_TEST_REGION_MMIO,
		.cache_mode = PFNMAP_TEST_CACHE_WC,
		.bytes = BYTES,
	};
	struct pfnmap_test_release release = { 0 };
	struct pfnmap_test_info info = get_info();

	(void)state;
	if (!(info.flags & PFNMAP_TEST_INFO_PAT) ||
	    !(info.regions & PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_MMIO)))
		skip();
	assert_int_equal(CALL(PFNMAP_TEST_MEMTYPE_RESERVE, reserve), 0);
	assert_int_equal(reserve.cache_mode, PFNMAP_TEST_CACHE_WC);
	release.id = reserve.id;
	assert_int_equal(CALL(PFNMAP_TEST_MEMTYPE_RELEASE, release), 0);
	assert_int_equal(CALL(PFNMAP_TEST_MEMTYPE_RELEASE, release), ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(info, open_device, close_device),
		cmocka_unit_test_setup_teardown(names, open_device, close_device),
		cmocka_unit_test_setup_teardown(mapping, open_device, close_device),
		cmocka_unit_test_setup_teardown(tracking, open_device, close_device),
		cmocka_unit_test_setup_teardown(reservation, open_device, close_device),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("uapi-1", tests, NULL, NULL);
}
