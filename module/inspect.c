// SPDX-License-Identifier: GPL-2.0-only
/*
 * INSPECT: reads the VMA, the entry and the folio behind an address of any process.
 *
 * mm_access() decides whether the caller may look, as for /proc/PID/pagemap. The kernel
 * does not export this function, so the module looks up its address (resolve.c).
 */
#include <linux/backing-dev.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/pid.h>
#include <linux/ptrace.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/static_call.h>

#include "compat.h"
#include "pfnmap_test.h"

static struct mm_struct *no_access(struct task_struct *task, unsigned int mode)
{
	return ERR_PTR(-EOPNOTSUPP);
}

DEFINE_STATIC_CALL(pfnmap_mm_access, no_access);

/**
 * pfnmap_inspect_init - find mm_access()
 */
void pfnmap_inspect_init(void)
{
	void *found = pfnmap_resolve("mm_access");

	if (found)
		static_call_update(pfnmap_mm_access, (typeof(mm_access) *)found);
}

/* The caller puts the mm. */
static struct mm_struct *get_mm(u32 nr)
{
	struct task_struct *task;
	struct mm_struct *mm;
	struct pid *pid;

	if (!nr) {
		mmget(current->mm);
		return current->mm;
	}

	pid = find_get_pid(nr);
	task = get_pid_task(pid, PIDTYPE_PID);
	put_pid(pid);
	if (!task)
		return ERR_PTR(-ESRCH);

	if (same_thread_group(task, current)) {
		mm = current->mm;
		mmget(mm);
	} else {
		mm = static_call(pfnmap_mm_access)(task, PTRACE_MODE_READ_REALCREDS);
	}
	put_task_struct(task);

	/* For a process without memory mm_access() returns NULL or, on newer kernels, -ESRCH. */
	return mm ?: ERR_PTR(-ESRCH);
}

static u64 vm_flags_of(const struct vm_area_struct *vma)
{
	static const struct {
		u64 vm_flag;
		u64 flag;
	} flags[] = {
		{ VM_READ, PFNMAP_TEST_INSPECT_READ },
		{ VM_WRITE, PFNMAP_TEST_INSPECT_WRITE },
		{ VM_EXEC, PFNMAP_TEST_INSPECT_EXEC },
		{ VM_SHARED, PFNMAP_TEST_INSPECT_SHARED },
		{ VM_MAYREAD, PFNMAP_TEST_INSPECT_MAYREAD },
		{ VM_MAYWRITE, PFNMAP_TEST_INSPECT_MAYWRITE },
		{ VM_MAYSHARE, PFNMAP_TEST_INSPECT_MAYSHARE },
		{ VM_IO, PFNMAP_TEST_INSPECT_IO },
		{ VM_PFNMAP, PFNMAP_TEST_INSPECT_PFNMAP },
		{ VM_MIXEDMAP, PFNMAP_TEST_INSPECT_MIXEDMAP },
		{ VM_DONTCOPY, PFNMAP_TEST_INSPECT_DONTCOPY },
		{ VM_DONTEXPAND, PFNMAP_TEST_INSPECT_DONTEXPAND },
		{ VM_DONTDUMP, PFNMAP_TEST_INSPECT_DONTDUMP },
		{ VM_HUGETLB, PFNMAP_TEST_INSPECT_HUGETLB },
		{ VM_LOCKED, PFNMAP_TEST_INSPECT_LOCKED },
		{ VM_WIPEONFORK, PFNMAP_TEST_INSPECT_WIPEONFORK },
	};
	u64 all = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(flags); i++)
		if (vma->vm_flags & flags[i].vm_flag)
			all |= flags[i].flag;
	return all;
}

