// SPDX-License-Identifier: GPL-2.0-only
/* A driver whose mmap_prepare() maps another file, and asks for an action that fails. */
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pfn.h>
#include <linux/version.h>

static ulong start;
module_param(start, ulong, 0);
MODULE_PARM_DESC(start, "1 GiB of physical memory that nobody uses");

/*
 * None of these functions is a macro, or came with a header or an option of its own: the
 * preprocessor knows only the version.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 1, 0)
static int finding_files;
module_param_named(files, finding_files, int, 0444);
MODULE_PARM_DESC(files, "How many files mmap_prepare() has made, and nobody has released");

static int finding_release(struct inode *inode, struct file *file)
{
	finding_files--;
	return 0;
}

static const struct file_operations finding_other_fops = {
	.owner = THIS_MODULE,
	.release = finding_release,
};

static int finding_mmap_prepare(struct vm_area_desc *desc)
{
	struct file *file = anon_inode_getfile("[finding]", &finding_other_fops, NULL, O_RDWR);

	if (IS_ERR(file))
		return PTR_ERR(file);

	finding_files++;
	/* From here on the mapping owns the reference, as with /dev/zero's shared memory. */
	desc->vm_file = file;
	/* A page too many. */
	mmap_action_remap(desc, desc->start, PHYS_PFN(start), vma_desc_size(desc) + PAGE_SIZE);
	return 0;
}

static const struct file_operations finding_fops = {
	.owner = THIS_MODULE,
	.mmap_prepare = finding_mmap_prepare,
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
#else
static int __init finding_init(void)
{
	return -EOPNOTSUPP;
}
#endif

module_init(finding_init);
MODULE_DESCRIPTION("mmap_prepare() of another file, refused");
MODULE_LICENSE("GPL");
