// SPDX-License-Identifier: GPL-2.0-only
/* Computes what a leaf of each level maps, and picks a level of a method. */
#include "level.h"

#include <unistd.h>

#include <pfnmap_test.h>

#define ENTRIES_SHIFT	9	/* of a table, where there are three levels or more */
#define SMALL_PAGES	4

/**
 * level_leaf() - how much one entry maps
 * @level: enum pfnmap_test_level
 *
 * Return: its size in bytes
 */
size_t level_leaf(uint32_t level)
{
	return (size_t)sysconf(_SC_PAGESIZE) << ENTRIES_SHIFT * (level - PFNMAP_TEST_LEVEL_PTE);
}

/**
 * level_bytes() - choose a size to try a level with: a few pages, or one larger leaf
 * @level: enum pfnmap_test_level
 *
 * Return: the size in bytes
 */
size_t level_bytes(uint32_t level)
{
	size_t leaf = level_leaf(level);

	return level == PFNMAP_TEST_LEVEL_PTE ? SMALL_PAGES * leaf : leaf;
}

/**
 * level_lowest() - lowest level of a method
 * @levels: mask, as in struct pfnmap_test_describe
 *
 * Return: enum pfnmap_test_level
 */
uint32_t level_lowest(uint64_t levels)
{
	uint32_t level;

	for (level = PFNMAP_TEST_LEVEL_PTE; level < PFNMAP_TEST_LEVEL_PUD; level++)
		if (levels & PFNMAP_TEST_BIT(level))
			break;
	return levels & PFNMAP_TEST_BIT(level) ? level : PFNMAP_TEST_LEVEL_PTE;
}

/**
 * level_fitting() - highest level of a method that a region has room for
 * @levels: mask, as in struct pfnmap_test_describe
 * @bytes: size of the region
 *
 * Return: enum pfnmap_test_level, or 0
 */
uint32_t level_fitting(uint64_t levels, uint64_t bytes)
{
	uint32_t level;

	for (level = PFNMAP_TEST_LEVEL_PUD; level; level--)
		if (levels & PFNMAP_TEST_BIT(level) && level_bytes(level) <= bytes)
			return level;
	return 0;
}
