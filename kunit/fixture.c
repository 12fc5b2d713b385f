// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a case begins and ends, and calls of the driver as a program makes them.
 */
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/jiffies.h>
#include <linux/mount.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "fixture.h"

/* Room for the arguments of ioctls, and for a list of reservations after them. */
#define ARG_BYTES	(16 * PAGE_SIZE)

/* How long to wait: the mm of a case's thread goes a little later than the thread. */
#define SETTLE		msecs_to_jiffies(5000)

static void close_file(void *file)
{
	__fput_sync(file);
}

/*
 * Suites that are built in run before user space has mounted devtmpfs on /dev. So
 * mount devtmpfs where nobody else sees it, as long as the file is open.
 */
static struct file *open_device(const char *path)
{
	struct file *file = filp_open(path, O_RDWR, 0);
	struct vfsmount *mnt;

	if (file != ERR_PTR(-ENOENT))
		return file;

	mnt = vfs_kern_mount(get_fs_type("devtmpfs"), 0, "devtmpfs", NULL);
	if (IS_ERR(mnt))
		return file;

	file = file_open_root_mnt(mnt, kbasename(path), O_RDWR, 0);
	mntput(mnt);
	return file;
}

/**
 * kt_open - open one of the driver's devices
 * @kt: the case
 * @path: of its node
 *
 * Return: the file, closed at the end of the case, or an ERR_PTR().
 */
struct file *kt_open(struct kt *kt, const char *path)
{
	struct file *file = open_device(path);
	int i, err;

	if (IS_ERR(file))
		return file;

	err = kunit_add_action_or_reset(kt->test, close_file, file);
	if (err)
		return ERR_PTR(err);

	for (i = 0; i < KT_FILES; i++) {
		if (!kt->files[i]) {
			kt->files[i] = file;
			return file;
		}
	}

	kunit_release_action(kt->test, close_file, file);
	return ERR_PTR(-EMFILE);
}

/**
 * kt_close - close a file before the end of the case
 * @kt: the case
 * @file: what kt_open() returned
 */
void kt_close(struct kt *kt, struct file *file)
{
	int i;

	for (i = 0; i < KT_FILES; i++) {
		if (kt->files[i] == file) {
			kt->files[i] = NULL;
			kunit_release_action(kt->test, close_file, file);
		}
	}
}

/**
 * kt_ioctl - an ioctl, its argument in user memory
 * @kt: the case
 * @file: which device
 * @cmd: PFNMAP_TEST_*
 * @arg: a struct of the uapi header; kt_ioctl() fills in its size
 * @size: the struct's size
 *
 * Return: what the ioctl returns.
 */
long kt_ioctl(struct kt *kt, struct file *file, unsigned int cmd, void *arg,
	      u32 size)
{
	long err;

	*(u32 *)arg = size;
	if (copy_to_user(kt->arg, arg, size))
		return -EFAULT;
	err = file->f_op->unlocked_ioctl(file, cmd, (unsigned long)kt->arg);
	if (copy_from_user(arg, kt->arg, size))
		return -EFAULT;

	return err;
}

static int describe(struct kt *kt)
{
	u32 id;

	if (kt_ioctl(kt, kt->file, PFNMAP_TEST_GET_INFO, &kt->info,
		     sizeof(kt->info)))
		return -EIO;

	for (id = 1; id < KT_REGIONS; id++) {
		struct pfnmap_test_describe d = {
			.kind = PFNMAP_TEST_KIND_REGION,
			.id = id,
		};

		if (kt_ioctl(kt, kt->file, PFNMAP_TEST_DESCRIBE, &d, sizeof(d)))
			return -EIO;
		kt->regions[id] = (struct kt_region){
			.start = d.start,
			.bytes = d.bytes,
			.error = d.error,
		};
	}

	return 0;
}

static int attach(struct kt *kt)
{
	unsigned long addr;
	int err;

	err = kunit_attach_mm();
	if (err)
		return err;

	addr = vm_mmap(NULL, 0, ARG_BYTES, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, 0);
	if (IS_ERR_VALUE(addr))
		return addr;

	kt->arg = (void __user *)addr;
	return 0;
}

/**
 * kt_init - init() of every suite: get an mm, open the devices, record the baseline
 * @test: the case
 *
 * Return: 0 or a negative errno; skips the case where the driver isn't loaded.
 */
int kt_init(struct kunit *test)
{
	struct kt *kt;
	int err;

	kt = kunit_kzalloc(test, sizeof(*kt), GFP_KERNEL);
	if (!kt)
		return -ENOMEM;

	kt->test = test;
	err = attach(kt);
	if (err)
		return err;

	kt->file = kt_open(kt, PFNMAP_TEST_DEVICE);
	if (IS_ERR(kt->file))
		kunit_skip(test, "no " PFNMAP_TEST_DEVICE ": pfnmap_test is not loaded");
	kt->prepare = kt_open(kt, PFNMAP_TEST_DEVICE_PREPARE);
	if (IS_ERR(kt->prepare))
		kt->prepare = NULL;

	err = describe(kt);
	if (err)
		return err;

	kt->reservations = kt_reservations(kt, 0, U64_MAX);
	test->priv = kt;
	return 0;
}

