// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an open file holds: by an id, reservations and pages that were made; by method,
 * what that needs to map.
 */
#include <linux/xarray.h>

#include "pfnmap_test.h"

/**
 * pfnmap_release - PFNMAP_TEST_MEMTYPE_RELEASE
 * @pf: the open file
 * @arg: struct pfnmap_test_release
 *
 * Return: 0, or -ENOENT for an id that @pf does not hold.
 */
int pfnmap_release(struct pfnmap_file *pf, void *arg)
{
	struct pfnmap_test_release *req = arg;
	struct pfnmap_held *held;

	held = xa_erase(&pf->reservations, req->id);
	if (!held)
		return -ENOENT;

	held->release(held);
	return 0;
}

static void release_all(struct xarray *all)
{
	struct pfnmap_held *held;
	unsigned long index;

	xa_for_each(all, index, held)
		held->release(held);
	xa_destroy(all);
}

/**
 * pfnmap_release_all - give back everything that an open file holds
 * @pf: the open file, about to go; nothing of it is mapped any more
 */
void pfnmap_release_all(struct pfnmap_file *pf)
{
	release_all(&pf->reservations);
	release_all(&pf->held);
}
