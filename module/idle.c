// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waiting until nobody but the page map has a reference to folios of the dax region:
 * WAIT_IDLE, for user space; and a thread that keeps the module loaded while pages are
 * pinned.
 *
 * The last put of an FS_DAX folio wakes a waiter. A GENERIC folio keeps the page map's
 * reference, and the kernel tells nobody when only this reference is left: so look again
 * and again.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/sched.h>

#include "compat.h"
#include "pfnmap_test.h"

#define LINGER_MS	20

#define WAIT_IDLE_MS	2

/* The thread runs, and has a reference to the module. pfnmap_dax_lock() protects this. */
static bool lingering;

/*
 * The module has a reference to itself, but could not start the thread that puts it. A
 * later close tries again.
 */
static bool linger_owed;

/* If the region has an error, its pages are gone, and with them their counts. */
static bool idle(const struct pfnmap_region *dax, u64 offset, u64 bytes)
{
	return dax->error || pfnmap_dax_idle(offset, bytes);
}

static bool idle_now(const struct pfnmap_region *dax, u64 offset, u64 bytes)
{
	bool done;

	pfnmap_dax_lock();
	done = idle(dax, offset, bytes);
	pfnmap_dax_unlock();
	return done;
}

/**
 * pfnmap_wait_idle - PFNMAP_TEST_WAIT_IDLE
 * @pf: the open file
 * @arg: struct pfnmap_test_wait_idle
 *
 * A file system waits like this between unmap_mapping_range() and giving blocks to
 * another file (dax_break_layout()).
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
	if (region->id != PFNMAP_TEST_REGION_DAX)
		return -EOPNOTSUPP;

	err = pfnmap_region_span(region, req->offset, req->bytes);
	if (err)
		return err;

	until = jiffies + msecs_to_jiffies(req->timeout_ms);
	while (!idle_now(region, req->offset, req->bytes)) {
		if (req->timeout_ms && time_after_eq(jiffies, until))
			return -ETIMEDOUT;
		if (msleep_interruptible(WAIT_IDLE_MS))
			return -EINTR;
	}

	return 0;
}

static int linger(void *unused)
{
	const struct pfnmap_region *dax = pfnmap_region(PFNMAP_TEST_REGION_DAX);
	bool done = false;

	while (!done) {
		msleep(LINGER_MS);
		pfnmap_dax_lock();
		done = idle(dax, 0, dax->bytes);
		lingering = !done;
		pfnmap_dax_unlock();
	}

	module_put_and_kthread_exit(0);
}

/**
 * pfnmap_linger - keep the module loaded while somebody has pages pinned
 *
 * A page that nobody maps any more may still be pinned, for example by a registered
 * buffer of io_uring, and memunmap_pages() does not wait for GENERIC pages. The
 * caller closes a file that has mapped folios; or any file, if pfnmap_linger_owed().
 */
void pfnmap_linger(void)
{
	const struct pfnmap_region *dax = pfnmap_region(PFNMAP_TEST_REGION_DAX);
	struct task_struct *task;

	pfnmap_dax_lock();
	if (lingering || pfnmap_dax_mapped() ||
	    (!linger_owed && idle(dax, 0, dax->bytes)))
		goto out;

	if (!linger_owed) {
		pr_info("dax: pages are pinned that %s (pid %d) had mapped: the module stays until nobody has any pinned\n",
			current->comm, task_pid_nr(current));
		__module_get(THIS_MODULE);
	}
	task = pfnmap_fail_point() ? ERR_PTR(-ENOMEM) :
	       kthread_run(linger, NULL, KBUILD_MODNAME "-linger");
	linger_owed = IS_ERR(task);
	lingering = !linger_owed;
	if (linger_owed)
		pr_warn("dax: pages are pinned, and no thread can wait for them: the module stays until its device is opened and closed again\n");
out:
	pfnmap_dax_unlock();
}

/**
 * pfnmap_linger_owed - whether pfnmap_linger() has to be called again
 *
 * Return: true if the last call could not start its thread.
 */
bool pfnmap_linger_owed(void)
{
	return READ_ONCE(linger_owed);
}
