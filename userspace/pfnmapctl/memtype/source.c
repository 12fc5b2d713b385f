// SPDX-License-Identifier: GPL-2.0-only
/* Reads the tree by the ioctl, or else by debugfs. */
#include "memtype.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/**
 * device_open_if_any() - open the device, unless there is none
 * @device: device->fd is -1 if there is none; call device_close() either way
 * @common: options; a device that the user named must be there
 *
 * Return: 0, or an exit status after a message
 */
int device_open_if_any(struct device *device, const struct common *common)
{
	*device = (struct device){ .fd = -1 };
	if (!common->device && access(PFNMAP_TEST_DEVICE, F_OK))
		return 0;
	return device_open(device, common);
}

/**
 * memtype_by_ioctl() - can the module tell what is in the tree?
 * @device: from device_open_if_any()
 *
 * Return: whether the module can; otherwise debugfs may have the tree
 */
bool memtype_by_ioctl(const struct device *device)
{
	return device->fd >= 0 && device->info.flags & PFNMAP_TEST_INFO_MEMTYPE;
}

static int from_ioctl(struct reservations *list, const struct device *device, uint64_t start,
		      uint64_t last)
{
	struct pfnmap_test_memtype_entry *entries;
	size_t n, i;
	int err;

	err = pfnmap_memtype_list(device->fd, start, last, &entries, &n);
	for (i = 0; !err && i < n; i++)
		err = reservations_add(list, entries[i].start, entries[i].end,
				       catalog_name(&device->catalog, PFNMAP_TEST_KIND_CACHE_MODE,
						    entries[i].cache_mode));
	free(entries);
	return err;
}

/**
 * reservations_get() - reservations that overlap a physical range
 * @list: filled in; the caller frees @list->items, also after a failure
 * @device: from device_open_if_any()
 * @start: first address
 * @last: last address, inclusive
 *
 * Return: 0, or an exit status after a message
 */
int reservations_get(struct reservations *list, const struct device *device, uint64_t start,
		     uint64_t last)
{
	int err;

	*list = (struct reservations){ .provider = "debugfs" };
	if (!memtype_by_ioctl(device))
		return debugfs_reservations(list, start, last);

	list->provider = "ioctl";
	err = from_ioctl(list, device, start, last);
	return err ? fail(err, NULL, "MEMTYPE_LIST") : 0;
}
