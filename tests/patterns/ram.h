/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's own pages. */
#include <linux/vmalloc.h>

static void *area;

static void memory_put(const struct pfnmap_region *region)
{
	kvfree(region->pages);
	vfree(area);
}

static int memory_get(struct pfnmap_region *region, unsigned int order)
{
	unsigned long n = PHYS_PFN(region->bytes);

	area = vmalloc_user(region->bytes);
	region->pages = kvcalloc(n, sizeof(*region->pages), GFP_KERNEL);
	if (!area || !region->pages) {
		memory_put(region);
		return -ENOMEM;
	}
	while (n--)
		region->pages[n] = vmalloc_to_page(area + PFN_PHYS(n));
	return 0;
}
