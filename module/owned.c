// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an open file owns: reservations, ZONE_DEVICE pages and pins, by id; and the
 * methods' states, by method.
 *
 * Another thread that has the file may guess an id. So user space can give an id back
 * only after the id's ioctl has told the id, as the last thing that the ioctl does. Until
 * then only the ioctl uses the object.
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
 * pfnmap_id_tell - let user space give an id back
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
 * Return: the object, which now only the caller uses, or NULL if no ioctl has told @id.
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
 * pfnmap_drop_owned - give back one object of a file's reservations
 * @object: struct pfnmap_owned, which has no id any more
 */
void pfnmap_drop_owned(void *object)
{
	struct pfnmap_owned *owned = object;

	owned->drop(owned);
}

static void drop_all(struct xarray *all)
{
	struct pfnmap_owned *owned;
	unsigned long index;

	xa_for_each(all, index, owned)
		owned->drop(owned);
	xa_destroy(all);
}

/**
 * pfnmap_drop_all - give back everything that an open file owns, except its pins
 * @pf: the open file, which is being closed; no VMA maps it any more
 */
void pfnmap_drop_all(struct pfnmap_file *pf)
{
	drop_all(&pf->reservations);
	drop_all(&pf->states);
}
