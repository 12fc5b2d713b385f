// SPDX-License-Identifier: GPL-2.0-only
/* What to try: every method, region, cache mode and kind of mapping. */
#include "atlas.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "level.h"

/* True if the user named this item, or no item of its kind. */
static bool wanted(const char *name, const struct pfnmap_test_describe *item)
{
	return !name || !strcmp(name, item->name);
}

static int add(struct atlas *atlas, const struct ask *ask)
{
	struct row *more = reallocarray(atlas->rows, atlas->n + 1, sizeof(*more));

	if (!more)
		return fail(ENOMEM, NULL, "%zu rows", atlas->n);
	atlas->rows = more;
	more[atlas->n++] = (struct row){ .ask = *ask };
	return 0;
}

static int add_modes(struct atlas *atlas, struct ask *ask)
{
	const struct pfnmap_test_describe *mode = NULL;
	int status = 0;

	while (!status &&
	       (mode = catalog_next(&atlas->device.catalog, PFNMAP_TEST_KIND_CACHE_MODE, mode))) {
		if (!wanted(atlas->mode, mode))
			continue;
		ask->map.cache_mode = mode->id;
		status = add(atlas, ask);
	}
	return status;
}

/* Adds a shared row, write-back, in a VMA with VM_IO: GUP refuses the pages of such a VMA. */
static int add_io(struct atlas *atlas, struct ask *ask)
{
	const struct pfnmap_test_describe *mode;
	int status;

	mode = catalog_by_id(&atlas->device.catalog, PFNMAP_TEST_KIND_CACHE_MODE,
			     PFNMAP_TEST_CACHE_WB);
	if (!(ask->method->map_flags & PFNMAP_TEST_MAP_IO) || !mode ||
	    !wanted(atlas->mode, mode))
		return 0;
	ask->reserve = false;
	ask->private = false;
	ask->map.cache_mode = mode->id;
	ask->map.flags = PFNMAP_TEST_MAP_IO;
	status = add(atlas, ask);
	ask->map.flags = 0;
	return status;
}

/*
 * Adds a shared, a private and a VM_IO row. If the user asks for reserved modes, adds the shared
 * and the private one again, with the mode held.
 */
static int add_region(struct atlas *atlas, struct ask *ask)
{
	int reserve, private, status = 0;

	ask->map.region = ask->region->id;
	ask->map.level = level_fitting(ask->method->levels, ask->region->bytes);
	if (!ask->map.level)
		ask->map.level = PFNMAP_TEST_LEVEL_PTE;
	ask->bytes = level_bytes(ask->map.level);
	if (!(ask->method->levels & PFNMAP_TEST_BIT(ask->map.level)))
		ask->map.level = level_lowest(ask->method->levels);

	for (reserve = 0; reserve <= atlas->reserved; reserve++) {
		for (private = 0; !status && private <= 1; private++) {
			ask->reserve = reserve;
			ask->private = private;
			status = add_modes(atlas, ask);
		}
	}
	return status ?: add_io(atlas, ask);
}

static int add_method(struct atlas *atlas, const struct pfnmap_test_describe *method)
{
	const struct pfnmap_test_describe *region = NULL;
	struct ask ask = { .device = atlas->common->device, .method = method };
	int status = 0;

	ask.map.method = method->id;
	if (method->error)
		return add(atlas, &ask);
	while (!status &&
	       (region = catalog_next(&atlas->device.catalog, PFNMAP_TEST_KIND_REGION, region))) {
		if (!wanted(atlas->region, region) || !region->bytes ||
		    !(method->regions & PFNMAP_TEST_BIT(region->id)))
			continue;
		ask.region = region;
		status = add_region(atlas, &ask);
	}
	return status;
}

/* Checks the names that the user gave, and replaces a mode's short name by the module's name. */
static int check_names(struct atlas *atlas)
{
	const struct device *device = &atlas->device;
	int status = 0;
	uint32_t id;

	if (atlas->method)
		status = device_id(device, PFNMAP_TEST_KIND_METHOD, "method", atlas->method, &id);
	if (!status && atlas->region)
		status = device_id(device, PFNMAP_TEST_KIND_REGION, "region", atlas->region, &id);
	if (!status && atlas->mode)
		status = device_id(device, PFNMAP_TEST_KIND_CACHE_MODE, "cache mode", atlas->mode,
				   &id);
	if (!status && atlas->mode)
		atlas->mode = catalog_name(&device->catalog, PFNMAP_TEST_KIND_CACHE_MODE, id);
	return status;
}

/**
 * atlas_plan() - list the ways to try, one row each
 * @atlas: the device is open; rows and n are filled in
 *
 * A method that can't be had makes one row, without a region.
 *
 * Return: 0, or an exit status after a message
 */
int atlas_plan(struct atlas *atlas)
{
	const struct pfnmap_test_describe *method = NULL;
	int status;

	status = check_names(atlas);
	while (!status &&
	       (method = catalog_next(&atlas->device.catalog, PFNMAP_TEST_KIND_METHOD, method)))
		if (wanted(atlas->method, method))
			status = add_method(atlas, method);
	return status;
}
