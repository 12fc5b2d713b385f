// SPDX-License-Identifier: GPL-2.0-only
/*
 * The dax region: ZONE_DEVICE memory, MEMORY_DEVICE_GENERIC as device-dax has it.
 *
 * All folios have one size at a time, for a leaf maps exactly one of them. The module
 * makes them anew in another size when a file asks for that and nobody uses them.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/align.h>
#include <linux/atomic.h>
#include <linux/delay.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/memremap.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/numa.h>
#include <linux/string.h>

#include "compat.h"
#include "pfnmap_test.h"
#include "retry.h"

#define LINGER_MS	20

#define WAIT_IDLE_MS	2

/* Held to look at struct pages of the regions, and while these come or go. */
static DEFINE_MUTEX(lock);

/*
 * The number of files by which VMAs map folios; -1 while the module makes folios anew.
 * mmap() can't take the mutex for this: it runs under the mmap lock, and under the
 * mutex memory hotplug takes locks of its own to make struct pages.
 */
static atomic_t users = ATOMIC_INIT(0);
static bool lingering;

/* No thread could be started to put the module's reference: a later close tries again. */
static bool owed;

static struct dev_pagemap pgmap;
static struct pfnmap_region *dax;
static unsigned int cur_order;
static bool fixed_order;

static bool fits(unsigned int order)
{
	u64 bytes = (u64)PAGE_SIZE << order;

	return IS_ALIGNED(dax->start, bytes) && IS_ALIGNED(dax->bytes, bytes);
}

static int make(unsigned int order)
{
	void *addr;

	memset(&pgmap, 0, sizeof(pgmap));
	pgmap.type = MEMORY_DEVICE_GENERIC;
	pgmap.range.start = dax->start;
	pgmap.range.end = dax->start + dax->bytes - 1;
	pgmap.nr_range = 1;
	pgmap.vmemmap_shift = order;
	addr = pfnmap_fail_point() ? ERR_PTR(-ENOMEM) :
	       memremap_pages(&pgmap, NUMA_NO_NODE);
	if (IS_ERR(addr))
		return PTR_ERR(addr);

	cur_order = order;
	return 0;
}

/* Nobody but the page map has a reference: no pin and, since 6.15, no mapping. */
static bool idle_part(u64 offset, u64 bytes)
{
	unsigned long pfn = PHYS_PFN(dax->start + offset);
	unsigned long end = pfn + PHYS_PFN(bytes);

	pfn = ALIGN_DOWN(pfn, 1UL << cur_order);
	for (; pfn < end; pfn += 1UL << cur_order) {
		if (page_ref_count(pfn_to_page(pfn)) != 1)
			return false;
		cond_resched();
	}

	return true;
}

static bool idle(void)
{
	return idle_part(0, dax->bytes);
}

/**
 * pfnmap_dax_init - make ZONE_DEVICE pages of the dax region
 * @region: its start and bytes are set
 * @align: size of a folio in bytes, for good; 0 for the largest that fits, and
 *	others when they are asked for
 * @why: on error, what stood in the way, for the log
 *
 * Return: 0 or a negative errno.
 */
int pfnmap_dax_init(struct pfnmap_region *region, u64 align, const char **why)
{
	u32 level = PFNMAP_TEST_LEVEL_PUD;

	dax = region;
	*why = "not a multiple of 2 MiB, or not of dax_align";
	if (!fits(pfnmap_level_order(PFNMAP_TEST_LEVEL_PMD)))
		return -EINVAL;

	fixed_order = align;
	if (fixed_order) {
		cur_order = get_order(align);
		if (!fits(cur_order))
			return -EINVAL;
	} else {
		while (!fits(pfnmap_level_order(level)))
			level--;
		cur_order = pfnmap_level_order(level);
	}

	*why = "memremap_pages() refused";
	return make(cur_order);
}

/**
 * pfnmap_dax_exit - undo pfnmap_dax_init(); nothing is mapped or pinned
 */
void pfnmap_dax_exit(void)
{
	memunmap_pages(&pgmap);
}

/* Without the old folios the region is lost, so wait a moment for memory. */
static int restore(unsigned int order)
{
	int tries = 0;
	int err;

	do {
		err = make(order);
	} while (err && pfnmap_retry(&tries));

	return err;
}

static int make_anew(unsigned int order)
{
	unsigned int old = cur_order;
	int err = -EBUSY;

	if (atomic_cmpxchg(&users, 0, -1))
		return err;

	if (idle()) {
		memunmap_pages(&pgmap);
		err = make(order);
		if (err && restore(old)) {
			pr_err("dax: the pages are lost (error %d)\n", err);
			dax->error = err;
		}
	}

	/* pfnmap_dax_file() then sees the pages that are there now, or the error. */
	atomic_set_release(&users, 0);
	return err;
}

/**
 * pfnmap_dax_set_order - have folios of some size
 * @order: log2 of a folio's pages
 *
 * Return: 0; -EOPNOTSUPP if the region can't have them, -EBUSY if others are in
 * use, or what memremap_pages() says.
 */
int pfnmap_dax_set_order(unsigned int order)
{
	int err = 0;

	if (fixed_order)
		return order && order != cur_order ? -EOPNOTSUPP : 0;
	if (!fits(order))
		return -EOPNOTSUPP;

	mutex_lock(&lock);
	if (order != cur_order)
		err = make_anew(order);
	mutex_unlock(&lock);
	return err;
}

/**
 * pfnmap_dax_has_order - whether folios have some size
 * @order: log2 of a folio's pages
 *
 * The caller has pfnmap_dax_lock(), for the answer to last.
 *
 * Return: true if so.
 */
