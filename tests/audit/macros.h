/* SPDX-License-Identifier: GPL-2.0-only */
/* Macros of the kernel that Coccinelle can't parse, as something that it can. */
#define scoped_guard(...)	if (1)
#define scoped_cond_guard(...)	if (1)
#define guard(_name)		lock
