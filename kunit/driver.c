// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parts of the driver that need no driver, compiled once more: the suites use
 * them, and some test them.
 */
#include "../module/cachemode.c"
#include "../module/leaf.c"
#include "../module/parse.c"
#ifdef CONFIG_KPROBES
#include "../module/resolve.c"
#endif
