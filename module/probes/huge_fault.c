// SPDX-License-Identifier: GPL-2.0-only
/* 6.6: huge_fault() gets the leaf's order; before: an enum page_entry_size. */
#include <linux/mm.h>

#if PFNMAP_PROBE_HUGE_FAULT == 1
/* To C the enum is an unsigned int. A second enum of this name is an error. */
enum page_entry_size { probe_none };

static inline vm_fault_t probe_huge_fault(struct vm_fault *vmf, unsigned int order)
#elif PFNMAP_PROBE_HUGE_FAULT == 0
static inline vm_fault_t probe_huge_fault(struct vm_fault *vmf, enum page_entry_size size)
#endif
{
	static const struct vm_operations_struct ops = {
		.huge_fault = probe_huge_fault,
	};

	return ops.huge_fault ? 0 : VM_FAULT_FALLBACK;
}
