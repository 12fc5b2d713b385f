// SPDX-License-Identifier: GPL-2.0-only
/*
 * remap_pfn_range(): map a physically contiguous range all at once, in mmap.
 *
 * When:  the memory is there as long as the VMA, and need not be taken back
 *	  page by page: an entry that was zapped does not come back, access
 *	  gives SIGBUS.
 * VMA:   any. The helper sets VM_IO, VM_PFNMAP, VM_DONTEXPAND and VM_DONTDUMP.
 *	  A private writable mapping has to be covered by one call, which
 *	  replaces vm_pgoff by the pfn. A private one is writable as long as it has
 *	  VM_MAYWRITE, whatever it is mapped with. A driver whose memory nobody is
 *	  to write, nor to copy by trying, refuses VM_WRITE and clears that before:
 *	  then parts do, and vm_pgoff stays.
 * Mode:  set vm_page_prot before. One call over the whole VMA reserves the
 *	  range with that mode until the VMA goes; -EINVAL if others hold it in
 *	  a mode that does not go with it.
 *	  Before 6.16 pgprot_writecombine() adds its bits to those that are there:
 *	  after pgprot_noncached() that makes uncached.
 * Wrong: one call over part of the VMA reserves nothing and takes the mode that
 *	  the range has: outside RAM uncached-minus, whatever vm_page_prot says,
 *	  or -EINVAL where there is more than one. A second call over the whole
 *	  VMA is -EINVAL since 6.16, also after a zap; before, it hit a BUG_ON
 *	  unless the VMA was zapped first. A size of zero still does.
 * Since: ever. Before 6.16 a zap of any page gave back the whole reservation, and
 *	  the VMA could be remapped after it; since then the reservation stays
 *	  and remapping is -EINVAL.
 */
#include <linux/mm.h>

#include "compat.h"
#include "pattern.h"

static int remap_pfn_range_mmap(struct vm_area_struct *vma,
				const struct pfnmap_mapping *m)
{
	unsigned long pfn = PHYS_PFN(m->region->start) + vma->vm_pgoff;
	unsigned long bytes = vma->vm_end - vma->vm_start;
	unsigned long done, chunk;
	int err;

	if (m->flags & PFNMAP_TEST_MAP_NO_MAYWRITE) {
		if (vma->vm_flags & VM_WRITE)
			return -EACCES;
		compat_vm_flags_clear(vma, VM_MAYWRITE);
	}
	if (m->flags & PFNMAP_TEST_MAP_PGPROT_WC)
		vma->vm_page_prot = pgprot_writecombine(vma->vm_page_prot);
	if (m->flags & PFNMAP_TEST_MAP_PARTIAL)
		bytes -= PAGE_SIZE;
	if (!bytes)
		return -EINVAL;

	chunk = bytes;
	if (m->flags & PFNMAP_TEST_MAP_CHUNKED)
		chunk = min_t(u64, bytes, m->chunk_bytes);

	for (done = 0; done < bytes; done += chunk) {
		err = remap_pfn_range(vma, vma->vm_start + done,
				      pfn + PHYS_PFN(done),
				      min(chunk, bytes - done),
				      vma->vm_page_prot);
		if (err)
			return err;
	}

	if (!(m->flags & PFNMAP_TEST_MAP_TWICE))
		return 0;

	compat_zap_special_vma_range(vma, vma->vm_start, bytes);
	return remap_pfn_range(vma, vma->vm_start, pfn, bytes,
			       vma->vm_page_prot);
}

const struct pfnmap_pattern pfnmap_remap_pfn_range = {
	.regions = PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_MMIO) |
		   PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_RAM) |
		   PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_DAX),
	.levels = PFNMAP_TEST_BIT(PFNMAP_TEST_LEVEL_PTE),
	.map_flags = PFNMAP_TEST_MAP_PARTIAL | PFNMAP_TEST_MAP_CHUNKED |
		     PFNMAP_TEST_MAP_TWICE | PFNMAP_TEST_MAP_PGPROT_WC |
		     PFNMAP_TEST_MAP_FAIL | PFNMAP_TEST_MAP_NO_MAYWRITE,
	.flags = PFNMAP_TEST_DESC_COW,
	.mmap = remap_pfn_range_mmap,
};
