// SPDX-License-Identifier: GPL-2.0-only
/* A driver whose mmap() passes on to a file below, whose mmap_prepare() maps another file. */
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/version.h>

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
	struct file *file = anon_inode_getfile("[other]", &finding_other_fops, NULL, O_RDWR);

	if (IS_ERR(file))
		return PTR_ERR(file);

	finding_files++;
	/* From here on the mapping owns the reference, as with /dev/zero's shared memory. */
	desc->vm_file = file;
	return 0;
}

static const struct file_operations finding_below_fops = {
	.owner = THIS_MODULE,
	.mmap_prepare = finding_mmap_prepare,
};

/* As backing_file_mmap() does for a file of overlayfs. */
static int finding_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct file *below = anon_inode_getfile("[below]", &finding_below_fops, NULL, O_RDWR);
	int err;

	if (IS_ERR(below))
		return PTR_ERR(below);

	vma_set_file(vma, below);
	err = vfs_mmap(below, vma);
	fput(below);
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
#else
static int __init finding_init(void)
{
	return -EOPNOTSUPP;
}
#endif

module_init(finding_init);
MODULE_DESCRIPTION("mmap_prepare() of another file, called for a stacked one");
MODULE_LICENSE("GPL");
