// SPDX-License-Identifier: GPL-2.0-only
/* 6.18: find_special_page() is find_normal_page(); there (2) only where something selects it. */
#include <linux/mm.h>

#if PFNMAP_PROBE_FIND_NORMAL_PAGE == 1
static const struct vm_operations_struct probe_find_normal_page __maybe_unused = {
	.find_normal_page = NULL,
};
#elif PFNMAP_PROBE_FIND_NORMAL_PAGE == 0
static const struct vm_operations_struct probe_find_normal_page __maybe_unused = {
	.find_special_page = NULL,
};
#elif PFNMAP_PROBE_FIND_NORMAL_PAGE == 2
PROBE_NO_MEMBER(vm_operations_struct, find_normal_page);
PROBE_NO_MEMBER(vm_operations_struct, find_special_page);
#endif
