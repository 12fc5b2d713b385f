// SPDX-License-Identifier: GPL-2.0-only
/*
 * GET_INFO and DESCRIBE: which regions, methods, cache modes and levels this kernel has, by
 * name.
 */
#include <linux/capability.h>
#include <linux/string.h>

#include "arch.h"
#include "compat.h"
#include "pfnmap_test.h"

/**
 * pfnmap_get_info - PFNMAP_TEST_GET_INFO
 * @pf: the open file
 * @arg: struct pfnmap_test_info
 *
 * Return: 0.
 */
int pfnmap_get_info(struct pfnmap_file *pf, void *arg)
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

	if (pfnmap_pat_enabled())
		info->flags |= PFNMAP_TEST_INFO_PAT;
	if (!pfnmap_memtype_error())
		info->flags |= PFNMAP_TEST_INFO_MEMTYPE;
	for (id = 1; id < 64; id++) {
		if (!IS_ERR(pfnmap_method(id)))
			info->methods |= PFNMAP_TEST_BIT(id);
		if (!IS_ERR(pfnmap_region_present(id)))
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
	const struct pfnmap_method *method = pfnmap_method(d->id);

	if (IS_ERR(method)) {
		d->error = -PTR_ERR(method);
		return pfnmap_method_name(d->id);
	}

	d->flags = method->flags;
	d->regions = method->regions;
	d->levels = method->levels;
	d->map_flags = pfnmap_map_flags(method);

	return pfnmap_method_name(d->id);
}

/**
 * pfnmap_describe - PFNMAP_TEST_DESCRIBE
 * @pf: the open file
 * @arg: struct pfnmap_test_describe
 *
 * Return: 0; -EINVAL for an unknown kind, id 0 or a reserved field that is not zero;
 * -ENOENT after the last id.
 */
int pfnmap_describe(struct pfnmap_file *pf, void *arg)
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
		name = pfnmap_level_name(d->id);
		break;
	default:
		return -EINVAL;
	}

	if (!name)
		return -ENOENT;

	strscpy(d->name, name, sizeof(d->name));
	return 0;
}
