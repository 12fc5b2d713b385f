// SPDX-License-Identifier: GPL-2.0-only
/* 6.19: memory_failure() finds the VMAs that map memory without struct pages. */
#include <linux/mm.h>

/* A missing header would end the compilation of all probes: ask for a name that mm.h has. */
#if PFNMAP_PROBE_PFN_ADDRESS_SPACE == 1
static const enum mf_action_page_type probe_pfn_address_space __maybe_unused = MF_MSG_PFN_MAP;
#elif PFNMAP_PROBE_PFN_ADDRESS_SPACE == 0
enum probe_pfn_address_space { MF_MSG_PFN_MAP };
#endif
