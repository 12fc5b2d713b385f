// SPDX-License-Identifier: GPL-2.0-only
/* The rest of a module, so that modpost has one to look at. */
#include <linux/module.h>

MODULE_DESCRIPTION("Snippets of docs/porting.md; does nothing");
MODULE_LICENSE("GPL");
