// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ioctls: fills in arguments by what their fields mean. Noise replaces bytes of an argument.
 */
#include "fuzz.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include <array.h>
#include <fault.h>

#define FIELDS		10
#define LIST_ROOM	1024
#define IDS		3
#define TIMEOUT_MS	2
#define CANARY		64

enum meaning {
	NOTHING,
	/* of 32 bits */
	ZERO,		/* reserved */
	REGION,
	CACHE_MODE,
	FEW,		/* enumerations and flags with few values */
	FLAGS,		/* up to three */
	ID,		/* of a pin or reservation: the lowest free one is given */
	COUNT,
	TIMEOUT,
	/* of 64 bits */
	OFFSET,		/* in the region of the field before it */
	BYTES,
	LARGE_BYTES,	/* multiples of 2 MiB */
	ADDRESS,
	PHYSICAL,
	END,
	LIST_MEMORY,
	VALUE,
};

struct field {
	uint32_t at;
	enum meaning meaning;
};

#define F(_struct, _field, _meaning)	\
	{ offsetof(struct pfnmap_test_##_struct, _field), _meaning }

static const struct {
	const char *name;
	unsigned long request;
	uint32_t size;
	struct field fields[FIELDS];
} ioctls[IOCTLS] = {
	{ "GET_INFO", PFNMAP_TEST_GET_INFO, sizeof(struct pfnmap_test_info), { { 0 } } },
	{ "DESCRIBE", PFNMAP_TEST_DESCRIBE, sizeof(struct pfnmap_test_describe),
	  { F(describe, kind, FEW), F(describe, id, ID), F(describe, reserved, ZERO) } },
	{ "SET_MAP", PFNMAP_TEST_SET_MAP, sizeof(struct pfnmap_test_map), { { 0 } } },
	{ "MEMTYPE_LOOKUP", PFNMAP_TEST_MEMTYPE_LOOKUP, sizeof(struct pfnmap_test_memtype),
	  { F(memtype, address, PHYSICAL) } },
	{ "MEMTYPE_LIST", PFNMAP_TEST_MEMTYPE_LIST, sizeof(struct pfnmap_test_memtype_list),
	  { F(memtype_list, start, PHYSICAL), F(memtype_list, last, END),
	    F(memtype_list, key_skip, ZERO),
	    F(memtype_list, count, COUNT), F(memtype_list, entries, LIST_MEMORY) } },
	{ "MEMTYPE_RESERVE", PFNMAP_TEST_MEMTYPE_RESERVE, sizeof(struct pfnmap_test_reserve),
	  { F(reserve, region, REGION), F(reserve, cache_mode, CACHE_MODE),
	    F(reserve, offset, OFFSET), F(reserve, bytes, BYTES) } },
	{ "MEMTYPE_RELEASE", PFNMAP_TEST_MEMTYPE_RELEASE, sizeof(struct pfnmap_test_release),
	  { F(release, id, ID) } },
	{ "LEAF", PFNMAP_TEST_LEAF, sizeof(struct pfnmap_test_leaf),
	  { F(leaf, address, ADDRESS), F(leaf, reserved, ZERO) } },
	{ "VMA", PFNMAP_TEST_VMA, sizeof(struct pfnmap_test_vma), { F(vma, address, ADDRESS) } },
	{ "ZAP", PFNMAP_TEST_ZAP, sizeof(struct pfnmap_test_zap),
	  { F(zap, how, FEW), F(zap, flags, FEW), F(zap, reserved, ZERO),
	    F(zap, start, ADDRESS), F(zap, bytes, BYTES) } },
	{ "FOLIO", PFNMAP_TEST_FOLIO, sizeof(struct pfnmap_test_folio),
	  { F(folio, region, REGION), F(folio, address, OFFSET) } },
	{ "PIN", PFNMAP_TEST_PIN, sizeof(struct pfnmap_test_pin),
	  { F(pin, how, FEW), F(pin, flags, FLAGS), F(pin, address, ADDRESS),
	    F(pin, bytes, BYTES) } },
	{ "UNPIN", PFNMAP_TEST_UNPIN, sizeof(struct pfnmap_test_unpin), { F(unpin, id, ID) } },
	{ "WORD", PFNMAP_TEST_WORD, sizeof(struct pfnmap_test_word),
	  { F(word, region, REGION), F(word, flags, FEW), F(word, reserved, ZERO),
	    F(word, offset, OFFSET), F(word, value, VALUE) } },
	{ "MEMREMAP_PAGES", PFNMAP_TEST_MEMREMAP_PAGES, sizeof(struct pfnmap_test_memremap),
	  { F(memremap, region, REGION), F(memremap, reserved, ZERO),
	    F(memremap, offset, LARGE_BYTES), F(memremap, bytes, LARGE_BYTES) } },
	{ "SET_ENABLED", PFNMAP_TEST_SET_ENABLED, sizeof(struct pfnmap_test_enabled),
	  { F(enabled, region, REGION), F(enabled, enabled, FEW), F(enabled, reserved, ZERO) } },
	{ "WAIT_IDLE", PFNMAP_TEST_WAIT_IDLE, sizeof(struct pfnmap_test_wait_idle),
	  { F(wait_idle, region, REGION), F(wait_idle, offset, OFFSET), F(wait_idle, bytes, BYTES),
	    F(wait_idle, timeout_ms, TIMEOUT), F(wait_idle, reserved, ZERO) } },
	{ "FAIL_NEXT", PFNMAP_TEST_FAIL_NEXT, sizeof(struct pfnmap_test_fail),
	  { F(fail, nth, ID) } },
	{ "FOLLOW", PFNMAP_TEST_FOLLOW, sizeof(struct pfnmap_test_follow),
	  { F(follow, flags, FEW), F(follow, address, ADDRESS) } },
	{ "CALLS", PFNMAP_TEST_CALLS, sizeof(struct pfnmap_test_calls),
	  { F(calls, reserved, ZERO) } },
	{ "INSPECT", PFNMAP_TEST_INSPECT, sizeof(struct pfnmap_test_inspect),
	  { F(inspect, pid, FEW), F(inspect, address, ADDRESS) } },
};

/*
 * The errnos of the uapi header, and those that the kernel gives a pin: EEXIST if an entry
 * is special, EAGAIN if the kernel can't move a page out of the way.
 */
static const int documented[] = {
	ENOTTY, EINVAL, E2BIG, EFAULT, ENXIO, EBUSY, EOVERFLOW, EOPNOTSUPP, EPERM,
	ENOENT, ENODATA, ETIMEDOUT, EINTR, ENOMEM, EAGAIN, EEXIST, ESRCH, EACCES,
};

static struct pfnmap_test_memtype_entry list_memory[LIST_ROOM];

/**
 * kind_name() - name a kind of operation, for display
 * @kind: the kind
 *
 * Return: the ioctl without its prefix, or the system call
 */
const char *kind_name(enum kind kind)
{
	static const char * const names[] = {
		[KIND_NOISE] = "noise", [KIND_OPEN] = "open", [KIND_MMAP] = "mmap",
		[KIND_MUNMAP] = "munmap", [KIND_MREMAP] = "mremap",
		[KIND_MPROTECT] = "mprotect", [KIND_MADVISE] = "madvise",
		[KIND_MLOCK] = "mlock", [KIND_READ] = "read", [KIND_WRITE] = "write",
		[KIND_FUTEX] = "futex", [KIND_CLEAR_REFS] = "clear_refs",
		[KIND_USERFAULTFD] = "userfaultfd",
		[KIND_FORK] = "fork", [KIND_REAP] = "reap",
	};

	return (int)kind < IOCTLS ? ioctls[kind].name : names[kind];
}

static uint64_t value_of(struct rng *rng, enum meaning meaning, const struct slot *slot,
			 const struct pfnmap_test_describe *region)
{
	uint64_t bytes = region ? region->bytes : 0;
	uint64_t start = region ? region->start : 0;
	uint64_t pmd = 2ULL << 20;

	switch (meaning) {
	case CACHE_MODE:
		return pick_id(rng, PFNMAP_TEST_KIND_CACHE_MODE);
	case FEW:
		return rng_below(rng, 4);
	case FLAGS:
		return rng_below(rng, 8);
	case ID:
		return 1 + rng_below(rng, IDS);
	case OFFSET:
		return pick_offset(rng, bytes);
	case BYTES:
		return pick_bytes(rng);
	case LARGE_BYTES:
		return rng_below(rng, 3) * pmd;
	case ADDRESS:
		return (uintptr_t)pick_address(rng, slot);
	case PHYSICAL:
		return start + pick_offset(rng, bytes);
	case END:
		return rng_one_in(rng, 4) ? start + pick_offset(rng, bytes) : UINT64_MAX;
	case COUNT:
		return rng_one_in(rng, 4) ? rng_below(rng, 4) : LIST_ROOM;
	case LIST_MEMORY:
		return (uintptr_t)(rng_one_in(rng, 8) ? slot->at : (char *)list_memory);
	case TIMEOUT:
		return 1 + rng_below(rng, TIMEOUT_MS);
	case VALUE:
		return rng_next(rng);
	case NOTHING:
	case ZERO:
	case REGION:
		break;
	}
	return 0;
}

static void put(uint8_t *arg, const struct field *field, uint64_t value)
{
	memcpy(arg + field->at, &value, field->meaning < OFFSET ? 4 : 8);
}

/* ZAP's start is an address, or by mapping an offset in the file. */
static bool is_file_offset(unsigned int nr, const uint8_t *arg, const struct field *field)
{
	const struct pfnmap_test_zap *zap = (const void *)arg;

	return nr == _IOC_NR(PFNMAP_TEST_ZAP) && field->meaning == ADDRESS &&
	       zap->how == PFNMAP_TEST_ZAP_MAPPING;
}

static void fill(struct rng *rng, uint8_t *arg, unsigned int nr, const struct slot *slot)
{
	const struct pfnmap_test_describe *region = region_of(PFNMAP_TEST_REGION_MMIO);
	const struct field *field;
	uint64_t value;

	for (field = ioctls[nr].fields; field->meaning != NOTHING; field++) {
		if (field->meaning == REGION) {
			value = rng_below(rng, PFNMAP_TEST_REGION_DAX + 1);
			region = region_of(value);
		} else if (nr == _IOC_NR(PFNMAP_TEST_FOLIO) && field->meaning == OFFSET &&
			   !region) {
			value = value_of(rng, ADDRESS, slot, region);
		} else if (is_file_offset(nr, arg, field)) {
			value = value_of(rng, OFFSET, slot, region_of(slot->map.region));
		} else {
			value = value_of(rng, field->meaning, slot, region);
		}
		put(arg, field, value);
	}
}

/*
 * Chance must not decide where the module writes a list, nor how long the module waits: the
 * fuzzer's own memory and time are at stake. allowed_flags() decides which flags SET_MAP gets.
 */
static void tame(struct rng *rng, uint8_t *arg, unsigned int nr, const struct slot *slot)
{
	struct pfnmap_test_map *map = (void *)arg;
	const struct field *field;

	if (nr == _IOC_NR(PFNMAP_TEST_SET_MAP))
		map->flags &= allowed_flags();
	for (field = ioctls[nr].fields; field->meaning != NOTHING; field++)
		if (field->meaning == LIST_MEMORY || field->meaning == TIMEOUT ||
		    (field->meaning == COUNT && nr == _IOC_NR(PFNMAP_TEST_MEMTYPE_LIST)))
			put(arg, field, value_of(rng, field->meaning, slot, NULL));
}

static void mutate(struct rng *rng, uint8_t *arg, uint32_t bytes)
{
	unsigned int n = 1 + rng_below(rng, 4);
	uint32_t at;

	while (n--) {
		at = rng_below(rng, bytes);
		arg[at] = rng_one_in(rng, 2) ? rng_next(rng) : arg[at] ^ 1U << rng_below(rng, 8);
	}
}

/* The size that the argument claims to have. */
static uint32_t pick_size(struct rng *rng, uint32_t size)
{
	switch (rng_below(rng, 8)) {
	case 0:
		return rng_below(rng, size + 1);
	case 1:
		return fuzz.page + rng_below(rng, 8);
	case 2:
		return rng_next(rng);
	default:
		return size + 8 * rng_below(rng, 4);
	}
}

/* Copies the argument into a mapping of ours, as far as we may write to the mapping. */
static void *move_into(const struct slot *slot, const uint8_t *arg, uint32_t size)
{
	uint32_t word, i;

	for (i = 0; i + sizeof(word) <= size; i += sizeof(word)) {
		memcpy(&word, arg + i, sizeof(word));
		if (fault_write(slot->at + i, word))
			break;
	}
	return slot->at;
}

static void check_errno(const char *name, int err)
{
	size_t i;

	if (!err)
		return;
	for (i = 0; i < ARRAY_SIZE(documented); i++)
		if (documented[i] == err)
			return;
	broken("%s: errno %d is not one that the interface knows", name, err);
}

static void describe(const uint8_t *arg, uint32_t size)
{
	uint32_t i;

	for (i = 0; fuzz.verbose && i < size; i++)
		say("%s%02x", i % 4 ? "" : " ", arg[i]);
}

/* The module must not write past the argument, and after a failure nothing at all. */
static void check_written(const uint8_t *arg, const uint8_t *before, uint32_t size, int err,
			  const char *name)
{
	if (memcmp(arg + size, before + size, CANARY))
		broken("%s: wrote past its argument", name);
	if (err && memcmp(arg, before, size))
		broken("%s: failed and wrote to its argument", name);
}

/**
 * do_ioctl() - call one of the ioctls
 * @rng: generator of the operation
 * @noise: replace bytes of the argument
 */
void do_ioctl(struct rng *rng, bool noise)
{
	static uint8_t arg[2 * 4096 + CANARY], before[sizeof(arg)];
	unsigned int nr = rng_below(rng, IOCTLS);
	const struct slot *slot = &fuzz.slots[rng_below(rng, SLOTS)];
	unsigned int file = rng_below(rng, FILES);
	unsigned long request = ioctls[nr].request;
	uint32_t size = ioctls[nr].size, n;
	void *where = arg;
	int ret, err;

	/* Mostly take the file that the slot maps. */
	if (slot->file >= 0 && !rng_one_in(rng, 4))
		file = slot->file;
	memset(arg, 0, sizeof(arg));
	if (nr == _IOC_NR(PFNMAP_TEST_SET_MAP))
		pick_map(rng, (void *)arg, fuzz.prepare[file]);
	else
		fill(rng, arg, nr, slot);
	n = size;
	if (noise) {
		mutate(rng, arg, size);
		n = rng_one_in(rng, 2) ? pick_size(rng, size) : size;
		tame(rng, arg, nr, slot);
		if (rng_one_in(rng, 32))
			request = rng_next(rng);
		else if (rng_one_in(rng, 32))
			request ^= 1UL << rng_below(rng, 32);
	}
	memcpy(arg, &n, sizeof(n));
	/* In a mapping, others could still change what tame() has set: a timeout, an address. */
	if (noise && nr != _IOC_NR(PFNMAP_TEST_WAIT_IDLE) &&
	    nr != _IOC_NR(PFNMAP_TEST_MEMTYPE_LIST))
		switch (rng_below(rng, 16)) {
		case 0:
			where = move_into(slot, arg, size);
			break;
		case 1:
			where = NULL;
			break;
		case 2:
			where = (void *)(uintptr_t)0xffff888000000000;
			break;
		}

	say("%s file%u", noise ? "noise" : ioctls[nr].name, file);
	if (noise)
		say(" nr=%#lx%s", request, where == arg ? "" : where ? " elsewhere" : " null");
	describe(arg, size);
	memcpy(before, arg, size + CANARY);
	ret = ioctl(fuzz.fds[file], request, where);
	err = ret ? errno : 0;
	result(noise ? KIND_NOISE : (enum kind)nr, -err);
	if (request != ioctls[nr].request)
		return;
	check_errno(ioctls[nr].name, err);
	if (where == arg)
		check_written(arg, before, size, err, ioctls[nr].name);
}
