/* SPDX-License-Identifier: GPL-2.0-only */
/* I/O memory, or what was kept from the kernel at boot. */
#include <linux/ioport.h>

static int memory_get(struct pfnmap_region *region, unsigned int order)
{
	return request_mem_region(region->start, region->bytes, KBUILD_MODNAME) ? 0 : -EBUSY;
}

static void memory_put(const struct pfnmap_region *region)
{
	release_mem_region(region->start, region->bytes);
}