bool pfnmap_dax_has_order(unsigned int order)
{
	return cur_order == order;
}

/**
 * pfnmap_dax_lock - keep struct pages of the regions from coming and going
 *
 * get_dev_pagemap() is no help: it finds a page map before its struct pages are there,
 * and no longer finds it while they still are there, which add_pages() warns of.
 */
void pfnmap_dax_lock(void)
{
	mutex_lock(&lock);
}

/**
 * pfnmap_dax_unlock - undo pfnmap_dax_lock()
 */
void pfnmap_dax_unlock(void)
{
	mutex_unlock(&lock);
}

static bool idle_now(const struct pfnmap_test_wait_idle *req)
{
	bool done;

	mutex_lock(&lock);
	done = dax->error || idle_part(req->offset, req->bytes);
	mutex_unlock(&lock);
	return done;
}

/**
 * pfnmap_wait_idle - PFNMAP_TEST_WAIT_IDLE
 * @pf: the open file
 * @arg: struct pfnmap_test_wait_idle
 *
 * A file system waits like this between unmap_mapping_range() and giving blocks to
 * another file (dax_break_layout()). The last put of an FS_DAX folio wakes it. A
 * GENERIC folio keeps the page map's reference, and the kernel tells nobody when
 * only that is left: so look again and again.
 *
 * Return: 0; -EINVAL, -ENXIO, -EOPNOTSUPP, -EOVERFLOW for the range; -ETIMEDOUT;
 * -EINTR.
 */
int pfnmap_wait_idle(struct pfnmap_file *pf, void *arg)
{
	const struct pfnmap_test_wait_idle *req = arg;
	const struct pfnmap_region *region;
	unsigned long until;
	int err;

	region = pfnmap_region_present(req->region);
	if (IS_ERR(region))
		return PTR_ERR(region);
	if (req->reserved)
		return -EINVAL;
	if (region != dax)
		return -EOPNOTSUPP;

	err = pfnmap_region_span(region, req->offset, req->bytes);
	if (err)
		return err;

	until = jiffies + msecs_to_jiffies(req->timeout_ms);
	while (!idle_now(req)) {
		if (req->timeout_ms && time_after_eq(jiffies, until))
			return -ETIMEDOUT;
		if (msleep_interruptible(WAIT_IDLE_MS))
			return -EINTR;
	}

	return 0;
}

static int folio_file_release(struct inode *inode, struct file *file)
{
	struct pfnmap_file *pf = file->private_data;

	atomic_dec(&users);
	fput(pf->file);
	return 0;
}

/* No mmap: remap_file_pages() must not map a VMA of this file once more. */
static const struct file_operations folio_fops = {
	.owner			= THIS_MODULE,
	.release		= folio_file_release,
	.get_unmapped_area	= pfnmap_get_unmapped_area,
};

/**
 * pfnmap_dax_file - a file for a VMA that maps folios, on their inode
 * @pf: the open file that mmap() was called on; it stays open as long as the new file
 * @order: log2 of the pages of a folio, as given to pfnmap_dax_set_order()
 *
 * Return: the file, to be dropped by fput(), or an ERR_PTR(): -EBUSY if the
 * folios have another size by now, or are being made anew; -ENXIO if they are lost.
 */
struct file *pfnmap_dax_file(struct pfnmap_file *pf, unsigned int order)
{
	struct file *file;

	if (!atomic_inc_unless_negative(&users))
		return ERR_PTR(-EBUSY);

	/* mmap() looked at the error before. From here on @users keeps the folios. */
	file = ERR_PTR(-ENXIO);
	if (dax->error)
		goto err;
	file = ERR_PTR(-EBUSY);
	if (!fixed_order && order != cur_order)
		goto err;

	file = pfnmap_folio_file(&folio_fops, pf);
	if (IS_ERR(file))
		goto err;

	get_file(pf->file);
	WRITE_ONCE(pf->folios, true);
	return file;

err:
	atomic_dec(&users);
	return file;
}

static int linger(void *unused)
{
	bool done = false;

	while (!done) {
		msleep(LINGER_MS);
		mutex_lock(&lock);
		done = idle();
		lingering = !done;
		mutex_unlock(&lock);
	}

	module_put_and_kthread_exit(0);
}

/**
 * pfnmap_dax_linger - keep the module while somebody has pages pinned
 *
 * A page that nobody maps any more may still be pinned, for example by a registered
 * buffer of io_uring, and memunmap_pages() does not wait for GENERIC pages. The
 * caller closes a file that has mapped folios; or any file, if pfnmap_dax_owes().
 */
void pfnmap_dax_linger(void)
{
	struct task_struct *task;

	mutex_lock(&lock);
	if (dax->error || lingering || atomic_read(&users) || (idle() && !owed))
		goto out;

	if (!owed) {
		pr_info("dax: pages are pinned that %s (pid %d) had mapped: the module stays until they are not\n",
			current->comm, task_pid_nr(current));
		__module_get(THIS_MODULE);
	}
	task = pfnmap_fail_point() ? ERR_PTR(-ENOMEM) :
	       kthread_run(linger, NULL, KBUILD_MODNAME "-linger");
	owed = IS_ERR(task);
	lingering = !owed;
	if (owed)
		pr_warn("dax: pages are pinned, and no thread can wait for them: the module stays until its device is opened and closed again\n");
out:
	mutex_unlock(&lock);
}

/**
 * pfnmap_dax_owes - whether pfnmap_dax_linger() has to be called again
 *
 * Return: true if the last call could not start its thread.
 */
bool pfnmap_dax_owes(void)
{
	return READ_ONCE(owed);
}
