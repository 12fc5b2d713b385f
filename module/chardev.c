// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/pfnmap_test: open, mmap, and the table of ioctls.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/capability.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <asm/memtype.h>

#include "compat.h"
#include "pfnmap_test.h"

static const struct pfnmap_pattern *const patterns[] = {
	[PFNMAP_TEST_METHOD_REMAP_PFN_RANGE] = &pfnmap_remap_pfn_range,
	[PFNMAP_TEST_METHOD_VMF_INSERT_PFN] = &pfnmap_vmf_insert_pfn,
};

static const char *const levels[] = {
	[PFNMAP_TEST_LEVEL_PTE] = "pte",
	[PFNMAP_TEST_LEVEL_PMD] = "pmd",
	[PFNMAP_TEST_LEVEL_PUD] = "pud",
};

static int pfnmap_get_info(struct pfnmap_file *pf, void *arg)
{
	struct pfnmap_test_info *info = arg;
	u32 id;

	*info = (struct pfnmap_test_info){
		.size = info->size,
		.abi = PFNMAP_TEST_ABI,
		.flags = PFNMAP_TRACKING_INFO,
		.memtype_error = -pfnmap_memtype_error(),
		.cache_modes = pfnmap_cachemode_distinct(),
	};

	if (pat_enabled())
		info->flags |= PFNMAP_TEST_INFO_PAT;
	if (!pfnmap_memtype_error())
		info->flags |= PFNMAP_TEST_INFO_MEMTYPE;
	for (id = 1; id < ARRAY_SIZE(patterns); id++)
		info->methods |= PFNMAP_TEST_BIT(id);
	for (id = 1; pfnmap_region(id); id++) {
		if (!pfnmap_region(id)->error)
			info->regions |= PFNMAP_TEST_BIT(id);
	}

	return 0;
}

static const char *describe_region(struct pfnmap_test_describe *d)
{
	const struct pfnmap_region *region = pfnmap_region(d->id);

	if (!region)
		return NULL;

	d->flags = region->flags;
	d->error = -region->error;
	d->bytes = region->bytes;
	if (capable(CAP_SYS_ADMIN))
		d->start = region->start;

	return region->name;
}

static const char *describe_method(struct pfnmap_test_describe *d)
{
	const struct pfnmap_pattern *pattern;

	if (d->id >= ARRAY_SIZE(patterns))
		return NULL;

	pattern = patterns[d->id];
	d->flags = pattern->flags;
	d->regions = pattern->regions;
	d->levels = pattern->levels;
	d->map_flags = pattern->map_flags;

	return pattern->name;
}

static int pfnmap_describe(struct pfnmap_file *pf, void *arg)
{
	struct pfnmap_test_describe *d = arg;
	const char *name = NULL;

	if (d->reserved || !d->id)
		return -EINVAL;

	*d = (struct pfnmap_test_describe){
		.size = d->size,
		.kind = d->kind,
		.id = d->id,
	};

	switch (d->kind) {
	case PFNMAP_TEST_KIND_REGION:
		name = describe_region(d);
		break;
	case PFNMAP_TEST_KIND_METHOD:
		name = describe_method(d);
		break;
	case PFNMAP_TEST_KIND_CACHE_MODE:
		name = pfnmap_cachemode_name(d->id);
		break;
	case PFNMAP_TEST_KIND_LEVEL:
		name = d->id < ARRAY_SIZE(levels) ? levels[d->id] : NULL;
		break;
	default:
		return -EINVAL;
	}

	if (!name)
		return -ENOENT;

	strscpy(d->name, name, sizeof(d->name));
	return 0;
}

static int pfnmap_set_map(struct pfnmap_file *pf, void *arg)
{
	const struct pfnmap_test_map *req = arg;
	const struct pfnmap_pattern *pattern;
	const struct pfnmap_region *region;
	bool chunked = req->flags & PFNMAP_TEST_MAP_CHUNKED;

	region = pfnmap_region_present(req->region);
	if (IS_ERR(region))
		return PTR_ERR(region);

	if (!req->method || req->method >= ARRAY_SIZE(patterns) ||
	    !req->level || req->level >= ARRAY_SIZE(levels) ||
	    !pfnmap_cachemode_name(req->cache_mode))
		return -EINVAL;

	pattern = patterns[req->method];
	if (req->flags & ~pattern->map_flags)
		return -EINVAL;
	if (chunked != !!req->chunk_bytes || !PAGE_ALIGNED(req->chunk_bytes))
		return -EINVAL;
	if (!(pattern->regions & PFNMAP_TEST_BIT(req->region)) ||
	    !(pattern->levels & PFNMAP_TEST_BIT(req->level)))
		return -EOPNOTSUPP;

	mutex_lock(&pf->lock);
	pf->map = (struct pfnmap_mapping){
		.region = region,
		.pattern = pattern,
		.cache_mode = req->cache_mode,
		.flags = req->flags,
		.chunk_bytes = req->chunk_bytes,
	};
	mutex_unlock(&pf->lock);

	return 0;
}

