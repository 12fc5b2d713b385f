// SPDX-License-Identifier: GPL-2.0-only
/* 6.17: the insert helpers take a plain pfn; before: a pfn_t. */
#include <linux/mm.h>
#include <linux/pfn.h>

static inline vm_fault_t probe_pfn_t(struct vm_fault *vmf, unsigned long pfn)
{
#if PFNMAP_PROBE_PFN_T == 1
	return vmf_insert_mixed(vmf->vma, vmf->address, pfn);
#elif PFNMAP_PROBE_PFN_T == 0
	return vmf_insert_mixed(vmf->vma, vmf->address, (pfn_t){ .val = pfn });
#endif
}
