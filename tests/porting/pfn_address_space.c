// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 19, 0) && IS_ENABLED(CONFIG_MEMORY_FAILURE)
#include <linux/memory-failure.h>

static inline int hear_of_poison(struct pfn_address_space *space)
{
	return register_pfn_address_space(space);
}
#endif
