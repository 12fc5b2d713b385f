// SPDX-License-Identifier: GPL-2.0-only
/*
 * Failures on demand, on any kernel, at points where the module itself asks for
 * memory. Allocations that the kernel makes by itself fail by the kernel's own fault
 * injection.
 */
#include <linux/list.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

#include "pfnmap_test.h"

/* Each struct pfnmap_fail that is armed, of any open file. */
static LIST_HEAD(armed);
static DEFINE_SPINLOCK(armed_lock);

/**
 * pfnmap_fail_init - fail nothing, at first
 * @fail: the failures of a new open file
 */
void pfnmap_fail_init(struct pfnmap_fail *fail)
{
	INIT_LIST_HEAD(&fail->list);
}

/**
 * pfnmap_fail_disarm - fail nothing any more
 * @fail: the failures of an open file
 */
void pfnmap_fail_disarm(struct pfnmap_fail *fail)
{
	struct pid *thread;

	spin_lock(&armed_lock);
	list_del_init(&fail->list);
	thread = fail->thread;
	fail->thread = NULL;
	spin_unlock(&armed_lock);

	put_pid(thread);
}

/**
 * pfnmap_fail_point - whether to fail here; called where the module asks for memory
 *
 * Return: true if this point has to fail.
 */
bool pfnmap_fail_point(void)
{
	struct pid *self = task_pid(current);
	struct pfnmap_fail *fail;
	bool fires = false;

	/* A thread arms for itself alone: without the lock it can't miss its own. */
	if (list_empty_careful(&armed))
		return false;

	spin_lock(&armed_lock);
	list_for_each_entry(fail, &armed, list) {
		if (fail->thread == self && ++fail->passed == fail->nth)
			fires = true;
	}
	spin_unlock(&armed_lock);

	return fires;
}

/**
 * pfnmap_fail_next - PFNMAP_TEST_FAIL_NEXT
 * @pf: the open file
 * @arg: struct pfnmap_test_fail
 *
 * Return: 0.
 */
int pfnmap_fail_next(struct pfnmap_file *pf, void *arg)
{
	struct pfnmap_test_fail *req = arg;
	struct pfnmap_fail *fail = &pf->fail;
	struct pid *thread = NULL, *last;
	u32 nth = req->nth;

	if (nth)
		thread = get_pid(task_pid(current));

	spin_lock(&armed_lock);
	req->passed = fail->passed;
	req->fired = fail->nth && fail->passed >= fail->nth;

	list_del_init(&fail->list);
	last = fail->thread;
	fail->thread = thread;
	fail->passed = 0;
	fail->nth = nth;
	if (nth)
		list_add(&fail->list, &armed);
	spin_unlock(&armed_lock);

	put_pid(last);
	return 0;
}
