/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory of a device, with struct pages. */
#include <linux/align.h>
#include <linux/memremap.h>

static struct dev_pagemap pgmap = { .type = MEMORY_DEVICE_GENERIC, .nr_range = 1 };

static int memory_get(struct pfnmap_region *region, unsigned int order)
{
	if (!IS_ALIGNED(region->start | region->bytes, PAGE_SIZE << order))
		return -EINVAL;

	pgmap.range.start = region->start;
	pgmap.range.end = region->start + region->bytes - 1;
	pgmap.vmemmap_shift = order;
	return PTR_ERR_OR_ZERO(memremap_pages(&pgmap, NUMA_NO_NODE));
}

static void memory_put(const struct pfnmap_region *region)
{
	memunmap_pages(&pgmap);
}
