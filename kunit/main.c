// SPDX-License-Identifier: GPL-2.0-only
/*
 * pfnmap_test_kunit: what pfnmap_test makes visible, looked at from inside the
 * kernel. Load pfnmap_test first; the suites run when this is loaded, and their
 * results are in /sys/kernel/debug/kunit/.
 */
#include <linux/module.h>

#include "fixture.h"

static int __init kt_module_init(void)
{
	/* Before the suites run, which is when the module is live. */
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

MODULE_DESCRIPTION("KUnit suites of pfnmap_test");
MODULE_LICENSE("GPL");
MODULE_INFO(test, "Y");
MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
