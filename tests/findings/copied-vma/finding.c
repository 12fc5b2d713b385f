// SPDX-License-Identifier: GPL-2.0-only
/*
 * A driver that gives remap_pfn_range() a copy of the VMA, as if to map only a part of it
 * without moving vm_start and vm_end of the VMA itself.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pfn.h>

static ulong start;
module_param(start, ulong, 0);
MODULE_PARM_DESC(start, "a page of physical memory that nobody uses");

static int finding_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct vm_area_struct part = *vma;

	return remap_pfn_range(&part, part.vm_start, PHYS_PFN(start),
			       part.vm_end - part.vm_start, part.vm_page_prot);
}

static const struct file_operations finding_fops = {
	.owner = THIS_MODULE,
	.mmap = finding_mmap,
};

static struct miscdevice finding_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "finding",
	.fops = &finding_fops,
};

static int __init finding_init(void)
{
	return misc_register(&finding_device);
}

module_init(finding_init);
MODULE_DESCRIPTION("maps by a copy of the VMA");
MODULE_LICENSE("GPL");
