/* SPDX-License-Identifier: GPL-2.0-only */
/* All names that the module knows, read once. */
#ifndef CATALOG_H
#define CATALOG_H

#include <stddef.h>
#include <stdint.h>

#include <pfnmap_test.h>

struct catalog {
	struct pfnmap_test_describe *items;
	size_t n;
};

int catalog_load(struct catalog *catalog, int fd);
void catalog_free(struct catalog *catalog);
uint32_t catalog_count(const struct catalog *catalog, uint32_t kind);
const struct pfnmap_test_describe *catalog_next(const struct catalog *catalog, uint32_t kind,
						const struct pfnmap_test_describe *item);
const struct pfnmap_test_describe *catalog_by_id(const struct catalog *catalog, uint32_t kind,
						 uint32_t id);
const struct pfnmap_test_describe *catalog_by_name(const struct catalog *catalog, uint32_t kind,
						   const char *name);
const struct pfnmap_test_describe *catalog_region_of(const struct catalog *catalog, uint64_t start);
const char *catalog_name(const struct catalog *catalog, uint32_t kind, uint32_t id);
char *catalog_mask(const struct catalog *catalog, uint32_t kind, uint64_t mask);

#endif
