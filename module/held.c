// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an open file holds: reservations, pages that it made and pins, by id; and, by
 * method, what the method's hold() got.
 *
 * A thread that shares the file may guess an id. So nobody can give an id back before its
 * ioctl has told the caller of the id, as the last thing that the ioctl does: until then
 * the object is the ioctl's own.
 */
#include <linux/xarray.h>

#include "pfnmap_test.h"

#define TOLD XA_MARK_1

/**
 * pfnmap_id_new - get an id for an object
 * @ids: the open file's allocating XArray
 * @id: set to the id
 * @object: what the id stands for
 *
 * pfnmap_id_take() does not find @object before pfnmap_id_tell().
 *
 * Return: 0, or -ENOMEM, -EBUSY.
 */
int pfnmap_id_new(struct xarray *ids, u32 *id, void *object)
{
	if (pfnmap_fail_point())
		return -ENOMEM;

	return xa_alloc(ids, id, object, xa_limit_31b, GFP_KERNEL_ACCOUNT);
}

/**
 * pfnmap_id_tell - from now on whoever knows the id may give it back
 * @ids: as for pfnmap_id_new()
 * @id: what pfnmap_id_new() has set; the caller no longer uses the id's object
 */
void pfnmap_id_tell(struct xarray *ids, u32 id)
{
	xa_set_mark(ids, id, TOLD);
}

/**
 * pfnmap_id_take - take back an id, and get its object
 * @ids: as for pfnmap_id_new()
 * @id: the id that user space names
 *
 * Return: the object, the caller's alone, or NULL if nobody was told of @id.
 */
void *pfnmap_id_take(struct xarray *ids, u32 id)
{
	void *object = NULL;

	xa_lock(ids);
	if (xa_get_mark(ids, id, TOLD))
		object = __xa_erase(ids, id);
	xa_unlock(ids);

	return object;
}

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

	held = pfnmap_id_take(&pf->reservations, req->id);
	if (!held)
		return -ENOENT;

	held->release(held);
	return 0;
}

/**
 * pfnmap_drop_held - give back one object of a file's reservations
 * @object: struct pfnmap_held, which no id leads to any more
 */
void pfnmap_drop_held(void *object)
{
	struct pfnmap_held *held = object;

	held->release(held);
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
