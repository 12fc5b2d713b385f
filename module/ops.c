// SPDX-License-Identifier: GPL-2.0-only
/*
 * A mapping's vm_operations_struct: the method's operations, and those that SET_MAP's flags
 * add. With any of these flags the operations count their calls. huge_fault() refuses
 * leaves above SET_MAP's level.
 */
#include <linux/container_of.h>
#include <linux/err.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/slab.h>

#include "compat.h"
#include "misuse/misuse.h"
#include "pfnmap_test.h"

/**
 * struct pfnmap_ops - operations of the VMAs of one open file that have the same @inner,
 * @flags and @order
 * @ops: what vm_ops of these VMAs points to
 * @inner: the method's own operations, or NULL if it has none
 * @pf: the open file, which outlives the VMAs
 * @flags: PFNMAP_TEST_MAP_*
 * @order: log2 of the pages of the largest leaf
 * @node: in @pf->ops
 */
struct pfnmap_ops {
	struct vm_operations_struct ops;
	const struct vm_operations_struct *inner;
	struct pfnmap_file *pf;
	u32 flags;
	unsigned int order;
	struct list_head node;
};

static const struct pfnmap_ops *ops_of(const struct vm_fault *vmf)
{
	return container_of(vmf->vma->vm_ops, struct pfnmap_ops, ops);
}

static void count(const struct vm_fault *vmf, enum pfnmap_call call)
{
	if (ops_of(vmf)->flags)
		atomic64_inc(&ops_of(vmf)->pf->calls[call]);
}

static vm_fault_t ops_fault(struct vm_fault *vmf)
{
	const struct pfnmap_ops *ops = ops_of(vmf);
	vm_fault_t ret;

	count(vmf, PFNMAP_CALL_FAULT);
	ret = ops->inner->fault(vmf);
	if (!(ret & VM_FAULT_ERROR))
		ret |= pfnmap_misuse_fault(vmf, ops->inner, ops->flags);
	return ret;
}

static vm_fault_t ops_huge_fault(struct vm_fault *vmf, unsigned int order)
{
	count(vmf, PFNMAP_CALL_HUGE_FAULT);
	if (order > ops_of(vmf)->order)
		return VM_FAULT_FALLBACK;

	return compat_huge_fault(ops_of(vmf)->inner, vmf, order);
}

PFNMAP_DEFINE_HUGE_FAULT(ops_huge_fault)

/* If this returns 0, the kernel makes the entry writable. */
static vm_fault_t ops_pfn_mkwrite(struct vm_fault *vmf)
{
	count(vmf, PFNMAP_CALL_PFN_MKWRITE);
	return 0;
}

/* Lock the page: the kernel takes an unlocked page without a mapping for a truncated one. */
static vm_fault_t ops_page_mkwrite(struct vm_fault *vmf)
{
	count(vmf, PFNMAP_CALL_PAGE_MKWRITE);
	lock_page(vmf->page);
	return VM_FAULT_LOCKED;
}

#if PFNMAP_HAVE_PREPARE_FLAGS
/* The core calls mapped() when it has mapped all. If mapped() fails, the core unmaps all. */
static int ops_mapped(unsigned long start, unsigned long end, pgoff_t pgoff,
		      const struct file *file, void **private_data)
{
	return -EIO;
}
#endif

static struct pfnmap_ops *find(struct pfnmap_file *pf,
			       const struct vm_operations_struct *inner, u32 flags,
			       unsigned int order)
{
	struct pfnmap_ops *ops;

	list_for_each_entry(ops, &pf->ops, node)
		if (ops->inner == inner && ops->flags == flags && ops->order == order)
			return ops;

	return NULL;
}

static struct pfnmap_ops *new(struct pfnmap_file *pf,
			      const struct vm_operations_struct *inner, u32 flags,
			      unsigned int order)
{
	struct pfnmap_ops *ops;

	ops = pfnmap_fail_point() ? NULL : compat_kzalloc_obj(*ops, GFP_KERNEL_ACCOUNT);
	if (!ops)
		return NULL;

	if (inner) {
		ops->ops = *inner;
		if (inner->fault)
			ops->ops.fault = ops_fault;
		if (inner->huge_fault)
			ops->ops.huge_fault = PFNMAP_HUGE_FAULT(ops_huge_fault);
	}
	if (flags & PFNMAP_TEST_MAP_MKWRITE) {
		ops->ops.pfn_mkwrite = ops_pfn_mkwrite;
		ops->ops.page_mkwrite = ops_page_mkwrite;
	}
#if PFNMAP_HAVE_PREPARE_FLAGS
	if (flags & PFNMAP_TEST_MAP_FAIL)
		ops->ops.mapped = ops_mapped;
#endif
	ops->inner = inner;
	ops->pf = pf;
	ops->flags = flags;
	ops->order = order;
	list_add(&ops->node, &pf->ops);
	return ops;
}

/* Whether the method would map larger leaves than SET_MAP allows. */
static bool limits(const struct vm_operations_struct *inner, const struct pfnmap_mapping *map)
{
	return inner && inner->huge_fault &&
	       map->method->levels >> map->level > 1;
}

/**
 * pfnmap_ops_get - the operations that a mapping's flags and its level ask for
 * @inner: the method's own operations, or NULL
 * @pf: the open file, which lives as long as its VMAs
 * @map: what SET_MAP said
 *
 * Return: the operations, @inner if the mapping needs no others, or ERR_PTR(-ENOMEM).
 */
const struct vm_operations_struct *
pfnmap_ops_get(const struct vm_operations_struct *inner, struct pfnmap_file *pf,
	       const struct pfnmap_mapping *map)
{
	unsigned int order = pfnmap_level_order(map->level);
	u32 flags = map->flags & PFNMAP_OPS_FLAGS;
	struct pfnmap_ops *ops;

	if (pf->prepare)
		flags |= map->flags & PFNMAP_TEST_MAP_FAIL;
	if (!flags && !limits(inner, map))
		return inner;

	mutex_lock(&pf->lock);
	ops = find(pf, inner, flags, order) ?: new(pf, inner, flags, order);
	mutex_unlock(&pf->lock);
	return ops ? &ops->ops : ERR_PTR(-ENOMEM);
}

/**
 * pfnmap_ops_free - free what pfnmap_ops_get() made
 * @pf: an open file that nobody has mapped any more
 */
void pfnmap_ops_free(struct pfnmap_file *pf)
{
	struct pfnmap_ops *ops, *next;

	list_for_each_entry_safe(ops, next, &pf->ops, node)
		kfree(ops);
}

/**
 * pfnmap_calls - PFNMAP_TEST_CALLS
 * @pf: the open file
 * @arg: struct pfnmap_test_calls
 *
 * Return: 0, or -EINVAL for a reserved field that is not zero.
 */
int pfnmap_calls(struct pfnmap_file *pf, void *arg)
{
	struct pfnmap_test_calls *out = arg;

	if (out->reserved)
		return -EINVAL;

	out->fault = atomic64_xchg(&pf->calls[PFNMAP_CALL_FAULT], 0);
	out->huge_fault = atomic64_xchg(&pf->calls[PFNMAP_CALL_HUGE_FAULT], 0);
	out->pfn_mkwrite = atomic64_xchg(&pf->calls[PFNMAP_CALL_PFN_MKWRITE], 0);
	out->page_mkwrite = atomic64_xchg(&pf->calls[PFNMAP_CALL_PAGE_MKWRITE], 0);
	return 0;
}
