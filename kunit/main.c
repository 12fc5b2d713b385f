// SPDX-License-Identifier: GPL-2.0-only
/*
 * pfnmap_test_kunit: looks from inside the kernel at what pfnmap_test makes visible.
 * If both are modules, load pfnmap_test first: the suites run when this module is
 * loaded, and their results are in /sys/kernel/debug/kunit/. Built in, they run at boot.
 */
#include <linux/module.h>

MODULE_DESCRIPTION("KUnit suites of pfnmap_test");
MODULE_LICENSE("GPL");
MODULE_INFO(test, "Y");
MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
