// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a mapping's vm_operations_struct has besides the pattern's, as flags of SET_MAP
 * ask for it. Its calls are counted.
 */
#include <linux/align.h>
#include <linux/container_of.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/slab.h>

#include "compat.h"
#include "pfnmap_test.h"

#define AROUND_BYTES	(16 * PAGE_SIZE)

/**
 * struct pfnmap_ops - operations of VMAs of one open file, made with the same flags
 * @ops: what their vm_ops points to
 * @inner: the pattern's own, or NULL if it has none
 * @pf: the open file, which outlives them
 * @flags: PFNMAP_TEST_MAP_*
 * @node: in @pf->ops
 */
struct pfnmap_ops {
	struct vm_operations_struct ops;
	const struct vm_operations_struct *inner;
	struct pfnmap_file *pf;
	u32 flags;
	struct list_head node;
};

static const struct pfnmap_ops *ops_of(const struct vm_fault *vmf)
{
	return container_of(vmf->vma->vm_ops, struct pfnmap_ops, ops);
}

static void count(const struct vm_fault *vmf, enum pfnmap_call call)
{
	atomic64_inc(&ops_of(vmf)->pf->calls[call]);
}

/* What the pattern makes of a fault at @addr that wants the page at @pgoff. */
static vm_fault_t fault_at(const struct vm_fault *vmf, unsigned long addr,
			   unsigned long pgoff, unsigned int flags)
{
	struct vm_fault at = {
		.vma = vmf->vma,
		.gfp_mask = vmf->gfp_mask,
		.pgoff = pgoff,
		.address = addr,
		.real_address = addr,
		.flags = flags,
		.pmd = vmf->pmd,
		.pud = vmf->pud,
	};

	return ops_of(vmf)->inner->fault(&at);
}

static vm_fault_t fault_around(const struct vm_fault *vmf, bool other)
{
	struct vm_area_struct *vma = vmf->vma;
	unsigned long start = ALIGN_DOWN(vmf->address, AROUND_BYTES);
	unsigned long end = min(start + AROUND_BYTES, vma->vm_end);
	unsigned long addr, pgoff, beside;
	vm_fault_t ret = 0;

	for (addr = max(start, vma->vm_start); addr < end; addr += PAGE_SIZE) {
		pgoff = linear_page_index(vma, addr);
		beside = pgoff ^ 1;
		ret |= fault_at(vmf, addr, pgoff, vmf->flags);
		/* The helpers that take a write warn of another page there. */
		if (other && beside - vma->vm_pgoff < vma_pages(vma))
			ret |= fault_at(vmf, addr, beside,
					vmf->flags & ~FAULT_FLAG_WRITE);
	}

	return ret & VM_FAULT_ERROR;
}

static vm_fault_t ops_fault(struct vm_fault *vmf)
{
	const struct pfnmap_ops *ops = ops_of(vmf);
	vm_fault_t ret;

	count(vmf, PFNMAP_CALL_FAULT);
	ret = ops->inner->fault(vmf);
	if (ret & VM_FAULT_ERROR)
		return ret;

	if (ops->flags & PFNMAP_TEST_MAP_AGAIN)
		ret |= fault_at(vmf, vmf->address, vmf->pgoff, vmf->flags);
	if (ops->flags & (PFNMAP_TEST_MAP_AROUND | PFNMAP_TEST_MAP_AROUND_OTHER))
		ret |= fault_around(vmf, ops->flags & PFNMAP_TEST_MAP_AROUND_OTHER);
	return ret;
}

static vm_fault_t ops_huge_fault(struct vm_fault *vmf, unsigned int order)
{
	count(vmf, PFNMAP_CALL_HUGE_FAULT);
	return compat_huge_fault(ops_of(vmf)->inner, vmf, order);
}

PFNMAP_DEFINE_HUGE_FAULT(ops_huge_fault)

/* The kernel makes the entry writable then. */
static vm_fault_t ops_pfn_mkwrite(struct vm_fault *vmf)
{
	count(vmf, PFNMAP_CALL_PFN_MKWRITE);
	return 0;
}

/* Unlocked, a page without a mapping would be one that was truncated. */
static vm_fault_t ops_page_mkwrite(struct vm_fault *vmf)
{
	count(vmf, PFNMAP_CALL_PAGE_MKWRITE);
	lock_page(vmf->page);
	return VM_FAULT_LOCKED;
}

static struct pfnmap_ops *find(struct pfnmap_file *pf,
			       const struct vm_operations_struct *inner, u32 flags)
{
	struct pfnmap_ops *ops;

	list_for_each_entry(ops, &pf->ops, node)
		if (ops->inner == inner && ops->flags == flags)
			return ops;

	return NULL;
}

static struct pfnmap_ops *new(struct pfnmap_file *pf,
			      const struct vm_operations_struct *inner, u32 flags)
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
	ops->inner = inner;
	ops->pf = pf;
	ops->flags = flags;
	list_add(&ops->node, &pf->ops);
	return ops;
}

/**
 * pfnmap_ops_set - give a VMA the operations that its flags ask for
 * @vma: a new VMA, as the pattern's mmap() has left it
 * @pf: the open file that it is of, which lives as long as the VMA
 * @flags: PFNMAP_TEST_MAP_*
 *
 * Return: 0, or -ENOMEM, and the VMA is closed: mmap() has to fail.
 */
int pfnmap_ops_set(struct vm_area_struct *vma, struct pfnmap_file *pf, u32 flags)
{
	struct pfnmap_ops *ops;

	flags &= PFNMAP_OPS_FLAGS;
	if (!flags)
		return 0;

	mutex_lock(&pf->lock);
	ops = find(pf, vma->vm_ops, flags) ?: new(pf, vma->vm_ops, flags);
	mutex_unlock(&pf->lock);
	if (!ops) {
		/* The kernel closes no VMA whose mmap() fails. */
		if (vma->vm_ops && vma->vm_ops->close)
			vma->vm_ops->close(vma);
		return -ENOMEM;
	}

	vma->vm_ops = &ops->ops;
	return 0;
}

/**
 * pfnmap_ops_free - free what pfnmap_ops_set() made
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
