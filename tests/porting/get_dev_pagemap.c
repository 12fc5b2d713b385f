// SPDX-License-Identifier: GPL-2.0-only
/* 6.18: get_dev_pagemap() lost its second argument, a page map to try first. */
#include <linux/memremap.h>
#include <linux/version.h>

static inline struct dev_pagemap *get_map(unsigned long pfn)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 18, 0)
	return get_dev_pagemap(pfn);
#else
	return get_dev_pagemap(pfn, NULL);
#endif
}
