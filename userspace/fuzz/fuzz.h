/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fuzzer: operations at random, from a seed. An operation depends only on its number and on
 * the seed. Operations work on numbered places, with a mapping or without one. So the result of one
 * operation does not change which operations follow.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <catalog.h>
#include <pfnmap_test.h>

#define FILES		4
#define SLOTS		8
#define IOCTLS		21
#define SLOT_STRIDE	(4ULL << 30)
#define SLOT_ROOM	(3ULL << 30)	/* no operation reaches further into a slot */
#define POPULATE_MAX	(4UL << 20)	/* the most to populate: the kernel goes page by page */

/* The kinds of operations, which the fuzzer counts. The ioctls come first, by number. */
enum kind {
	KIND_NOISE = IOCTLS,
	KIND_OPEN,
	KIND_MMAP,
	KIND_MUNMAP,
	KIND_MREMAP,
	KIND_MPROTECT,
	KIND_MADVISE,
	KIND_MLOCK,
	KIND_READ,
	KIND_WRITE,
	KIND_FUTEX,
	KIND_CLEAR_REFS,
	KIND_USERFAULTFD,
	KIND_FORK,
	KIND_REAP,
	KINDS,
};

struct rng {
	uint64_t state;
};

uint64_t rng_next(struct rng *rng);
uint64_t rng_below(struct rng *rng, uint64_t n);
bool rng_one_in(struct rng *rng, uint64_t n);
uint64_t rng_bit_of(struct rng *rng, uint64_t mask);
struct rng rng_of(uint64_t seed, uint64_t number);

/* In memory shared with the children, whose operations count, too. */
struct counts {
	uint64_t operations;
	uint64_t in_children;
	uint64_t avoided;
	uint64_t done[KINDS];
	uint64_t succeeded[KINDS];
	uint32_t broken;
};

/*
 * A place for a mapping. An empty place has an address and a length all the same, but
 * nothing is mapped there.
 */
struct slot {
	char *home;
	char *at;
	size_t len;
	bool mapped;
	bool shared;
	bool known;	/* map says how the mapping was made; else it may be any mapping */
	int file;	/* -1: anonymous */
	uint64_t offset;
	struct pfnmap_test_map map;
};

struct fuzz {
	struct pfnmap_test_info info;
	struct catalog catalog;
	bool prepare_there;
	bool warnings_panic;
	unsigned int release;	/* major << 16 | minor */
	long page;
	uint64_t seed;
	bool verbose;
	bool child;
	uint32_t folio_level;	/* of most folios of dax, for now */
	int fds[FILES];
	bool prepare[FILES];
	struct slot slots[SLOTS];
	struct counts *counts;
};

extern struct fuzz fuzz;

/* What an operation is about to do, for the table of traps. */
struct intent {
	enum kind kind;
	const struct slot *slot;	/* NULL: any */
	bool part;			/* the VMA gets split */
	int prot;
	int advice;
};

void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void result(enum kind kind, long ret);
void broken(const char *format, ...) __attribute__((format(printf, 1, 2)));
bool avoid(const struct intent *intent);
const char *kind_name(enum kind kind);

const struct pfnmap_test_describe *region_of(uint32_t id);
uint32_t pick_id(struct rng *rng, uint32_t kind);
uint64_t pick_offset(struct rng *rng, uint64_t bytes);
uint64_t pick_bytes(struct rng *rng);
char *pick_address(struct rng *rng, const struct slot *slot);
uint32_t allowed_flags(void);
void pick_map(struct rng *rng, struct pfnmap_test_map *map, bool prepare);

void do_ioctl(struct rng *rng, bool noise);
void do_open(struct rng *rng);
void do_mmap(struct rng *rng);
void do_munmap(struct rng *rng);
void do_mremap(struct rng *rng);
void do_mprotect(struct rng *rng);
void do_madvise(struct rng *rng);
void do_mlock(struct rng *rng);
void do_access(struct rng *rng);
void do_futex(struct rng *rng);
void do_clear_refs(struct rng *rng);
void do_userfaultfd(struct rng *rng);
void do_fork(struct rng *rng);
void do_reap(struct rng *rng);
void one_operation(struct rng *rng);

void slot_empty(struct slot *slot);
void slot_touch(struct rng *rng, const struct slot *slot, char *address, bool write);
void children_end(void);
int guess_begin(void);
unsigned long guess_end(void);
void system_begin(void);
void system_end(void);

#endif