/*
 * A folio that nobody uses has one reference, whatever its size. The suites map
 * single pages in the first few MiB only.
 */
static unsigned long folios_in_use(struct kt *kt, u32 region)
{
	unsigned long pages = min(PHYS_PFN(kt->regions[region].bytes), 4096ULL);
	unsigned long pfn = PHYS_PFN(kt->regions[region].start);
	unsigned long end = pfn + pages, used = 0;

	if (kt->regions[region].error)
		return 0;

	while (pfn < end) {
		struct folio *folio = page_folio(pfn_to_page(pfn));

		if (folio_ref_count(folio) != 1 || folio_mapped(folio))
			used++;
		pfn += folio_nr_pages(folio);
	}

	return used;
}

static bool at_baseline(struct kt *kt, long *now, unsigned long *dax,
			unsigned long *ram)
{
	flush_delayed_fput();
	*now = kt_reservations(kt, 0, U64_MAX);
	*dax = folios_in_use(kt, PFNMAP_TEST_REGION_DAX);
	*ram = folios_in_use(kt, PFNMAP_TEST_REGION_RAM);
	return *now == kt->reservations && !*dax && !*ram;
}

/**
 * kt_exit - exit() of every suite: close all files, and expect the baseline
 * @test: the case
 */
void kt_exit(struct kunit *test)
{
	unsigned long deadline = jiffies + SETTLE;
	struct kt *kt = test->priv;
	unsigned long dax, ram;
	long now;
	int i;

	if (!kt)
		return;

	for (i = 0; i < KT_FILES; i++) {
		if (kt->files[i])
			kunit_release_action(test, close_file, kt->files[i]);
		kt->files[i] = NULL;
	}

	/* KUnit calls this in another thread than the case. */
	KUNIT_ASSERT_EQ(test, attach(kt), 0);
	kt->file = kt_open(kt, PFNMAP_TEST_DEVICE);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, kt->file);

	while (!at_baseline(kt, &now, &dax, &ram) && time_before(jiffies, deadline))
		msleep(20);

	KUNIT_EXPECT_EQ_MSG(test, now, kt->reservations,
			    "the memtype tree is not as it was before");
	KUNIT_EXPECT_EQ_MSG(test, dax, 0, "folios of dax are still mapped or held");
	KUNIT_EXPECT_EQ_MSG(test, ram, 0, "pages of ram are still mapped or held");
}

/**
 * kt_need_region - skip the case where a region is not there
 * @kt: the case
 * @region: enum pfnmap_test_region_id
 * @bytes: the least size that the case needs
 */
void kt_need_region(struct kt *kt, u32 region, u64 bytes)
{
	if (kt->regions[region].error)
		kunit_skip(kt->test, "region %u is not there (error %u)", region,
			   kt->regions[region].error);
	if (kt->regions[region].bytes < bytes)
		kunit_skip(kt->test, "region %u has less than %llu bytes", region,
			   bytes);
}

/**
 * kt_need_method - skip the case where this kernel lacks a method
 * @kt: the case
 * @method: enum pfnmap_test_method_id
 */
void kt_need_method(struct kt *kt, u32 method)
{
	if (!(kt->info.methods & PFNMAP_TEST_BIT(method)))
		kunit_skip(kt->test, "%s: not on this kernel",
			   kt_method_name(method));
}

/**
 * kt_need_memtype - skip the case where the driver can't read the memtype tree
 * @kt: the case
 */
void kt_need_memtype(struct kt *kt)
{
	if (!(kt->info.flags & PFNMAP_TEST_INFO_MEMTYPE))
		kunit_skip(kt->test, "no memtype query (error %u)", kt->info.memtype_error);
}

/**
 * kt_need_tracking - skip the case if the kernel tracks nothing, or not visibly
 * @kt: the case
 */
void kt_need_tracking(struct kt *kt)
{
	if (!(kt->info.flags & PFNMAP_TEST_INFO_TRACK_CTX))
		kunit_skip(kt->test, "this kernel tracks no ranges by VMA");
	if (!(kt->info.flags & PFNMAP_TEST_INFO_PAT))
		kunit_skip(kt->test, "PAT is off");
	kt_need_memtype(kt);
}

/**
 * kt_region_pfn - the page frame behind an offset
 * @kt: the case
 * @region: enum pfnmap_test_region_id
 * @offset: in bytes
 *
 * Return: the page frame's number.
 */
unsigned long kt_region_pfn(struct kt *kt, u32 region, u64 offset)
{
	return PHYS_PFN(kt->regions[region].start + offset);
}

/**
 * kt_file - the device that has a method
 * @kt: the case
 * @method: enum pfnmap_test_method_id
 *
 * Return: the device's open file; skips the case where the device is not there.
 */
struct file *kt_file(struct kt *kt, u32 method)
{
	struct pfnmap_test_describe d = {
		.kind = PFNMAP_TEST_KIND_METHOD,
		.id = method,
	};

