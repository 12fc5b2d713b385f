// SPDX-License-Identifier: GPL-2.0-only
/* 6.12: large leaves have a special bit, too. */
#include <linux/mm.h>

#if PFNMAP_PROBE_PMD_SPECIAL == 1
static inline bool probe_pmd_special(pmd_t pmd, pud_t pud)
{
	return pmd_special(pmd) || pud_special(pud);
}
#elif PFNMAP_PROBE_PMD_SPECIAL == 0
PROBE_ABSENT(pmd_special);
PROBE_ABSENT(pud_special);
#endif
