/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mappings that a driver should not make. SET_MAP's flags ask for them, map.c and
 * ops.c call the functions below, and the methods know nothing of them.
 */
#ifndef PFNMAP_MISUSE_H
#define PFNMAP_MISUSE_H

#include <linux/mm_types.h>
#include <linux/types.h>

struct pfnmap_mapping;
struct pfnmap_method;

/* mmap.c */
u32 pfnmap_misuse_flags(const struct pfnmap_method *method);
int pfnmap_misuse_mmap(struct vm_area_struct *vma, const struct pfnmap_mapping *m);

/* fault.c */

/* The flags with which a fault() inserts more than its page. */
#define PFNMAP_FAULT_FLAGS						\
	(PFNMAP_TEST_MAP_AGAIN | PFNMAP_TEST_MAP_AROUND |		\
	 PFNMAP_TEST_MAP_AROUND_OTHER)

vm_fault_t pfnmap_misuse_fault(const struct vm_fault *vmf,
			       const struct vm_operations_struct *ops, u32 flags);

#endif /* PFNMAP_MISUSE_H */