/**
 * struct pfnmap_ioctl - one ioctl
 * @fn: gets the argument in kernel memory; what it leaves there goes back
 * @size: of the argument, in bytes. A struct that has grown needs its first
 *	size here too, as the least that is taken
 * @admin: needs CAP_SYS_ADMIN
 */
struct pfnmap_ioctl {
	int (*fn)(struct pfnmap_file *pf, void *arg);
	size_t size;
	bool admin;
};

#define PFNMAP_IOCTL(_cmd, _fn, _struct, _admin)	\
	[_IOC_NR(_cmd)] = {				\
		.fn = _fn,				\
		.size = sizeof(struct _struct),		\
		.admin = _admin,			\
	}

static const struct pfnmap_ioctl ioctls[] = {
	PFNMAP_IOCTL(PFNMAP_TEST_GET_INFO, pfnmap_get_info,
		     pfnmap_test_info, false),
	PFNMAP_IOCTL(PFNMAP_TEST_DESCRIBE, pfnmap_describe,
		     pfnmap_test_describe, false),
	PFNMAP_IOCTL(PFNMAP_TEST_SET_MAP, pfnmap_set_map,
		     pfnmap_test_map, false),
	PFNMAP_IOCTL(PFNMAP_TEST_MEMTYPE_LOOKUP, pfnmap_memtype_lookup,
		     pfnmap_test_memtype, true),
	PFNMAP_IOCTL(PFNMAP_TEST_MEMTYPE_LIST, pfnmap_memtype_list,
		     pfnmap_test_memtype_list, true),
	PFNMAP_IOCTL(PFNMAP_TEST_MEMTYPE_RESERVE, pfnmap_reserve,
		     pfnmap_test_reserve, true),
	PFNMAP_IOCTL(PFNMAP_TEST_MEMTYPE_RELEASE, pfnmap_release,
		     pfnmap_test_release, true),
	PFNMAP_IOCTL(PFNMAP_TEST_LEAF, pfnmap_leaf, pfnmap_test_leaf, true),
	PFNMAP_IOCTL(PFNMAP_TEST_VMA, pfnmap_vma, pfnmap_test_vma, true),
	PFNMAP_IOCTL(PFNMAP_TEST_ZAP, pfnmap_zap, pfnmap_test_zap, true),
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
};

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
	if (size < op->size)
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	if (op->admin && !capable(CAP_SYS_ADMIN))
		return -EPERM;

	err = copy_struct_from_user(&buf, op->size, uarg, size);
	if (err)
		return err;

	err = op->fn(file->private_data, &buf);
	if (err)
		return err;

	return copy_to_user(uarg, &buf, op->size) ? -EFAULT : 0;
}

static int pfnmap_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct pfnmap_file *pf = file->private_data;
	struct pfnmap_mapping map;
	u64 pages;

	mutex_lock(&pf->lock);
	map = pf->map;
	mutex_unlock(&pf->lock);

	if (map.region->error)
		return -ENXIO;

	pages = PHYS_PFN(map.region->bytes);
	if (vma->vm_pgoff > pages || vma_pages(vma) > pages - vma->vm_pgoff)
		return -EINVAL;

	vma->vm_private_data = (void *)map.region;
	vma->vm_page_prot = pfnmap_cachemode_set(vma->vm_page_prot,
						 map.cache_mode);
	return map.pattern->mmap(vma, &map);
}

static int pfnmap_open(struct inode *inode, struct file *file)
{
	const struct pfnmap_region *region;
	struct pfnmap_file *pf;

	pf = kzalloc_obj(*pf, GFP_KERNEL_ACCOUNT);
	if (!pf)
		return -ENOMEM;

	pf->inode = pfnmap_inode_new();
	if (IS_ERR(pf->inode)) {
		int err = PTR_ERR(pf->inode);

		kfree(pf);
		return err;
	}

	region = pfnmap_region(PFNMAP_TEST_REGION_MMIO);
	if (region->error)
		region = pfnmap_region(PFNMAP_TEST_REGION_RAM);

	mutex_init(&pf->lock);
	xa_init_flags(&pf->reservations, XA_FLAGS_ALLOC1 | XA_FLAGS_ACCOUNT);
	pf->map.region = region;
	pf->map.pattern = patterns[PFNMAP_TEST_METHOD_REMAP_PFN_RANGE];
	pf->map.cache_mode = region->cache_mode;

	file->f_mapping = pf->inode->i_mapping;
	file->private_data = pf;
	return 0;
}

static int pfnmap_release_file(struct inode *inode, struct file *file)
{
	struct pfnmap_file *pf = file->private_data;

	pfnmap_release_all(pf);
	iput(pf->inode);
	kfree(pf);
	return 0;
}

static const struct file_operations pfnmap_fops = {
	.owner		= THIS_MODULE,
	.open		= pfnmap_open,
	.release	= pfnmap_release_file,
	.mmap		= pfnmap_mmap,
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

/**
 * pfnmap_chardev_init - register the device
 *
 * Return: 0 or a negative errno.
 */
int pfnmap_chardev_init(void)
{
	return misc_register(&pfnmap_misc);
}

/**
 * pfnmap_chardev_exit - take the device away; nobody has it open
 */
void pfnmap_chardev_exit(void)
{
	misc_deregister(&pfnmap_misc);
}
