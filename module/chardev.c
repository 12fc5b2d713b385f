// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/pfnmap_test and /dev/pfnmap_test_prepare: open, and the table of ioctls.
 */
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "pfnmap_test.h"

/**
 * struct pfnmap_made - a kind of object with an id, which an ioctl makes
 * @ids: offset of the ids' XArray in struct pfnmap_file
 * @drop: gives an object back
 */
struct pfnmap_made {
	size_t ids;
	void (*drop)(void *object);
};

static const struct pfnmap_made pfnmap_made_reservation = {
	.ids = offsetof(struct pfnmap_file, reservations),
	.drop = pfnmap_drop_owned,
};

static const struct pfnmap_made pfnmap_made_pin = {
	.ids = offsetof(struct pfnmap_file, pins),
	.drop = pfnmap_drop_pin,
};

/**
 * struct pfnmap_ioctl - one ioctl
 * @fn: gets the argument in kernel memory, and leaves the results there
 * @size: of the argument, in bytes
 * @min_size: of the argument's first version; the module takes no smaller one
 * @admin: needs CAP_SYS_ADMIN
 * @out: has results to copy back
 * @made: what @fn makes, or NULL; the ioctl drops the object if it can't write the results
 * @id: offset of the object's id in the argument
 */
struct pfnmap_ioctl {
	int (*fn)(struct pfnmap_file *pf, void *arg);
	size_t size;
	size_t min_size;
	bool admin;
	bool out;
	const struct pfnmap_made *made;
	size_t id;
};

union pfnmap_ioctl_arg {
	struct pfnmap_test_info info;
	struct pfnmap_test_describe describe;
	struct pfnmap_test_map map;
	struct pfnmap_test_memtype memtype;
	struct pfnmap_test_memtype_list list;
	struct pfnmap_test_reserve reserve;
	struct pfnmap_test_release release;
	struct pfnmap_test_leaf leaf;
	struct pfnmap_test_vma vma;
	struct pfnmap_test_zap zap;
	struct pfnmap_test_folio folio;
	struct pfnmap_test_pin pin;
	struct pfnmap_test_unpin unpin;
	struct pfnmap_test_word word;
	struct pfnmap_test_memremap memremap;
	struct pfnmap_test_enabled enabled;
	struct pfnmap_test_wait_idle wait_idle;
	struct pfnmap_test_fail fail;
	struct pfnmap_test_follow follow;
	struct pfnmap_test_calls calls;
	struct pfnmap_test_inspect inspect;
};

/*
 * _last is the last field of the struct's first version: later fields may follow.
 * The arguments after it set further members of struct pfnmap_ioctl.
 */
#define PFNMAP_IOCTL(_cmd, _fn, _struct, _last, ...)			\
	[_IOC_NR(_cmd)] = {						\
		.fn = _fn,						\
		.size = sizeof(struct _struct) +			\
			BUILD_BUG_ON_ZERO(sizeof(struct _struct) >	\
					  sizeof(union pfnmap_ioctl_arg)), \
		.min_size = offsetofend(struct _struct, _last),		\
		__VA_ARGS__						\
	}