	kt_need_method(kt, method);
	KUNIT_ASSERT_EQ(kt->test, 0,
			kt_ioctl(kt, kt->file, PFNMAP_TEST_DESCRIBE, &d, sizeof(d)));
	if (!(d.flags & PFNMAP_TEST_DESC_PREPARE))
		return kt->file;
	if (!kt->prepare)
		kunit_skip(kt->test, "no " PFNMAP_TEST_DEVICE_PREPARE);

	return kt->prepare;
}

/**
 * kt_largest_level - the largest leaf that a method maps
 * @kt: the case
 * @method: enum pfnmap_test_method_id
 *
 * Return: enum pfnmap_test_level.
 */
u32 kt_largest_level(struct kt *kt, u32 method)
{
	struct pfnmap_test_describe d = {
		.kind = PFNMAP_TEST_KIND_METHOD,
		.id = method,
	};

	KUNIT_ASSERT_EQ(kt->test, 0,
			kt_ioctl(kt, kt->file, PFNMAP_TEST_DESCRIBE, &d, sizeof(d)));
	return fls64(d.levels) - 1;
}

/**
 * kt_leaf_bytes - size of a leaf
 * @level: enum pfnmap_test_level
 *
 * Return: bytes.
 */
unsigned long kt_leaf_bytes(u32 level)
{
	static const unsigned int orders[] = { 0, 0, COMPAT_PMD_ORDER, COMPAT_PUD_ORDER };

	return PAGE_SIZE << orders[level];
}

/**
 * kt_set - SET_MAP
 * @kt: the case
 * @how: what to ask for
 *
 * Return: what the ioctl returns.
 */
long kt_set(struct kt *kt, const struct kt_how *how)
{
	struct pfnmap_test_map map = {
		.region = how->region,
		.method = how->method,
		.cache_mode = how->mode,
		.level = how->level ?: PFNMAP_TEST_LEVEL_PTE,
		.flags = how->flags,
		.chunk_bytes = how->chunk,
	};

	return kt_ioctl(kt, kt_file(kt, how->method), PFNMAP_TEST_SET_MAP, &map,
			sizeof(map));
}

/**
 * kt_try_map - SET_MAP, which has to work, and mmap, which need not
 * @kt: the case
 * @how: what to ask for
 * @offset: in the region
 * @bytes: size
 * @prot: PROT_*
 * @flags: MAP_*
 *
 * Return: the address or a negative errno.
 */
unsigned long kt_try_map(struct kt *kt, const struct kt_how *how, u64 offset,
			 unsigned long bytes, unsigned long prot,
			 unsigned long flags)
{
	kt_need_region(kt, how->region, offset + bytes);
	KUNIT_ASSERT_EQ_MSG(kt->test, kt_set(kt, how), 0, "SET_MAP %s",
			    kt_method_name(how->method));
	return kunit_vm_mmap(kt->test, kt_file(kt, how->method), 0, bytes, prot,
			     flags, offset);
}

/**
 * kt_map - SET_MAP and mmap, both of which have to work
 * @kt: the case
 * @how: what to ask for
 * @offset: in the region
 * @bytes: size
 * @prot: PROT_*
 * @flags: MAP_*
 *
 * Return: the address.
 */
unsigned long kt_map(struct kt *kt, const struct kt_how *how, u64 offset,
		     unsigned long bytes, unsigned long prot,
		     unsigned long flags)
{
	unsigned long addr = kt_try_map(kt, how, offset, bytes, prot, flags);

	KUNIT_ASSERT_FALSE_MSG(kt->test, IS_ERR_VALUE(addr), "mmap of %s: %ld",
			       kt_method_name(how->method), (long)addr);
	return addr;
}

/**
 * kt_unmap - munmap, which has to work
 * @kt: the case
 * @addr: user address
 * @bytes: size
 */
void kt_unmap(struct kt *kt, unsigned long addr, unsigned long bytes)
{
	KUNIT_ASSERT_EQ(kt->test, vm_munmap(addr, bytes), 0);
	/* This is a kernel thread, so the kernel puts the VMA's file later. */
	flush_delayed_fput();
}

/**
 * kt_reserve - MEMTYPE_RESERVE; the driver gives it back at close
 * @kt: the case
 * @region: enum pfnmap_test_region_id
 * @mode: enum pfnmap_test_cache_mode
 * @offset: in the region
 * @bytes: size
 * @got: set to the mode that the kernel granted; or NULL
 *
 * Return: the reservation's id, or the negative errno that the ioctl returns.
 */
long kt_reserve(struct kt *kt, u32 region, u32 mode, u64 offset, u64 bytes,
		u32 *got)
{
	struct pfnmap_test_reserve req = {
		.region = region,
		.cache_mode = mode,
		.offset = offset,
		.bytes = bytes,
	};
	long err;

	err = kt_ioctl(kt, kt->file, PFNMAP_TEST_MEMTYPE_RESERVE, &req,
		       sizeof(req));
	if (err)
		return err;

	if (got)
		*got = req.cache_mode;
	return req.id;
}
