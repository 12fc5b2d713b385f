// SPDX-License-Identifier: GPL-2.0-only
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
