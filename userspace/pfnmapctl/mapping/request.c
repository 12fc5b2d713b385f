// SPDX-License-Identifier: GPL-2.0-only
/* The options of map, leaf, vma, folio, pin and zap. */
#include "mapping.h"

#include <stdio.h>
#include <unistd.h>

#include "level.h"

enum {
	OPT_PARTIAL = 0x100,
	OPT_CHUNK,
	OPT_TWICE,
	OPT_PRIVATE,
	OPT_READ_ONLY,
	OPT_HOLD,
};

static const struct argp_option options[] = {
	{ NULL, 0, NULL, 0, "The mapping:", 1 },
	{ "region", 'r', "NAME", 0, "Region to map (the first that the method maps)", 1 },
	{ "method", 'm', "NAME", 0, "Kernel function to map with (remap_pfn_range)", 1 },
	{ "mode", 'c', "NAME", 0,
	  "Cache mode to ask for, as write-combining or WC (the one that suits the region)", 1 },
	{ "level", 'L', "NAME", 0, "Largest page-table level (the highest that fits)", 1 },
	{ "offset", 'o', "BYTES", 0, "Offset in the region (0)", 1 },
	{ "length", 'l', "BYTES", 0, "Size (4 pages, or one leaf of a larger level)", 1 },
	{ "partial", OPT_PARTIAL, NULL, 0, "Leave the last page out", 1 },
	{ "chunk", OPT_CHUNK, "BYTES", 0, "Call the method once for each BYTES", 1 },
	{ "twice", OPT_TWICE, NULL, 0, "Map, zap, and map again", 1 },
	{ "private", OPT_PRIVATE, NULL, 0, "MAP_PRIVATE", 1 },
	{ "read-only", OPT_READ_ONLY, NULL, 0, "Map for reading alone, and don't write", 1 },
	{ "hold", OPT_HOLD, "SECONDS", 0, "Keep the mapping for SECONDS", 1 },
	{ 0 }
};

static error_t request_parse(int key, char *arg, struct argp_state *state)
{
	struct request *request = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		*request = (struct request){ 0 };
		return 0;
	case 'r':
		request->region = arg;
		return 0;
	case 'm':
		request->method = arg;
		return 0;
	case 'c':
		request->mode = arg;
		return 0;
	case 'L':
		request->level = arg;
		return 0;
	case 'o':
		request->offset = parse_bytes(state, "--offset", arg);
		return 0;
	case 'l':
		request->bytes = parse_bytes(state, "--length", arg);
		return 0;
	case OPT_CHUNK:
		request->chunk = parse_bytes(state, "--chunk", arg);
		return 0;
	case OPT_HOLD:
		request->seconds = parse_bytes(state, "--hold", arg);
		return 0;
	case OPT_PARTIAL:
		request->partial = true;
		return 0;
	case OPT_TWICE:
		request->twice = true;
		return 0;
	case OPT_PRIVATE:
		request->private = true;
		return 0;
	case OPT_READ_ONLY:
		request->read_only = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp request_argp = { .options = options, .parser = request_parse };

static int resolve(const struct request *request, const struct device *device,
		   struct pfnmap_test_map *map)
{
	int status = 0;

	if (request->region)
		status = device_id(device, PFNMAP_TEST_KIND_REGION, "region", request->region,
				   &map->region);
	if (!status && request->method)
		status = device_id(device, PFNMAP_TEST_KIND_METHOD, "method", request->method,
				   &map->method);
	if (!status && request->mode)
		status = device_id(device, PFNMAP_TEST_KIND_CACHE_MODE, "cache mode",
				   request->mode, &map->cache_mode);
	if (!status && request->level)
		status = device_id(device, PFNMAP_TEST_KIND_LEVEL, "level", request->level,
				   &map->level);
	return status;
}

/* The highest of the method's levels that the region, or the size asked for, has room for. */
static uint32_t default_level(const struct request *request, const struct device *device,
			      const struct pfnmap_test_describe *method, uint32_t id)
{
	const struct pfnmap_test_describe *region;
	uint64_t room = request->bytes;
	uint32_t level;

	region = catalog_by_id(&device->catalog, PFNMAP_TEST_KIND_REGION, id);
	if (!room && region)
		room = region->bytes;
	level = level_fitting(method->levels, room);
	return level ? level : level_lowest(method->levels);
}

/* Fills in what the user left out. */
static void complete(struct request *request, const struct device *device,
		     const struct pfnmap_test_describe *method, struct pfnmap_test_map *map)
{
	if (!map->region)
		map->region = device_region(device, method);
	if (!map->cache_mode)
		map->cache_mode = device_mode(device, map->region);
	if (!map->level)
		map->level = default_level(request, device, method, map->region);
	if (!request->bytes)
		request->bytes = level_bytes(map->level);
	request->mode = catalog_name(&device->catalog, PFNMAP_TEST_KIND_CACHE_MODE,
				     map->cache_mode);
}

/**
 * request_apply() - tell the device how to make the next mappings
 * @request: what the user asks for; a mode and a size left out are filled in
 * @device: open device; device_switch() may change it
 *
 * Return: 0, or an exit status after a message
 */
int request_apply(struct request *request, struct device *device)
{
	struct pfnmap_test_map map = {
		.method = PFNMAP_TEST_METHOD_REMAP_PFN_RANGE,
		.chunk_bytes = request->chunk,
	};
	const struct pfnmap_test_describe *method;
	int status, err;

	status = resolve(request, device, &map);
	if (status)
		return status;
	method = catalog_by_id(&device->catalog, PFNMAP_TEST_KIND_METHOD, map.method);
	if (method_missing(method)) {
		fail(method->error, METHOD_MISSING ": 'pfnmapctl info' has those that are",
		     "%s", method->name);
		return EXIT_UNAVAILABLE;
	}
	complete(request, device, method, &map);
	if (request->partial)
		map.flags |= PFNMAP_TEST_MAP_PARTIAL;
	if (request->chunk)
		map.flags |= PFNMAP_TEST_MAP_CHUNKED;
	if (request->twice)
		map.flags |= PFNMAP_TEST_MAP_TWICE;

	status = device_switch(device, method);
	if (status)
		return status;
	err = pfnmap_set_map(device->fd, &map);
	if (!err)
		return 0;
	return fail(err, "see 'pfnmapctl info' for what each method and region can do",
		    "SET_MAP %s, %s, %s, %s", method->name,
		    catalog_name(&device->catalog, PFNMAP_TEST_KIND_REGION, map.region),
		    request->mode,
		    catalog_name(&device->catalog, PFNMAP_TEST_KIND_LEVEL, map.level));
}

/**
 * request_hold() - wait as long as the user asked
 * @request: what the user asks for
 */
void request_hold(const struct request *request)
{
	unsigned int left = request->seconds;

	while (left)
		left = sleep(left);
}
