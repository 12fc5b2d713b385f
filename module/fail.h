/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Failures on demand: the interface of fail.c.
 */
#ifndef PFNMAP_TEST_FAIL_H
#define PFNMAP_TEST_FAIL_H

#include <linux/list.h>
#include <linux/types.h>

struct pfnmap_file;
struct pid;

/**
 * struct pfnmap_fail - what FAIL_NEXT of an open file makes fail
 * @list: node in the list of those that are armed
 * @thread: the thread whose points count
 * @nth: the point to fail, counted from 1; 0 for none
 * @passed: points passed so far
 */
struct pfnmap_fail {
	struct list_head list;
	struct pid *thread;
	u32 nth;
	u32 passed;
};

void pfnmap_fail_init(struct pfnmap_fail *fail);
void pfnmap_fail_disarm(struct pfnmap_fail *fail);
bool pfnmap_fail_point(void);
int pfnmap_fail_next(struct pfnmap_file *pf, void *arg);

#endif /* PFNMAP_TEST_FAIL_H */
