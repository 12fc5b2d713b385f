// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module's own inodes, and so its own address_spaces.
 *
 * Every open file has an inode of its own. With the device node's inode, which all open
 * files of the node share, unmap_mapping_range() would also reach the mappings of other
 * open files.
 *
 * Folios that are mapped with references point to one address_space, by which rmap
 * finds all their mappings. So all files share one inode for folios. This inode is
 * S_DAX, by which the kernel takes a VMA of the file for a DAX VMA. On 7.2 munmap()
 * oopses for a PFNMAP PUD in a DAX VMA, and for a huge zero PMD outside of one. And the
 * inode is a character device's, as device-dax's is: the kernel takes any other DAX
 * inode for a file system's, and refuses to pin its pages for long.
 *
 * The inodes live in the kernel's own anon_inodefs. An O_PATH descriptor of a file in
 * /proc/PID/map_files holds a VMA's mount, not its module. If the mount were of a file
 * system of this module, the module could be gone when the descriptor is closed.
 */
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/mount.h>

#include "pfnmap_test.h"

static struct vfsmount *anon_mnt;
static struct inode *folios_inode;

/*
 * anon_inodefs gives out files only, and a file has its mount. If the load fails, the
 * kernel may finish the fput() after the module is gone. So the file has none of the
 * module's own operations.
 */
static struct vfsmount *get_anon_mnt(void)
{
	struct vfsmount *mnt;
	struct file *file;

	file = anon_inode_getfile(KBUILD_MODNAME, &generic_ro_fops, NULL, O_RDONLY);
	if (IS_ERR(file))
		return ERR_CAST(file);

	mnt = mntget(file->f_path.mnt);
	fput(file);
	return mnt;
}

/**
 * pfnmap_inode_init - find the file system that the inodes live in
 *
 * Return: 0 or a negative errno.
 */
int pfnmap_inode_init(void)
{
	anon_mnt = get_anon_mnt();
	if (IS_ERR(anon_mnt))
		return PTR_ERR(anon_mnt);

	folios_inode = pfnmap_inode_new();
	if (IS_ERR(folios_inode)) {
		mntput(anon_mnt);
		return PTR_ERR(folios_inode);
	}

	folios_inode->i_flags |= S_DAX;
	folios_inode->i_mode |= S_IFCHR;
	return 0;
}

/**
 * pfnmap_inode_exit - undo pfnmap_inode_init()
 */
void pfnmap_inode_exit(void)
{
	iput(folios_inode);
	mntput(anon_mnt);
}

/**
 * pfnmap_inode_new - a new inode, with a dirty_folio that does nothing
 *
 * Return: the inode, which the caller puts by iput(), or an ERR_PTR().
 */
struct inode *pfnmap_inode_new(void)
{
	if (pfnmap_fail_point())
		return ERR_PTR(-ENOMEM);

	return alloc_anon_inode(anon_mnt->mnt_sb);
}

/**
 * pfnmap_folio_mapping - the address_space of folios that are mapped with references
 *
 * Return: the address_space; it lives as long as the module.
 */
struct address_space *pfnmap_folio_mapping(void)
{
	return folios_inode->i_mapping;
}

/**
 * pfnmap_folio_file - a file on the inode of folios, to be a VMA's vm_file
 * @fops: its operations, whose owner it pins
 * @data: its private_data
 *
 * Return: the file, which the caller puts by fput(), or an ERR_PTR().
 */
struct file *pfnmap_folio_file(const struct file_operations *fops, void *data)
{
	struct file *file;

	if (pfnmap_fail_point())
		return ERR_PTR(-ENOMEM);

	ihold(folios_inode);
	file = alloc_file_pseudo(folios_inode, anon_mnt, KBUILD_MODNAME, O_RDWR,
				 fops);
	if (IS_ERR(file)) {
		iput(folios_inode);
		return file;
	}

	/* The last fput() puts the owner of the operations. */
	__module_get(fops->owner);
	file->private_data = data;
	return file;
}
