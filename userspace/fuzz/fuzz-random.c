// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random numbers, and random arguments made of them. Most arguments may succeed, for the
 * kernel refuses junk early. A few arguments are junk.
 */
#include "fuzz.h"

#include <level.h>

#define JUNK_ONE_IN	24
#define NEAR_PAGES	64
#define ANEW_ONE_IN	128

static uint64_t mix(uint64_t x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9;
	x ^= x >> 27;
	x *= 0x94d049bb133111eb;
	return x ^ x >> 31;
}

/**
 * rng_next() - the next number (splitmix64)
 * @rng: generator
 *
 * Return: 64 random bits
 */
uint64_t rng_next(struct rng *rng)
{
	rng->state += 0x9e3779b97f4a7c15;
	return mix(rng->state);
}

/**
 * rng_of() - a generator of its own for each operation
 * @seed: of the run, or of an operation whose parts are operations too
 * @number: of the operation
 *
 * Return: the generator
 */
struct rng rng_of(uint64_t seed, uint64_t number)
{
	return (struct rng){ mix(seed) ^ mix(number + 1) };
}

/**
 * rng_below() - a number of a range
 * @rng: generator
 * @n: end of the range, not 0
 *
 * Return: 0 to @n - 1
 */
uint64_t rng_below(struct rng *rng, uint64_t n)
{
	return rng_next(rng) % n;
}

/**
 * rng_one_in() - return true now and then
 * @rng: generator
 * @n: how rare
 *
 * Return: true once in @n times
 */
bool rng_one_in(struct rng *rng, uint64_t n)
{
	return !rng_below(rng, n);
}

/**
 * rng_bit_of() - one of the bits of a mask
 * @rng: generator
 * @mask: the bits, as by PFNMAP_TEST_BIT()
 *
 * Return: the number of a bit that is set; 0 if none is
 */
uint64_t rng_bit_of(struct rng *rng, uint64_t mask)
{
	uint64_t n = rng_below(rng, 64);

	if (!mask)
		return 0;
	while (!(mask & PFNMAP_TEST_BIT(n)))
		n = (n + 1) % 64;
	return n;
}

/**
 * region_of() - find a region, if it is there
 * @id: enum pfnmap_test_region_id, or anything
 *
 * Return: its description, or NULL
 */
const struct pfnmap_test_describe *region_of(uint32_t id)
{
	const struct pfnmap_test_describe *region;

	region = catalog_by_id(&fuzz.catalog, PFNMAP_TEST_KIND_REGION, id);
	return region && !region->error ? region : NULL;
}

/**
 * pick_id() - an id that the module has a name for
 * @rng: generator
 * @kind: enum pfnmap_test_kind
 *
 * Picks also ids of methods, regions and modes that this kernel lacks.
 *
 * Return: the number in that kind
 */
uint32_t pick_id(struct rng *rng, uint32_t kind)
{
	return 1 + rng_below(rng, catalog_count(&fuzz.catalog, kind));
}

/**
 * pick_offset() - an offset in a region
 * @rng: generator
 * @bytes: size of the region
 *
 * Picks near the start, near 2 MiB, near the end or past it: where bounds matter, and where
 * mappings meet.
 *
 * Return: the offset
 */
uint64_t pick_offset(struct rng *rng, uint64_t bytes)
{
	uint64_t near = rng_below(rng, NEAR_PAGES) * fuzz.page;
	uint64_t pmd = level_leaf(PFNMAP_TEST_LEVEL_PMD);
	uint64_t choice = rng_below(rng, JUNK_ONE_IN * 2);
	uint64_t junk = rng_next(rng);

	if (choice == 0)
		return junk;
	if (choice == 1)
		return junk & -fuzz.page;
	if (choice == 2)
		return bytes + near;
	if (choice < 6)
		return bytes - fuzz.page - near;
	if (choice < 16)
		return 0;
	if (choice < 28)
		return junk % 4 * pmd;
	if (choice < 32)
		return junk % 4 * pmd + near;
	return near;
}

