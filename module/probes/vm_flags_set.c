// SPDX-License-Identifier: GPL-2.0-only
/* 6.3: a driver sets and clears vm_flags by functions. */
#include <linux/mm.h>

#if PFNMAP_PROBE_VM_FLAGS_SET == 1
static inline void probe_vm_flags_set(struct vm_area_struct *vma)
{
	vm_flags_set(vma, VM_IO);
	vm_flags_clear(vma, VM_IO);
}
#elif PFNMAP_PROBE_VM_FLAGS_SET == 0
PROBE_ABSENT(vm_flags_set);
PROBE_ABSENT(vm_flags_clear);
#endif
