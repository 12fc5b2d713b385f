// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>
#include <linux/version.h>

#define LEAF_ORDER	(PMD_SHIFT - PAGE_SHIFT)

static inline vm_fault_t leaf_fault(struct vm_fault *vmf, unsigned int order)
{
	return order == LEAF_ORDER ? VM_FAULT_SIGBUS : VM_FAULT_FALLBACK;
}

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
static inline vm_fault_t leaf_fault_pe(struct vm_fault *vmf, enum page_entry_size size)
{
	return leaf_fault(vmf, size == PE_SIZE_PMD ? LEAF_ORDER : 0);
}

#define leaf_fault leaf_fault_pe
#endif

static const struct vm_operations_struct leaf_ops __maybe_unused = {
	.huge_fault = leaf_fault,
};
