// SPDX-License-Identifier: GPL-2.0-only
/* Removes memory: user space by itself can only take blocks offline. */
#include <linux/fs.h>
#include <linux/memory_hotplug.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/uaccess.h>

/* User space writes start and size. */
static ssize_t finding_write(struct file *file, const char __user *buf,
			     size_t len, loff_t *pos)
{
	u64 range[2];
	int err;

	if (len != sizeof(range) || copy_from_user(range, buf, len))
		return -EINVAL;

	err = offline_and_remove_memory(range[0], range[1]);
	return err ? err : len;
}

static const struct file_operations finding_fops = {
	.owner = THIS_MODULE,
	.write = finding_write,
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
MODULE_DESCRIPTION("removes memory");
MODULE_LICENSE("GPL");