static const struct pfnmap_ioctl ioctls[] = {
	PFNMAP_IOCTL(PFNMAP_TEST_GET_INFO, pfnmap_get_info,
		     pfnmap_test_info, cache_modes, .out = true),
	PFNMAP_IOCTL(PFNMAP_TEST_DESCRIBE, pfnmap_describe,
		     pfnmap_test_describe, bytes, .out = true),
	PFNMAP_IOCTL(PFNMAP_TEST_SET_MAP, pfnmap_set_map,
		     pfnmap_test_map, chunk_bytes),
	PFNMAP_IOCTL(PFNMAP_TEST_MEMTYPE_LOOKUP, pfnmap_memtype_lookup,
		     pfnmap_test_memtype, end, .admin = true, .out = true),
	PFNMAP_IOCTL(PFNMAP_TEST_MEMTYPE_LIST, pfnmap_memtype_list,
		     pfnmap_test_memtype_list, entries, .admin = true,
		     .out = true),
	PFNMAP_IOCTL(PFNMAP_TEST_MEMTYPE_RESERVE, pfnmap_reserve,
		     pfnmap_test_reserve, bytes, .admin = true, .out = true,
		     .made = &pfnmap_made_reservation,
		     .id = offsetof(struct pfnmap_test_reserve, id)),
	PFNMAP_IOCTL(PFNMAP_TEST_MEMTYPE_RELEASE, pfnmap_release,
		     pfnmap_test_release, id, .admin = true),
	PFNMAP_IOCTL(PFNMAP_TEST_LEAF, pfnmap_leaf,
		     pfnmap_test_leaf, pfn, .admin = true, .out = true),
	PFNMAP_IOCTL(PFNMAP_TEST_VMA, pfnmap_vma,
		     pfnmap_test_vma, track_bytes, .admin = true, .out = true),
	PFNMAP_IOCTL(PFNMAP_TEST_ZAP, pfnmap_zap,
		     pfnmap_test_zap, bytes, .admin = true),
	PFNMAP_IOCTL(PFNMAP_TEST_FOLIO, pfnmap_folio,
		     pfnmap_test_folio, pfn, .admin = true, .out = true),
	PFNMAP_IOCTL(PFNMAP_TEST_PIN, pfnmap_pin,
		     pfnmap_test_pin, word, .admin = true, .out = true,
		     .made = &pfnmap_made_pin,
		     .id = offsetof(struct pfnmap_test_pin, id)),
	PFNMAP_IOCTL(PFNMAP_TEST_UNPIN, pfnmap_unpin,
		     pfnmap_test_unpin, id, .admin = true),
	PFNMAP_IOCTL(PFNMAP_TEST_WORD, pfnmap_word,
		     pfnmap_test_word, value, .admin = true, .out = true),
	PFNMAP_IOCTL(PFNMAP_TEST_MEMREMAP_PAGES, pfnmap_memremap,
		     pfnmap_test_memremap, bytes, .admin = true, .out = true,
		     .made = &pfnmap_made_reservation,
		     .id = offsetof(struct pfnmap_test_memremap, id)),
	PFNMAP_IOCTL(PFNMAP_TEST_SET_ENABLED, pfnmap_set_enabled,
		     pfnmap_test_enabled, reserved, .admin = true),
	PFNMAP_IOCTL(PFNMAP_TEST_WAIT_IDLE, pfnmap_wait_idle,
		     pfnmap_test_wait_idle, reserved, .admin = true),
	PFNMAP_IOCTL(PFNMAP_TEST_FAIL_NEXT, pfnmap_fail_next,
		     pfnmap_test_fail, fired, .admin = true, .out = true),
	PFNMAP_IOCTL(PFNMAP_TEST_FOLLOW, pfnmap_follow,
		     pfnmap_test_follow, pfn, .admin = true, .out = true),
	PFNMAP_IOCTL(PFNMAP_TEST_CALLS, pfnmap_calls,
		     pfnmap_test_calls, page_mkwrite, .admin = true, .out = true),
	PFNMAP_IOCTL(PFNMAP_TEST_INSPECT, pfnmap_inspect,
		     pfnmap_test_inspect, pgmap, .admin = true, .out = true),
};

/* Let user space use the id, or drop the object. The ioctl touches neither afterwards. */
static void publish(const struct pfnmap_ioctl *op, struct pfnmap_file *pf,
		    const union pfnmap_ioctl_arg *arg, bool told)
{
	struct xarray *ids = (void *)pf + op->made->ids;
	u32 id = *(const u32 *)((const void *)arg + op->id);

	if (told)
		pfnmap_id_tell(ids, id);
	else
		op->made->drop(xa_erase(ids, id));
}

static long pfnmap_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	const struct pfnmap_ioctl *op;
	void __user *uarg = (void __user *)arg;
	union pfnmap_ioctl_arg buf;
	u32 size;
	int err;

	if (_IOC_TYPE(cmd) != PFNMAP_TEST_IOC_TYPE ||
	    _IOC_NR(cmd) >= ARRAY_SIZE(ioctls) ||
	    cmd != _IO(PFNMAP_TEST_IOC_TYPE, _IOC_NR(cmd)))
		return -ENOTTY;

	op = &ioctls[_IOC_NR(cmd)];
	if (get_user(size, (u32 __user *)uarg))
		return -EFAULT;
	if (size < op->min_size)
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	if (op->admin && !capable(CAP_SYS_ADMIN))
		return -EPERM;

	err = copy_struct_from_user(&buf, op->size, uarg, size);
	if (err)
		return err;

	err = op->fn(file->private_data, &buf);
	if (err || !op->out)
		return err;
	if (copy_to_user(uarg, &buf, min_t(size_t, size, op->size)))
		err = -EFAULT;
	if (op->made)
		publish(op, file->private_data, &buf, !err);
	return err;
}

