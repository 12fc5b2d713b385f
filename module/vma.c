// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VMA around an address of the calling process, and what PAT tracks for it.
 */
#include <linux/mm.h>
#include <linux/sched.h>

#include "compat.h"
#include "pfnmap_test.h"

/**
 * pfnmap_vma - PFNMAP_TEST_VMA
 * @pf: the open file
 * @arg: struct pfnmap_test_vma
 *
 * Return: 0, or -EFAULT where no VMA is.
 */
int pfnmap_vma(struct pfnmap_file *pf, void *arg)
{
	struct pfnmap_test_vma *out = arg;
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;

	*out = (struct pfnmap_test_vma){
		.size = out->size,
		.address = out->address,
	};

	mmap_read_lock(mm);
	vma = vma_lookup(mm, out->address);
	if (!vma) {
		mmap_read_unlock(mm);
		return -EFAULT;
	}

	out->start = vma->vm_start;
	out->end = vma->vm_end;
	out->pgoff = vma->vm_pgoff;
	out->vm_flags = vma->vm_flags;
	out->cache_mode = pfnmap_cachemode_get(vma->vm_page_prot);
	pfnmap_vma_tracking(vma, out);
	mmap_read_unlock(mm);

	return 0;
}
