/* SPDX-License-Identifier: GPL-2.0-only */
/* What Coccinelle can't read of the kernel's C, as something that it can. */
#define scoped_guard(...)	if (1)
#define scoped_cond_guard(...)	if (1)
#define guard(_name)		lock
