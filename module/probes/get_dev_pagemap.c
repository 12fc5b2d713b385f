// SPDX-License-Identifier: GPL-2.0-only
/* 6.18: get_dev_pagemap() lost its second argument, a page map to try first. */
#include <linux/memremap.h>

static inline struct dev_pagemap *probe_get_dev_pagemap(unsigned long pfn)
{
#if PFNMAP_PROBE_GET_DEV_PAGEMAP == 1
	return get_dev_pagemap(pfn);
#elif PFNMAP_PROBE_GET_DEV_PAGEMAP == 0
	return get_dev_pagemap(pfn, NULL);
#endif
}
