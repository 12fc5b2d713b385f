// SPDX-License-Identifier: GPL-2.0-only
/* Opens the module's device for a command, and chooses what the user did not name. */
#include "ctl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int fail_open(int err, const struct common *common)
{
	const char *path = common->device ? common->device : PFNMAP_TEST_DEVICE;

	if (err == -EACCES || err == -EPERM)
		return fail(err, "run pfnmapctl as root", "open %s", path);
	if (err != -ENOENT && err != -ENXIO && err != -ENODEV)
		return fail(err, NULL, "open %s", path);
	if (!common->device && access(MODULE_SYSFS, F_OK))
		fputs("pfnmapctl: module is not loaded: run 'pfnmapctl load'\n", stderr);
	else
		fail(err, "mount devtmpfs on /dev, or name the node by --device", "open %s", path);
	return EXIT_UNAVAILABLE;
}

/* A newer module still does all that an older one did. */
static int check_abi(const struct device *device)
{
	if (device->info.abi >= PFNMAP_TEST_ABI)
		return 0;
	fprintf(stderr, "pfnmapctl: the module has ABI %u, not %u: build both anew\n",
		device->info.abi, PFNMAP_TEST_ABI);
	return EXIT_FAILURE;
}

static int learn(struct device *device)
{
	int status, err;

	err = pfnmap_get_info(device->fd, &device->info);
	if (err)
		return fail(err, err == -ENOTTY ?
			    "this is not a device of pfnmap_test: leave --device out" : NULL,
			    "GET_INFO");
	status = check_abi(device);
	if (status)
		return status;
	err = catalog_load(&device->catalog, device->fd);
	return err ? fail(err, NULL, "DESCRIBE") : 0;
}

/**
 * device_open() - open the device and learn its names
 * @device: filled in; call device_close() after success
 * @common: options
 *
 * Return: 0, or an exit status after a message
 */
int device_open(struct device *device, const struct common *common)
{
	int status;

	*device = (struct device){
		.fd = pfnmap_open(common->device, false, O_RDWR), .path = common->device,
	};
	if (device->fd < 0)
		return fail_open(device->fd, common);

	status = learn(device);
	if (status)
		device_close(device);
	return status;
}

/**
 * device_close() - close the device, which releases all that the open file holds
 * @device: opened by device_open()
 */
void device_close(struct device *device)
{
	catalog_free(&device->catalog);
	if (device->fd >= 0)
		close(device->fd);
}

/**
 * device_switch() - switch to the node that has a method
 * @device: open device; a node that the user named stays
 * @method: the method to map with
 *
 * Return: 0, or an exit status after a message
 */
int device_switch(struct device *device, const struct pfnmap_test_describe *method)
{
	int fd;

	if (device->path || method->error || !(method->flags & PFNMAP_TEST_DESC_PREPARE))
		return 0;
	fd = pfnmap_open(NULL, true, O_RDWR);
	if (fd < 0)
		return fail(fd, NULL, "open %s", PFNMAP_TEST_DEVICE_PREPARE);
	close(device->fd);
	device->fd = fd;
	return 0;
}

/**
 * method_missing() - does this kernel lack the helper of a method?
 * @method: a method, or an item of another kind, which is never missing
 *
 * Return: whether the kernel lacks the helper
 */
bool method_missing(const struct pfnmap_test_describe *method)
{
	return method->kind == PFNMAP_TEST_KIND_METHOD && method->error == EOPNOTSUPP;
}

/**
 * device_region() - the region that a method maps by default
 * @device: open device
 * @method: the method
 *
 * Return: enum pfnmap_test_region_id, the first region that is there and that the method maps
 */
uint32_t device_region(const struct device *device, const struct pfnmap_test_describe *method)
{
	const struct pfnmap_test_describe *region = NULL;
	uint64_t regions = device->info.regions & method->regions;

	while ((region = catalog_next(&device->catalog, PFNMAP_TEST_KIND_REGION, region)))
		if (regions & PFNMAP_TEST_BIT(region->id))
			return region->id;
	return PFNMAP_TEST_REGION_RAM;
}

/**
 * device_mode() - the default cache mode of a region
 * @device: open device
 * @region: enum pfnmap_test_region_id
 *
 * Return: enum pfnmap_test_cache_mode
 */
uint32_t device_mode(const struct device *device, uint32_t region)
{
	return region == PFNMAP_TEST_REGION_MMIO ? pfnmap_uncached(&device->info) :
	       PFNMAP_TEST_CACHE_WB;
}

/**
 * device_id() - number of a name that the user gave
 * @device: open device
 * @kind: enum pfnmap_test_kind
 * @what: name of that kind, for the message
 * @name: what the user gave; for a cache mode this may be the short name
 * @id: set to its number
 *
 * Return: 0, or an exit status after a message that lists the names there are
 */
int device_id(const struct device *device, uint32_t kind, const char *what, const char *name,
	      uint32_t *id)
{
	const struct pfnmap_test_describe *item;
	char *names;

	item = catalog_by_name(&device->catalog, kind, name);
	if (!item && kind == PFNMAP_TEST_KIND_CACHE_MODE)
		item = catalog_by_id(&device->catalog, kind, mode_by_short(name));
	if (item) {
		*id = item->id;
		return 0;
	}
	names = catalog_mask(&device->catalog, kind, ~0ULL);
	fprintf(stderr, "pfnmapctl: there is no %s '%s': this module has %s\n", what, name,
		names ? names : "others");
	free(names);
	return EXIT_USAGE;
}
