// SPDX-License-Identifier: GPL-2.0-only
/* Names the mechanism by which the kernel tracks a mapping. */
#include "tracking.h"

#include <pfnmap_test.h>

/**
 * tracking_name() - name a mechanism, for display
 * @tracking: enum pfnmap_test_tracking
 *
 * Return: "none", "ctx", "vm_pat", or "?"
 */
const char *tracking_name(uint32_t tracking)
{
	switch (tracking) {
	case PFNMAP_TEST_TRACK_NONE:
		return "none";
	case PFNMAP_TEST_TRACK_CTX:
		return "ctx";
	case PFNMAP_TEST_TRACK_VM_PAT:
		return "vm_pat";
	default:
		return "?";
	}
}
