// SPDX-License-Identifier: GPL-2.0-only
/* 6.19: memory_failure() finds by a callback who maps memory without struct pages. */
#include <linux/mm.h>

/* A missing header would end the whole compilation: ask for mm.h's name of such memory. */
#if PFNMAP_PROBE_PFN_ADDRESS_SPACE == 1
static const enum mf_action_page_type probe_pfn_address_space __maybe_unused = MF_MSG_PFN_MAP;
#elif PFNMAP_PROBE_PFN_ADDRESS_SPACE == 0
enum probe_pfn_address_space { MF_MSG_PFN_MAP };
#endif