static int open_file(struct file *file, bool prepare)
{
	struct pfnmap_file *pf;

	pf = pfnmap_fail_point() ? NULL : compat_kzalloc_obj(*pf, GFP_KERNEL_ACCOUNT);
	if (!pf)
		return -ENOMEM;

	pf->inode = pfnmap_inode_new();
	if (IS_ERR(pf->inode)) {
		int err = PTR_ERR(pf->inode);

		kfree(pf);
		return err;
	}

	pfnmap_reserve_settle();
	pf->mmio = pfnmap_mmio_get();
	pfnmap_fail_init(&pf->fail);
	mutex_init(&pf->lock);
	mutex_init(&pf->set_lock);
	INIT_LIST_HEAD(&pf->ops);
	pfnmap_power_init(pf);
	xa_init_flags(&pf->states, XA_FLAGS_ACCOUNT);
	xa_init_flags(&pf->reservations, XA_FLAGS_ALLOC1 | XA_FLAGS_ACCOUNT);
	xa_init_flags(&pf->pins, XA_FLAGS_ALLOC1 | XA_FLAGS_ACCOUNT);
	pf->prepare = prepare;
	pf->file = file;
	pfnmap_map_default(pf);

	file->f_mapping = pf->inode->i_mapping;
	file->private_data = pf;
	return 0;
}

static int pfnmap_open(struct inode *inode, struct file *file)
{
	return open_file(file, false);
}

static int pfnmap_close(struct inode *inode, struct file *file)
{
	struct pfnmap_file *pf = file->private_data;

	pfnmap_fail_disarm(&pf->fail);
	pfnmap_unpin_all(pf);
	pfnmap_drop_all(pf);
	if (pf->folios || pfnmap_linger_owed())
		pfnmap_linger();
	if (pf->mmio)
		pfnmap_mmio_put();
	iput(pf->inode);
	pfnmap_ops_free(pf);
	kfree(pf);
	return 0;
}

static const struct file_operations pfnmap_fops = {
	.owner		= THIS_MODULE,
	.open		= pfnmap_open,
	.release	= pfnmap_close,
	.mmap		= pfnmap_mmap,
	.get_unmapped_area = pfnmap_get_unmapped_area,
	.unlocked_ioctl	= pfnmap_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
	.llseek		= noop_llseek,
};

static struct miscdevice pfnmap_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= KBUILD_MODNAME,
	.fops	= &pfnmap_fops,
	.mode	= 0600,
};

#if PFNMAP_HAVE_MMAP_ACTION
static int pfnmap_open_prepare(struct inode *inode, struct file *file)
{
	return open_file(file, true);
}

static const struct file_operations pfnmap_prepare_fops = {
	.owner		= THIS_MODULE,
	.open		= pfnmap_open_prepare,
	.release	= pfnmap_close,
	.mmap_prepare	= pfnmap_mmap_prepare,
	.get_unmapped_area = pfnmap_get_unmapped_area,
	.unlocked_ioctl	= pfnmap_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
	.llseek		= noop_llseek,
};

static struct miscdevice pfnmap_prepare_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= KBUILD_MODNAME "_prepare",
	.fops	= &pfnmap_prepare_fops,
	.mode	= 0600,
};

static int register_prepare(void)
{
	return misc_register(&pfnmap_prepare_misc);
}

static void deregister_prepare(void)
{
	misc_deregister(&pfnmap_prepare_misc);
}
#else
static int register_prepare(void)
{
	return 0;
}

static void deregister_prepare(void)
{
}
#endif

/**
 * pfnmap_chardev_init - register the devices
 *
 * Return: 0 or a negative errno.
 */
int pfnmap_chardev_init(void)
{
	int err;

	err = misc_register(&pfnmap_misc);
	if (err)
		return err;

	err = register_prepare();
	if (err)
		misc_deregister(&pfnmap_misc);
	return err;
}

/**
 * pfnmap_chardev_exit - unregister the devices; nobody has them open
 */
void pfnmap_chardev_exit(void)
{
	deregister_prepare();
	misc_deregister(&pfnmap_misc);
}
