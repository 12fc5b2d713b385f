// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel's users of raw pfns see of a mapping. KVM, VFIO and others give the
 * memory to a guest or to a device: they look up the pfn, and touch nothing themselves.
 */
#include <linux/mm.h>
#include <linux/sched.h>

#include "compat.h"
#include "pfnmap_test.h"

static u32 level_of(unsigned long addr_mask)
{
	u32 level;

	for (level = PFNMAP_TEST_LEVEL_PTE; level < PFNMAP_LEVELS; level++)
		if (addr_mask == ~((PAGE_SIZE << pfnmap_level_order(level)) - 1))
			return level;

	return 0;
}

/**
 * pfnmap_follow_vma - what follow_pfnmap_start() answers
 * @vma: the VMA; the caller holds the mmap lock
 * @out: the caller sets @out->address; the rest is filled in on success
 *
 * Return: 0, or -EINVAL if nothing is mapped there, or if @vma has neither VM_PFNMAP
 * nor VM_IO.
 */
int pfnmap_follow_vma(struct vm_area_struct *vma, struct pfnmap_test_follow *out)
{
	struct compat_follow_pfnmap_args args = {
		.vma = vma,
		.address = out->address,
	};
	int err;

	err = compat_follow_pfnmap_start(&args);
	if (err)
		return err;

	out->pfn = args.pfn;
	out->level = level_of(compat_follow_addr_mask(&args));
	out->found = (args.writable ? PFNMAP_TEST_FOUND_WRITABLE : 0) |
		     (args.special ? PFNMAP_TEST_FOUND_SPECIAL : 0);
	compat_follow_pfnmap_end(&args);
	return 0;
}

/**
 * pfnmap_follow - PFNMAP_TEST_FOLLOW
 * @pf: the open file
 * @arg: struct pfnmap_test_follow
 *
 * Return: 0; -EINVAL for unknown flags, and as pfnmap_follow_vma(); -EFAULT where no
 * VMA is; or the error of fixup_user_fault().
 */
int pfnmap_follow(struct pfnmap_file *pf, void *arg)
{
	const u32 write = PFNMAP_TEST_FOLLOW_FIXUP_WRITE;
	const u32 read = PFNMAP_TEST_FOLLOW_FIXUP_READ;
	struct pfnmap_test_follow *out = arg;
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	bool unlocked = false;
	int err = 0;

	if (out->flags & ~(read | write) || out->flags == (read | write))
		return -EINVAL;

	out->found = 0;
	out->level = 0;
	out->pfn = 0;

	mmap_read_lock(mm);
	if (out->flags)
		err = fixup_user_fault(mm, out->address,
				       out->flags & write ? FAULT_FLAG_WRITE : 0,
				       &unlocked);
	if (!err) {
		/* fixup_user_fault() may have dropped the lock meanwhile. */
		vma = vma_lookup(mm, out->address);
		err = vma ? pfnmap_follow_vma(vma, out) : -EFAULT;
	}
	mmap_read_unlock(mm);

	return err;
}
