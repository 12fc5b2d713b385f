// SPDX-License-Identifier: GPL-2.0-only
/* memremap_pages() of a range that somebody holds write-through. */
#include <linux/err.h>
#include <linux/io.h>
#include <linux/memremap.h>
#include <linux/module.h>
#include <linux/sizes.h>

static ulong start;
module_param(start, ulong, 0);
MODULE_PARM_DESC(start, "128 MiB of physical memory that nobody uses");

static struct dev_pagemap pgmap = {
	.type = MEMORY_DEVICE_GENERIC,
	.nr_range = 1,
};

static int __init finding_init(void)
{
	void __iomem *held = ioremap_wt(start, SZ_2M);
	void *addr;

	if (!held)
		return -ENOMEM;

	pgmap.range.start = start;
	pgmap.range.end = start + SZ_128M - 1;
	addr = memremap_pages(&pgmap, NUMA_NO_NODE);
	if (!IS_ERR(addr))
		memunmap_pages(&pgmap);
	iounmap(held);
	return PTR_ERR_OR_ZERO(addr);
}

static void __exit finding_exit(void)
{
}

module_init(finding_init);
module_exit(finding_exit);
MODULE_DESCRIPTION("memremap_pages() of a range held write-through");
MODULE_LICENSE("GPL");
