// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
static inline vm_fault_t bar_huge_fault(struct vm_fault *vmf, unsigned int order)
{
	return VM_FAULT_FALLBACK;
}
#endif

static const struct vm_operations_struct bar_ops __maybe_unused = {
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
	.huge_fault = bar_huge_fault,
#endif
};
