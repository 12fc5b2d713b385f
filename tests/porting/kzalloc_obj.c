// SPDX-License-Identifier: GPL-2.0-only
#include <linux/slab.h>
#include <linux/version.h>

struct extent {
	unsigned long pfn, pages;
};

static inline struct extent *new_extent(void)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 0, 0)
	return kzalloc_obj(struct extent, GFP_KERNEL);
#else
	return kzalloc(sizeof(struct extent), GFP_KERNEL);
#endif
}
