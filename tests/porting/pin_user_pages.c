// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>
#include <linux/version.h>

static inline long pin_one(unsigned long addr, struct page **page)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
	return pin_user_pages(addr, 1, FOLL_WRITE, page);
#else
	return pin_user_pages(addr, 1, FOLL_WRITE, page, NULL);
#endif
}
