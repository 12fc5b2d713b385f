// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a process does to its mappings by system calls. The kernel exports none of these
 * to modules, so the suites look them up by name.
 */
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/kthread.h>
#include <linux/maple_tree.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>

#include "fixture.h"

/* The name of a system call's function, and where the function finds the arguments. */
#if defined(CONFIG_X86)
#define NAME_OF(call) "__x64_sys_" call
#define ARGUMENTS(a, b, c, d, e) { .di = a, .si = b, .dx = c, .r10 = d, .r8 = e }
#elif defined(CONFIG_ARM64)
#define NAME_OF(call) "__arm64_sys_" call
#define ARGUMENTS(a, b, c, d, e) { .regs = { a, b, c, d, e } }
#endif

#ifdef NAME_OF
static long call(struct kt *kt, const char *name, unsigned long a,
		 unsigned long b, unsigned long c, unsigned long d,
		 unsigned long e)
{
	struct pt_regs regs = ARGUMENTS(a, b, c, d, e);
	long (*fn)(const struct pt_regs *regs) = pfnmap_resolve(name);

	if (!fn)
		kunit_skip(kt->test, "%s can't be looked up", name);

	return fn(&regs);
}
#else
#define NAME_OF(call) call

static long call(struct kt *kt, const char *name, unsigned long a,
		 unsigned long b, unsigned long c, unsigned long d,
		 unsigned long e)
{
	kunit_skip(kt->test, "the suites make system calls on x86-64 and arm64 only");
	return -EOPNOTSUPP;
}
#endif

/**
 * kt_mprotect - mprotect()
 * @kt: the case
 * @addr: user address
 * @bytes: size
 * @prot: PROT_*
 *
 * Return: what the system call returns.
 */
long kt_mprotect(struct kt *kt, unsigned long addr, unsigned long bytes,
		 unsigned long prot)
{
	return call(kt, NAME_OF("mprotect"), addr, bytes, prot, 0, 0);
}

/**
 * kt_zap - zap as a driver does, by the VMA
 * @in: address in the VMA; the function does nothing if none is there
 * @addr: where the range begins
 * @bytes: size of the range, which the VMA need not have
 */
void kt_zap(unsigned long in, unsigned long addr, unsigned long bytes)
{
	struct vm_area_struct *vma;

	mmap_read_lock(current->mm);
	vma = vma_lookup(current->mm, in);
	if (vma)
		compat_zap_special_vma_range(vma, addr, bytes);
	mmap_read_unlock(current->mm);
}

/**
 * kt_mremap - mremap()
 * @kt: the case
 * @addr: user address
 * @bytes: size
 * @new_bytes: new size
 * @flags: MREMAP_*
 * @to: where to, with MREMAP_FIXED
 *
 * Return: what the system call returns.
 */
long kt_mremap(struct kt *kt, unsigned long addr, unsigned long bytes,
	       unsigned long new_bytes, unsigned long flags, unsigned long to)
{
	return call(kt, NAME_OF("mremap"), addr, bytes, new_bytes, flags, to);
}

/**
 * kt_madvise - madvise()
 * @kt: the case
 * @addr: user address
 * @bytes: size
 * @advice: MADV_*
 *
 * Return: what the system call returns.
 */
long kt_madvise(struct kt *kt, unsigned long addr, unsigned long bytes,
		int advice)
{
	return call(kt, NAME_OF("madvise"), addr, bytes, advice, 0, 0);
}

/**
 * kt_mlock - mlock()
 * @kt: the case
 * @addr: user address
 * @bytes: size
 *
 * Return: what the kernel says.
 */
long kt_mlock(struct kt *kt, unsigned long addr, unsigned long bytes)
{
	return call(kt, NAME_OF("mlock"), addr, bytes, 0, 0, 0);
}

/**
 * kt_munlock - munlock()
 * @kt: the case
 * @addr: user address
 * @bytes: size
 *
 * Return: what the kernel says.
 */
long kt_munlock(struct kt *kt, unsigned long addr, unsigned long bytes)
{
	return call(kt, NAME_OF("munlock"), addr, bytes, 0, 0, 0);
}

struct child {
	struct kt *kt;
	void (*fn)(struct kt *kt, void *data);
	void *data;
	struct completion done;
	struct mm_struct *mm;
};

static int child_main(void *arg)
{
	struct child *child = arg;

	current->kunit_test = child->kt->test;
	child->mm = current->mm;
	mmgrab(child->mm);
	child->fn(child->kt, child->data);
	current->kunit_test = NULL;
	kthread_complete_and_exit(&child->done, 0);
}

/* The child completes before the kernel tears its mm down. The VMAs are the last to go. */
static void wait_for_mm(struct mm_struct *mm)
{
	while (atomic_read(&mm->mm_users) || !mtree_empty(&mm->mm_mt))
		schedule_timeout_uninterruptible(1);
	flush_delayed_fput();
	mmdrop(mm);
}

/**
 * kt_fork - copy the mm as fork() does, and look at the copy
 * @kt: the case
 * @fn: runs in a thread that has the copy. It may use KUNIT_EXPECT_*(), but no
 *	KUNIT_ASSERT_*(), and leaves nothing behind but mappings
 * @data: for @fn
 *
 * Returns when the copy is gone.
 *
 * Return: 0 or the negative errno that kernel_clone() returns.
 */
int kt_fork(struct kt *kt, void (*fn)(struct kt *kt, void *data), void *data)
{
	pid_t (*clone)(struct kernel_clone_args *args) = NULL;
	struct child child = { .kt = kt, .fn = fn, .data = data };
	struct kernel_clone_args args = {
		.flags = CLONE_FS | CLONE_FILES | CLONE_UNTRACED,
		.exit_signal = SIGCHLD,
		.fn = child_main,
		.fn_arg = &child,
		.kthread = 1,
	};
	pid_t pid;

	clone = pfnmap_resolve("kernel_clone");
	if (!clone)
		kunit_skip(kt->test, "kernel_clone() can't be looked up");

	init_completion(&child.done);
	pid = clone(&args);
	if (pid < 0)
		return pid;

	wait_for_completion(&child.done);
	wait_for_mm(child.mm);
	return 0;
}
