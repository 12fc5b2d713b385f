// SPDX-License-Identifier: GPL-2.0-only
/* 6.15: vmf_insert_folio_pmd(), _pud() and vmf_insert_page_mkwrite() count ZONE_DEVICE folios. */
#include <linux/mm.h>

#if PFNMAP_PROBE_VMF_INSERT_FOLIO == 1
static inline vm_fault_t probe_vmf_insert_folio(struct vm_fault *vmf, struct folio *folio)
{
	return vmf_insert_page_mkwrite(vmf, folio_page(folio, 0), true) |
	       vmf_insert_folio_pmd(vmf, folio, true) |
	       vmf_insert_folio_pud(vmf, folio, true);
}
#elif PFNMAP_PROBE_VMF_INSERT_FOLIO == 0
PROBE_ABSENT(vmf_insert_page_mkwrite);
PROBE_ABSENT(vmf_insert_folio_pmd);
PROBE_ABSENT(vmf_insert_folio_pud);
#endif
