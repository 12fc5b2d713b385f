// SPDX-License-Identifier: GPL-2.0-only
/* 6.18: find_special_page() became find_normal_page(); (2): no option selects the hook. */
#include <linux/mm.h>

#if PFNMAP_PROBE_FIND_NORMAL_PAGE == 1
static const struct vm_operations_struct probe_find_normal_page __maybe_unused = {
	.find_normal_page = NULL,
};
#elif PFNMAP_PROBE_FIND_NORMAL_PAGE == 0
PROBE_NO_MEMBER(vm_operations_struct, find_normal_page);

static const struct vm_operations_struct probe_find_normal_page __maybe_unused = {
	.find_special_page = NULL,
};
#elif PFNMAP_PROBE_FIND_NORMAL_PAGE == 2
PROBE_NO_MEMBER(vm_operations_struct, find_normal_page);
PROBE_NO_MEMBER(vm_operations_struct, find_special_page);
#endif
