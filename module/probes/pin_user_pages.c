// SPDX-License-Identifier: GPL-2.0-only
/* 6.5: pin_user_pages() no longer returns the VMAs. */
#include <linux/mm.h>

static inline long probe_pin_user_pages(unsigned long addr, struct page **pages)
{
#if PFNMAP_PROBE_PIN_USER_PAGES == 1
	return pin_user_pages(addr, 1, 0, pages);
#elif PFNMAP_PROBE_PIN_USER_PAGES == 0
	return pin_user_pages(addr, 1, 0, pages, NULL);
#endif
}
