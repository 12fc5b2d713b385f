// SPDX-License-Identifier: GPL-2.0-only
/* Cache modes by the short names that tables have room for. */
#include "ctl.h"

#include <string.h>

#include "array.h"

static const char * const short_names[] = {
	[PFNMAP_TEST_CACHE_WB] = "WB",
	[PFNMAP_TEST_CACHE_UC_MINUS] = "UC-",
	[PFNMAP_TEST_CACHE_UC] = "UC",
	[PFNMAP_TEST_CACHE_WC] = "WC",
	[PFNMAP_TEST_CACHE_WT] = "WT",
	[PFNMAP_TEST_CACHE_WP] = "WP",
};

/**
 * mode_short() - short name of a cache mode
 * @mode: enum pfnmap_test_cache_mode, or anything
 *
 * Return: the name, or NULL if there is no such mode
 */
const char *mode_short(uint32_t mode)
{
	return mode < ARRAY_SIZE(short_names) ? short_names[mode] : NULL;
}

/**
 * mode_by_short() - the cache mode of a short name
 * @name: the name, in letters of any case
 *
 * Return: enum pfnmap_test_cache_mode, or 0 if no mode has that name
 */
uint32_t mode_by_short(const char *name)
{
	uint32_t mode;

	for (mode = 1; mode < ARRAY_SIZE(short_names); mode++)
		if (!strcasecmp(short_names[mode], name))
			return mode;
	return 0;
}
