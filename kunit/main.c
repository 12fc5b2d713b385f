// SPDX-License-Identifier: GPL-2.0-only
/*
 * pfnmap_test_kunit: what pfnmap_test makes visible, looked at from inside the
 * kernel. As modules, load pfnmap_test first: the suites run when this module is
 * loaded, and their results are in /sys/kernel/debug/kunit/. Built in, they run at boot.
 */
#include <linux/module.h>

MODULE_DESCRIPTION("KUnit suites of pfnmap_test");
MODULE_LICENSE("GPL");
MODULE_INFO(test, "Y");
MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
