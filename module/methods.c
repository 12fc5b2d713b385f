// SPDX-License-Identifier: GPL-2.0-only
/*
 * The methods: patterns/list.h, as a table.
 */
#include <linux/kernel.h>
#include <linux/types.h>

#include "compat.h"
#include "pfnmap_test.h"

static const struct {
	const char *name;
	const struct pfnmap_method *method;
} methods[] = {
#define METHOD(_id, _name, _family, _have)		\
	[PFNMAP_TEST_METHOD_##_id] = {		\
		.name = #_name,				\
		.method = (_have) ? &pfnmap_##_name : NULL, \
	},
#include "patterns/list.h"
#undef METHOD
};

/**
 * pfnmap_method - how to map by a method
 * @id: enum pfnmap_test_method_id, or anything
 *
 * Return: the method, or an ERR_PTR(): -EOPNOTSUPP if this kernel does not
 * have it, -EINVAL if there is no such method.
 */
const struct pfnmap_method *pfnmap_method(u32 id)
{
	if (!pfnmap_method_name(id))
		return ERR_PTR(-EINVAL);

	return methods[id].method ?: ERR_PTR(-EOPNOTSUPP);
}

/**
 * pfnmap_method_name - the kernel's name of a method
 * @id: enum pfnmap_test_method_id, or anything
 *
 * Return: the name, or NULL if there is no such method.
 */
const char *pfnmap_method_name(u32 id)
{
	return id < ARRAY_SIZE(methods) ? methods[id].name : NULL;
}
