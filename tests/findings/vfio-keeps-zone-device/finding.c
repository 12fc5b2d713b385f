// SPDX-License-Identifier: GPL-2.0-only
/*
 * A driver that maps a page of ZONE_DEVICE memory, as device-dax does, and says at the last close
 * how many references are left.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/memremap.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pfn.h>
#include <linux/sizes.h>

static ulong start;
module_param(start, ulong, 0);
MODULE_PARM_DESC(start, "2 MiB of physical memory that nobody uses");

static struct dev_pagemap pgmap = {
	.type = MEMORY_DEVICE_GENERIC,
	.nr_range = 1,
};

static struct page *finding_page(void)
{
	return pfn_to_page(PHYS_PFN(start));
}

static int finding_mmap(struct file *file, struct vm_area_struct *vma)
{
	return vm_insert_page(vma, vma->vm_start, finding_page());
}

static int finding_release(struct inode *inode, struct file *file)
{
	int refs = page_ref_count(finding_page());

	if (refs != 1)
		pr_warn("finding: nobody maps the page, and %d references are left\n",
			refs - 1);
	return 0;
}

static const struct file_operations finding_fops = {
	.owner = THIS_MODULE,
	.mmap = finding_mmap,
	.release = finding_release,
};

static struct miscdevice finding_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "finding",
	.fops = &finding_fops,
};

static int __init finding_init(void)
{
	void *addr;

	pgmap.range.start = start;
	pgmap.range.end = start + SZ_2M - 1;
	addr = memremap_pages(&pgmap, NUMA_NO_NODE);
	if (IS_ERR(addr))
		return PTR_ERR(addr);

	return misc_register(&finding_device);
}

module_init(finding_init);
MODULE_DESCRIPTION("maps a page of ZONE_DEVICE memory");
MODULE_LICENSE("GPL");
