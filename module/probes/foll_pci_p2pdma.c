// SPDX-License-Identifier: GPL-2.0-only
/* 6.2: GUP pins P2PDMA memory if the caller passes FOLL_PCI_P2PDMA; before: it never does. */
#include <linux/mm.h>

#if PFNMAP_PROBE_FOLL_PCI_P2PDMA == 1
static inline unsigned int probe_foll_pci_p2pdma(void)
{
	return FOLL_PCI_P2PDMA;
}
#elif PFNMAP_PROBE_FOLL_PCI_P2PDMA == 0
PROBE_ABSENT(FOLL_PCI_P2PDMA);
#endif
