// SPDX-License-Identifier: GPL-2.0-only
/* 6.18: find_special_page() became find_normal_page(), if `CONFIG_FIND_NORMAL_PAGE` is set. */
#include <linux/mm.h>
#include <linux/version.h>

static inline struct page *find_page(struct vm_area_struct *vma, unsigned long addr)
{
	return NULL;
}

static const struct vm_operations_struct find_ops __maybe_unused = {
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 18, 0)
	.find_special_page = find_page,
#elif IS_ENABLED(CONFIG_FIND_NORMAL_PAGE)
	.find_normal_page = find_page,
#endif
};
