// SPDX-License-Identifier: GPL-2.0-only
/*
 * A driver that maps several buffers in one VMA. For each it makes the VMA look as large as
 * the buffer: drivers do so for dma_mmap_coherent(), which takes no address.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pfn.h>

#define BUFFERS	2

static ulong start;
module_param(start, ulong, 0);
MODULE_PARM_DESC(start, "some pages of physical memory that nobody uses");

static int finding_mmap(struct file *file, struct vm_area_struct *vma)
{
	unsigned long vm_start = vma->vm_start, vm_end = vma->vm_end;
	int i, err = 0;

	for (i = 0; i < BUFFERS && !err; i++) {
		vma->vm_start = vm_start + i * PAGE_SIZE;
		vma->vm_end = vma->vm_start + PAGE_SIZE;
		/* Every other page. */
		err = remap_pfn_range(vma, vma->vm_start, PHYS_PFN(start) + 2 * i,
				      PAGE_SIZE, vma->vm_page_prot);
		if (err)
			pr_info("finding: buffer %d of %d is refused: error %d\n", i + 1,
				BUFFERS, err);
	}
	vma->vm_start = vm_start;
	vma->vm_end = vm_end;
	return err;
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
MODULE_DESCRIPTION("moves vm_start and vm_end");
MODULE_LICENSE("GPL");
