// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parts of the driver that need only each other, compiled once more into the suites'
 * module: the suites use these parts, and some suites test them.
 */
#include <linux/module.h>

#include "../module/cachemode.c"
#include "../module/leaf.c"
#include "../module/parse.c"
#ifdef CONFIG_KPROBES
#include "../module/resolve.c"
#endif

static int __init kt_module_init(void)
{
	/* The suites run later, once the module is live. */
	if (pfnmap_resolve_init())
		pr_info("private symbols can't be looked up\n");
	pfnmap_leaf_init();
	return 0;
}

static void __exit kt_module_exit(void)
{
}

module_init(kt_module_init);
module_exit(kt_module_exit);