static u64 ops_of(const struct vm_operations_struct *ops)
{
	if (!ops)
		return PFNMAP_TEST_INSPECT_ANON;

	return (compat_has_normal_page(ops) ? PFNMAP_TEST_INSPECT_NORMAL_PAGE : 0) |
	       (ops->fault ? PFNMAP_TEST_INSPECT_FAULT : 0) |
	       (ops->huge_fault ? PFNMAP_TEST_INSPECT_HUGE_FAULT : 0) |
	       (ops->access ? PFNMAP_TEST_INSPECT_ACCESS : 0) |
	       (ops->page_mkwrite ? PFNMAP_TEST_INSPECT_PAGE_MKWRITE : 0) |
	       (ops->pfn_mkwrite ? PFNMAP_TEST_INSPECT_PFN_MKWRITE : 0);
}

static u64 file_flags_of(struct vm_area_struct *vma)
{
	if (!vma->vm_file)
		return 0;

	return (vma_is_dax(vma) ? PFNMAP_TEST_INSPECT_DAX : 0) |
	       (vma_is_fsdax(vma) ? PFNMAP_TEST_INSPECT_FSDAX : 0) |
	       (mapping_can_writeback(vma->vm_file->f_mapping) ?
		PFNMAP_TEST_INSPECT_WRITEBACK : 0);
}

/* Under the mmap lock. */
static void look_at_vma(struct vm_area_struct *vma, struct pfnmap_test_inspect *out)
{
	struct pfnmap_test_follow follow = { .address = out->address };
	struct pfnmap_test_leaf leaf = { .address = out->address };
	struct pfnmap_test_vma told = { .address = out->address };

	pfnmap_vma_of(vma, &told);
	out->flags = vm_flags_of(vma) | ops_of(vma->vm_ops) | file_flags_of(vma) |
		     (vma->anon_vma ? PFNMAP_TEST_INSPECT_ANON_VMA : 0);
	out->start = told.start;
	out->end = told.end;
	out->pgoff = told.pgoff;
	out->tracking = told.tracking;
	out->track_refs = told.track_refs;
	out->track_start = told.track_start;
	out->track_bytes = told.track_bytes;
	out->prot_mode = told.cache_mode;

	out->entry_bytes = pfnmap_leaf_of(vma->vm_mm, &leaf);
	out->entry_flags = leaf.flags;
	out->entry_known = leaf.known;
	out->level = leaf.level;
	out->cache_mode = leaf.cache_mode;
	out->pfn = leaf.pfn;

	out->follow_error = -pfnmap_follow_vma(vma, &follow);
}

static void look_at_folio(struct pfnmap_test_inspect *out)
{
	struct pfnmap_test_folio folio = { };

	if (!(out->entry_flags & PFNMAP_TEST_LEAF_PRESENT) ||
	    pfnmap_folio_of(out->pfn, &folio)) {
		out->folio_error = ENODATA;
		return;
	}

	out->folio_flags = folio.flags;
	out->order = folio.order;
	out->refs = folio.refs;
	out->mapcount = folio.mapcount;
	out->pgmap = folio.pgmap;
}

/**
 * pfnmap_inspect - PFNMAP_TEST_INSPECT
 * @pf: the open file
 * @arg: struct pfnmap_test_inspect
 *
 * Return: 0; -ESRCH for a process that is not there or has no memory, -EACCES or another
 * error for one that mm_access() refuses, -EFAULT where no VMA is, -EINTR, -EOPNOTSUPP.
 */
int pfnmap_inspect(struct pfnmap_file *pf, void *arg)
{
	struct pfnmap_test_inspect *out = arg;
	struct vm_area_struct *vma;
	struct mm_struct *mm;

	*out = (struct pfnmap_test_inspect){
		.size = out->size,
		.pid = out->pid,
		.address = out->address,
	};

	mm = get_mm(out->pid);
	if (IS_ERR(mm))
		return PTR_ERR(mm);

	if (mmap_read_lock_killable(mm)) {
		mmput(mm);
		return -EINTR;
	}
	vma = vma_lookup(mm, out->address);
	if (vma)
		look_at_vma(vma, out);
	mmap_read_unlock(mm);
	mmput(mm);
	if (!vma)
		return -EFAULT;

	look_at_folio(out);
	return 0;
}
