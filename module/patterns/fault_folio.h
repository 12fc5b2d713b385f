/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For patterns that map ZONE_DEVICE folios by fault: sets a folio's mapping and
 * index before the pattern maps the folio, so that rmap finds its VMAs.
 */
#ifndef PFNMAP_FAULT_FOLIO_H
#define PFNMAP_FAULT_FOLIO_H

#include <linux/mm.h>

/**
 * fault_folio - the ZONE_DEVICE folio of a page that is about to be mapped
 * @vmf: the fault
 * @pfn: page frame number of the page at the faulting address
 *
 * rmap finds the VMAs that map a folio by the folio's mapping and index. Memory
 * failure handling needs both. They are the same at each fault, since all files
 * show the region's pages at the same offsets of one address_space.
 *
 * Return: the folio.
 */
static inline struct folio *fault_folio(const struct vm_fault *vmf,
					unsigned long pfn)
{
	struct folio *folio = page_folio(pfn_to_page(pfn));

	if (!folio->mapping) {
		folio->index = vmf->pgoff - (pfn - folio_pfn(folio));
		folio->mapping = vmf->vma->vm_file->f_mapping;
	}

	return folio;
}

#endif /* PFNMAP_FAULT_FOLIO_H */
