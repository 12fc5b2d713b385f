/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Everything that depends on the kernel's version, by API, dated by the
 * kernel that changed it. Where a macro of the kernel tells, no version is
 * asked for. The rest of the module is written for the newest kernel.
 */
#ifndef PFNMAP_TEST_COMPAT_H
#define PFNMAP_TEST_COMPAT_H

#include <linux/kref.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/version.h>

#include "uapi/pfnmap_test.h"

/*
 * 6.16: VM_PAT went away; a counted range hangs off every VMA that shares it.
 */
#ifdef VM_PAT
#define PFNMAP_TRACKING_INFO	PFNMAP_TEST_INFO_VM_PAT

static inline void pfnmap_vma_tracking(const struct vm_area_struct *vma,
				       struct pfnmap_test_vma *out)
{
	if (vma->vm_flags & VM_PAT)
		out->tracking = PFNMAP_TEST_TRACK_VM_PAT;
}
#elif defined(__HAVE_PFNMAP_TRACKING)
#define PFNMAP_TRACKING_INFO	PFNMAP_TEST_INFO_TRACK_CTX

static inline void pfnmap_vma_tracking(const struct vm_area_struct *vma,
				       struct pfnmap_test_vma *out)
{
	const struct pfnmap_track_ctx *ctx = vma->pfnmap_track_ctx;

	if (!ctx)
		return;

	out->tracking = PFNMAP_TEST_TRACK_CTX;
	out->track_refs = kref_read(&ctx->kref);
	out->track_start = PFN_PHYS(ctx->pfn);
	out->track_bytes = ctx->size;
}
#else
#define PFNMAP_TRACKING_INFO	0

static inline void pfnmap_vma_tracking(const struct vm_area_struct *vma,
				       struct pfnmap_test_vma *out)
{
}
#endif

/*
 * 7.1: zap_vma_ptes() became zap_special_vma_range(), and takes VM_MIXEDMAP.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 1, 0)
#define zap_special_vma_range	zap_vma_ptes
#endif

/*
 * 7.0: allocations by object.
 */
#ifndef kzalloc_obj
#define kzalloc_obj(obj, gfp)	kzalloc(sizeof(obj), gfp)
#endif

/*
 * 6.3: vm_flags are set by a function.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
static inline void vm_flags_set(struct vm_area_struct *vma, vm_flags_t flags)
{
	vma->vm_flags |= flags;
}
#endif

#endif /* PFNMAP_TEST_COMPAT_H */
