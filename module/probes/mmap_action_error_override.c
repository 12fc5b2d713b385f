// SPDX-License-Identifier: GPL-2.0-only
/* 7.2: error_override replaces an action's error; 6.19 (0): hooks do; before (2): no action. */
#include <linux/mm.h>

#if PFNMAP_PROBE_MMAP_ACTION_ERROR_OVERRIDE == 1
static inline void probe_mmap_action_error_override(struct mmap_action *action)
{
	action->error_override = -EAGAIN;
}
#elif PFNMAP_PROBE_MMAP_ACTION_ERROR_OVERRIDE == 0
PROBE_NO_MEMBER(mmap_action, error_override);
#elif PFNMAP_PROBE_MMAP_ACTION_ERROR_OVERRIDE == 2
struct mmap_action {
	int error_override;
};
#endif
