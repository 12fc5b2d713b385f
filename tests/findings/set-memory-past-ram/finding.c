// SPDX-License-Identifier: GPL-2.0-only
/* set_memory_wc() of RAM's last page and the page behind it. */
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pfn.h>
#include <linux/set_memory.h>

static ulong start;
module_param(start, ulong, 0);
MODULE_PARM_DESC(start, "physical memory that nobody uses, behind RAM");

static int __init finding_init(void)
{
	unsigned long last = (unsigned long)__va(start) - PAGE_SIZE;
	int err;

	if (!page_is_ram(PHYS_PFN(start) - 1) || page_is_ram(PHYS_PFN(start)))
		return -EINVAL;

	err = set_memory_wc(last, 2);
	pr_info("finding: the kernel says %d\n", err);
	if (!err)
		set_memory_wb(last, 2);
	return 0;
}

static void __exit finding_exit(void)
{
}

module_init(finding_init);
module_exit(finding_exit);
MODULE_DESCRIPTION("set_memory_wc() past the end of RAM");
MODULE_LICENSE("GPL");
