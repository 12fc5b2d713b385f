// SPDX-License-Identifier: GPL-2.0-only
/*
 * An inode, and so an address_space, for every open file.
 *
 * The device node's own inode is shared by all who open it: with it,
 * unmap_mapping_range() would reach other people's mappings.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/pseudo_fs.h>

#include "pfnmap_test.h"

#define PFNMAP_FS_MAGIC	0x70666e6d

static struct vfsmount *pfnmap_mnt;

static int pfnmap_init_fs_context(struct fs_context *fc)
{
	return init_pseudo(fc, PFNMAP_FS_MAGIC) ? 0 : -ENOMEM;
}

/* No .owner: the mount lives as long as the module and must not pin it. */
static struct file_system_type pfnmap_fs_type = {
	.name		 = KBUILD_MODNAME,
	.init_fs_context = pfnmap_init_fs_context,
	.kill_sb	 = kill_anon_super,
};

/**
 * pfnmap_inode_init - mount the pseudo file system that the inodes live in
 *
 * Return: 0 or a negative errno.
 */
int pfnmap_inode_init(void)
{
	pfnmap_mnt = kern_mount(&pfnmap_fs_type);
	return PTR_ERR_OR_ZERO(pfnmap_mnt);
}

/**
 * pfnmap_inode_exit - undo pfnmap_inode_init()
 */
void pfnmap_inode_exit(void)
{
	kern_unmount(pfnmap_mnt);
}

/**
 * pfnmap_inode_new - a new inode, with a dirty_folio that does nothing
 *
 * Return: the inode, to be dropped by iput(), or an ERR_PTR().
 */
struct inode *pfnmap_inode_new(void)
{
	return alloc_anon_inode(pfnmap_mnt->mnt_sb);
}
