// SPDX-License-Identifier: GPL-2.0-only
/* 7.0: kzalloc_obj() takes an object; before: kzalloc() takes its size. */
#include <linux/slab.h>

#if PFNMAP_PROBE_KZALLOC_OBJ == 1
static inline int *probe_kzalloc_obj(void)
{
	int *one;

	one = kzalloc_obj(*one, GFP_KERNEL);
	return one;
}
#elif PFNMAP_PROBE_KZALLOC_OBJ == 0
PROBE_ABSENT(kzalloc_obj);
#endif