/**
 * pick_bytes() - a size
 * @rng: generator
 *
 * Return: a few pages, mostly
 */
uint64_t pick_bytes(struct rng *rng)
{
	uint64_t choice = rng_below(rng, 128);
	uint64_t junk = rng_next(rng);

	if (choice == 0)
		return junk;
	if (choice == 1)
		return 0;
	if (choice == 2)
		return junk % NEAR_PAGES;
	if (choice < 16)
		return (1 + junk % 2) * level_leaf(PFNMAP_TEST_LEVEL_PMD);
	if (choice < 48)
		return fuzz.page;
	return (1 + junk % 16) * fuzz.page;
}

/**
 * pick_address() - a user address, mostly
 * @rng: generator
 * @slot: the mapping that has the address, mostly
 *
 * Return: the address
 */
char *pick_address(struct rng *rng, const struct slot *slot)
{
	uint64_t choice = rng_below(rng, JUNK_ONE_IN);
	uint64_t junk = rng_next(rng);
	uint64_t pages = slot->len / fuzz.page;

	if (choice == 0)
		return (char *)(uintptr_t)junk;
	if (choice == 1)
		return NULL;
	if (choice == 2)
		return (char *)(uintptr_t)(junk | 0xffff800000000000);
	if (choice == 3)
		return slot->at + junk % slot->len;
	if (choice < 12 || !pages)
		return slot->at;
	if (choice < 20 && pages > NEAR_PAGES)
		return slot->at + junk % NEAR_PAGES * fuzz.page;
	return slot->at + junk % pages * fuzz.page;
}

/**
 * allowed_flags() - what SET_MAP may be asked for
 *
 * Before 6.16 the kernel leaks what a mapping with NARROWED reserves (tracking-fail.bats).
 *
 * Return: mask of PFNMAP_TEST_MAP_*, and of bits that are no flag
 */
uint32_t allowed_flags(void)
{
	if (fuzz.info.flags & PFNMAP_TEST_INFO_TRACK_CTX)
		return UINT32_MAX;
	return ~(uint32_t)PFNMAP_TEST_MAP_NARROWED;
}

/**
 * pick_map() - an argument of SET_MAP
 * @rng: generator
 * @map: filled in
 * @prepare: for the device with mmap_prepare
 */
void pick_map(struct rng *rng, struct pfnmap_test_map *map, bool prepare)
{
	const struct pfnmap_test_describe *method;
	bool here, anew;
	int tries;

	for (tries = 0; tries < 8; tries++) {
		map->method = pick_id(rng, PFNMAP_TEST_KIND_METHOD);
		method = catalog_by_id(&fuzz.catalog, PFNMAP_TEST_KIND_METHOD, map->method);
		here = method && !method->error &&
		       !(method->flags & PFNMAP_TEST_DESC_PREPARE) == !prepare;
		anew = method && method->flags & PFNMAP_TEST_DESC_FOLIO &&
		       !(method->levels & PFNMAP_TEST_BIT(fuzz.folio_level));
		if (here && (!anew || rng_one_in(rng, ANEW_ONE_IN)))
			break;
		if (rng_one_in(rng, JUNK_ONE_IN) && !anew)
			break;
	}
	map->size = sizeof(*map);
	map->region = rng_bit_of(rng, method ? method->regions : 0);
	map->level = rng_bit_of(rng, method ? method->levels : 0);
	if (method && method->flags & PFNMAP_TEST_DESC_FOLIO &&
	    method->levels & PFNMAP_TEST_BIT(fuzz.folio_level))
		map->level = fuzz.folio_level;
	map->cache_mode = pick_id(rng, PFNMAP_TEST_KIND_CACHE_MODE);
	map->flags = 0;
	map->chunk_bytes = 0;
	if (method && rng_one_in(rng, 4))
		map->flags = rng_next(rng) & method->map_flags;
	map->flags &= allowed_flags();
	if (map->flags & PFNMAP_TEST_MAP_CHUNKED)
		map->chunk_bytes = (1 + rng_below(rng, 4)) * fuzz.page;
}
