// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VMA around an address, and what PAT tracks for it.
 */
#include <linux/mm.h>
#include <linux/sched.h>

#include "compat.h"
#include "pfnmap_test.h"

/**
 * pfnmap_vma_of - fill in what the ioctl tells of a VMA
 * @vma: the VMA; the caller holds the mmap lock
 * @out: @out->size and @out->address stay, the rest is filled in
 */
void pfnmap_vma_of(const struct vm_area_struct *vma, struct pfnmap_test_vma *out)
{
	*out = (struct pfnmap_test_vma){
		.size = out->size,
		.address = out->address,
		.start = vma->vm_start,
		.end = vma->vm_end,
		.pgoff = vma->vm_pgoff,
		.vm_flags = vma->vm_flags,
		.cache_mode = pfnmap_cachemode_get(vma->vm_page_prot),
	};
	pfnmap_vma_tracking(vma, out);
}

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

	mmap_read_lock(mm);
	vma = vma_lookup(mm, out->address);
	if (vma)
		pfnmap_vma_of(vma, out);
	mmap_read_unlock(mm);

	return vma ? 0 : -EFAULT;
}
