// SPDX-License-Identifier: GPL-2.0-only
/*
 * A fault() that inserts more than the touched page, and so meets entries that are
 * present.
 */
#include <linux/align.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/pagemap.h>

#include "misuse/misuse.h"
#include "uapi/pfnmap_test.h"

#define AROUND_BYTES	(16 * PAGE_SIZE)

/* Calls the method's fault() as if a touch of @addr needed the page at @pgoff. */
static vm_fault_t fault_at(const struct vm_fault *vmf,
			   const struct vm_operations_struct *ops, unsigned long addr,
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

	return ops->fault(&at);
}

static vm_fault_t fault_around(const struct vm_fault *vmf,
			       const struct vm_operations_struct *ops, bool other)
{
	struct vm_area_struct *vma = vmf->vma;
	unsigned long start = ALIGN_DOWN(vmf->address, AROUND_BYTES);
	unsigned long end = min(start + AROUND_BYTES, vma->vm_end);
	unsigned long addr, pgoff, beside;
	vm_fault_t ret = 0;

	for (addr = max(start, vma->vm_start); addr < end; addr += PAGE_SIZE) {
		pgoff = linear_page_index(vma, addr);
		beside = pgoff ^ 1;
		ret |= fault_at(vmf, ops, addr, pgoff, vmf->flags);
		/* Some helpers warn of a write where another pfn is present: ask for a read. */
		if (other && beside - vma->vm_pgoff < vma_pages(vma))
			ret |= fault_at(vmf, ops, addr, beside,
					vmf->flags & ~FAULT_FLAG_WRITE);
	}

	return ret & VM_FAULT_ERROR;
}

/**
 * pfnmap_misuse_fault - insert more pages after a fault()
 * @vmf: the fault
 * @ops: the method's operations, whose fault() has inserted its page
 * @flags: PFNMAP_FAULT_FLAGS, or none
 *
 * Return: 0, or the VM_FAULT_* that a helper returned for one of these pages.
 */
vm_fault_t pfnmap_misuse_fault(const struct vm_fault *vmf,
			       const struct vm_operations_struct *ops, u32 flags)
{
	vm_fault_t ret = 0;

	if (flags & PFNMAP_TEST_MAP_AGAIN)
		ret |= fault_at(vmf, ops, vmf->address, vmf->pgoff, vmf->flags);
	if (flags & (PFNMAP_TEST_MAP_AROUND | PFNMAP_TEST_MAP_AROUND_OTHER))
		ret |= fault_around(vmf, ops, flags & PFNMAP_TEST_MAP_AROUND_OTHER);
	return ret;
}
