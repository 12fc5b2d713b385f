// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mappings that differ from those of the method's mmap(): some have mistakes that drivers
 * make, others do what no driver would.
 */
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/sched/signal.h>

#include "compat.h"
#include "misuse/misuse.h"
#include "pfnmap_test.h"

#define REMAP_FLAGS							\
	(PFNMAP_TEST_MAP_PARTIAL | PFNMAP_TEST_MAP_CHUNKED |		\
	 PFNMAP_TEST_MAP_NARROWED | PFNMAP_TEST_MAP_TWICE)

/* The flags that each method takes. No test covers other combinations. */
static const struct {
	const struct pfnmap_method *method;
	u32 flags;
} misuses[] = {
	{ &pfnmap_remap_pfn_range,
	  REMAP_FLAGS | PFNMAP_TEST_MAP_PGPROT_WC | PFNMAP_TEST_MAP_NO_MAYWRITE |
	  PFNMAP_TEST_MAP_FAIL },
	{ &pfnmap_io_remap_pfn_range, PFNMAP_TEST_MAP_FAIL },
	{ &pfnmap_vm_iomap_memory, PFNMAP_TEST_MAP_FAIL | PFNMAP_TEST_MAP_MOVED },
	{ &pfnmap_vm_map_pages, PFNMAP_TEST_MAP_MOVED },
	{ &pfnmap_vm_map_pages_zero, PFNMAP_TEST_MAP_MOVED },
#if PFNMAP_HAVE_FOLIO
	{ &pfnmap_vmf_insert_page_mkwrite, PFNMAP_TEST_MAP_PRIVATE },
#endif
};

/**
 * pfnmap_misuse_flags - which misuse a method takes
 * @method: the method
 *
 * Return: mask of PFNMAP_TEST_MAP_*.
 */
u32 pfnmap_misuse_flags(const struct pfnmap_method *method)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(misuses); i++)
		if (misuses[i].method == method)
			return misuses[i].flags;

	return 0;
}

/* Maps one chunk. With NARROWED the kernel takes it for the whole VMA, and reserves it. */
static int remap_chunk(struct vm_area_struct *vma, const struct pfnmap_mapping *m,
		       unsigned long addr, unsigned long pfn, unsigned long bytes)
{
	unsigned long start = vma->vm_start, end = vma->vm_end;
	int err;

	if (m->flags & PFNMAP_TEST_MAP_NARROWED) {
		vma->vm_start = addr;
		vma->vm_end = addr + bytes;
	}
	err = remap_pfn_range(vma, addr, pfn, bytes, vma->vm_page_prot);
	vma->vm_start = start;
	vma->vm_end = end;
	return err;
}

/*
 * A call over part of the VMA reserves nothing, and ignores the mode. Since 6.16 the
 * kernel refuses a second call over the whole VMA, even after a zap.
 */
static int remap(struct vm_area_struct *vma, const struct pfnmap_mapping *m)
{
	unsigned long pfn = PHYS_PFN(m->region->start) + vma->vm_pgoff;
	unsigned long bytes = vma->vm_end - vma->vm_start;
	unsigned long done, chunk;
	int err;

	if (m->flags & PFNMAP_TEST_MAP_PARTIAL)
		bytes -= PAGE_SIZE;
	/* remap_pfn_range() of no bytes hits a BUG_ON(). */
	if (!bytes)
		return -EINVAL;
	/*
	 * Each call sets vm_pgoff, so it would be right for the last chunk alone. Without a
	 * special bit in entries the kernel tells pfns from copies by vm_pgoff.
	 */
	if (m->flags & PFNMAP_TEST_MAP_NARROWED && compat_vma_is_cow_mapping(vma))
		return -EINVAL;

	chunk = bytes;
	if (m->flags & PFNMAP_TEST_MAP_CHUNKED)
		chunk = min_t(u64, bytes, m->chunk_bytes);

	for (done = 0; done < bytes; done += chunk) {
		err = remap_chunk(vma, m, vma->vm_start + done, pfn + PHYS_PFN(done),
				  min(chunk, bytes - done));
		if (err)
			return err;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}

	if (!(m->flags & PFNMAP_TEST_MAP_TWICE))
		return 0;

	compat_zap_special_vma_range(vma, vma->vm_start, bytes);
	return remap_pfn_range(vma, vma->vm_start, pfn, bytes, vma->vm_page_prot);
}

/* The method's mmap() sees a mapping that is shared, and the kernel one that is private. */
static int private_mmap(struct vm_area_struct *vma, const struct pfnmap_mapping *m)
{
	bool shared = vma->vm_flags & VM_MAYSHARE;
	int err;

	if (!shared)
		compat_vm_flags_set(vma, VM_MAYSHARE);
	err = m->method->mmap(vma, m->region);
	if (!shared)
		compat_vm_flags_clear(vma, VM_MAYSHARE);
	return err;
}

/**
 * pfnmap_misuse_mmap - map, in place of the method's mmap()
 * @vma: as for the method's mmap()
 * @m: the mapping; its flags say what is wrong with it
 *
 * Return: 0 or a negative errno.
 */
int pfnmap_misuse_mmap(struct vm_area_struct *vma, const struct pfnmap_mapping *m)
{
	if (m->flags & PFNMAP_TEST_MAP_NO_MAYWRITE) {
		if (vma->vm_flags & VM_WRITE)
			return -EACCES;
		compat_vm_flags_clear(vma, VM_MAYWRITE);
	}
	if (m->flags & PFNMAP_TEST_MAP_PGPROT_WC)
		vma->vm_page_prot = pgprot_writecombine(vma->vm_page_prot);
	if (m->flags & PFNMAP_TEST_MAP_MOVED)
		vma->vm_pgoff += PHYS_PFN(m->region->bytes);

	if (m->flags & PFNMAP_TEST_MAP_PRIVATE)
		return private_mmap(vma, m);

	return m->flags & REMAP_FLAGS ? remap(vma, m) : m->method->mmap(vma, m->region);
}
