// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests the kernel; not for your driver.
 *
 * The huge zero folio: one entry maps 2 MiB of a hole, which reads as zeroes.
 *
 * When:    never in a driver: the kernel exports no way to get the folio, so this
 *	    file takes it from the process that maps. fs/dax maps the holes of
 *	    files in this way, so that reading them takes no memory.
 *	    vmf_insert_folio_pmd() maps the huge zero folio without a reference,
 *	    rmap or RSS. The first write replaces it.
 * VMA:     shared, without VM_PFNMAP and VM_MIXEDMAP. The file's inode is S_DAX
 *	    and has a dirty_folio() in its address_space operations. With
 *	    VM_HUGEPAGE the kernel calls huge_fault() even where THP is set to
 *	    "madvise". get_unmapped_area has to give addresses that suit the
 *	    memory's alignment. Without S_DAX munmap oopses (7.2, 7.3). You need
 *	    pfn_mkwrite() or page_mkwrite(): without one, vm_page_prot lets
 *	    everybody write to the kernel's zeroes. You need an mm that keeps the
 *	    folio: the kernel exports nothing that takes a reference to it, but an
 *	    mm that has had the folio in an anonymous mapping keeps it for life.
 *	    So set VM_DONTCOPY: a child's mm does not keep it. In 6.18 MADV_DOFORK
 *	    undoes VM_DONTCOPY, so look at the mm at each fault, too.
 * Mode:    vm_page_prot's, as it is: leave it write-back.
 * Pitfall: before a write replaces an entry that is present, call
 *	    unmap_mapping_pages(). Otherwise the helper leaves the entry alone,
 *	    and the fault comes again for ever.
 * Since:   6.18. From 6.15 to 6.17 the helper counts this folio like any other;
 *	    before 6.15 fs/dax writes the entry by itself.
 */
#include <linux/bitmap.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/mutex.h>
#include <linux/sched/mm.h>

#include "compat.h"
#include "patterns/fault_folio.h"
#include "patterns/large_leaf.h"
#include "patterns/method.h"

#if PFNMAP_HAVE_HUGE_ZERO
struct zero_state {
	const struct pfnmap_region *region;
	struct mm_struct *mm;	/* keeps the folio */
	struct folio *folio;
	struct mutex lock;	/* filled, and the entries that follow it */
	unsigned long *filled;	/* a bit for each leaf that is no hole any more */
};

/* Leave the VMA alone if it has merged with a neighbour since, or is another one. */
static int allow_huge(unsigned long start, unsigned long end)
{
	struct vm_area_struct *vma;
	int err = -EBUSY;

	mmap_write_lock(current->mm);
	vma = vma_lookup(current->mm, start);
	if (vma && vma_is_anonymous(vma) && vma->vm_start == start && vma->vm_end == end) {
		compat_vm_flags_set(vma, VM_HUGEPAGE);
		err = 0;
	}
	mmap_write_unlock(current->mm);

	return err;
}

/* A read of an anonymous mapping gets the folio, if THP and its zero page are on. */
static struct folio *read_anon(unsigned long addr)
{
	struct folio *folio;
	struct page *page;
	long n;

	n = get_user_pages_unlocked(addr, 1, &page, 0);
	if (n != 1)
		return ERR_PTR(n < 0 ? n : -EFAULT);

	folio = page_folio(page);
	if (folio_order(folio) != COMPAT_PMD_ORDER || folio_test_anon(folio)) {
		folio_put(folio);
		return ERR_PTR(-EOPNOTSUPP);
	}

	/* The mm has a reference of its own from now on. */
	folio_put(folio);
	return folio;
}

/*
 * The mapping may merge with another VMA of the process, which would then be
 * VM_HUGEPAGE for good. So unmap the first and the last page: then it has no neighbour.
 */
static struct folio *get_folio(void)
{
	const unsigned long bytes = 2 * PMD_SIZE + 2 * PAGE_SIZE;
	unsigned long start, end;
	struct folio *folio;
	int err;

	start = vm_mmap(NULL, 0, bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, 0);
	if (IS_ERR_VALUE(start))
		return ERR_PTR(start);

	end = start + bytes;
	err = vm_munmap(start, PAGE_SIZE);
	if (!err) {
		start += PAGE_SIZE;
		err = vm_munmap(end - PAGE_SIZE, PAGE_SIZE);
	}
	if (!err) {
		end -= PAGE_SIZE;
		err = allow_huge(start, end);
	}

	folio = err ? ERR_PTR(err) : read_anon(ALIGN(start, PMD_SIZE));
	vm_munmap(start, end - start);
	return folio;
}

static void zero_teardown(void *state, const struct pfnmap_region *region)
{
	struct zero_state *z = state;

	mmdrop(z->mm);
	bitmap_free(z->filled);
}

static int zero_setup(void *state, const struct pfnmap_region *region,
		      struct address_space *mapping)
{
	struct zero_state *z = state;

	z->filled = bitmap_zalloc(region->bytes / PMD_SIZE, GFP_KERNEL_ACCOUNT);
	if (!z->filled)
		return -ENOMEM;

	z->folio = get_folio();
	if (IS_ERR(z->folio)) {
		bitmap_free(z->filled);
		return PTR_ERR(z->folio);
	}

	mutex_init(&z->lock);
	mmgrab(current->mm);
	z->mm = current->mm;
	z->region = region;
	return 0;
}

/* From now on every mapping has the region's own folio. */
static void fill(struct zero_state *z, const struct vm_fault *vmf)
{
	pgoff_t first = ALIGN_DOWN(vmf->pgoff, HPAGE_PMD_NR);

	if (!__test_and_set_bit(first / HPAGE_PMD_NR, z->filled))
		unmap_mapping_pages(vmf->vma->vm_file->f_mapping, first,
				    HPAGE_PMD_NR, false);
}

static vm_fault_t zero_huge_fault(struct vm_fault *vmf, unsigned int order)
{
	struct zero_state *z = vmf->vma->vm_private_data;
	unsigned long pfn = PHYS_PFN(z->region->start) + vmf->pgoff;
	bool write = vmf->flags & FAULT_FLAG_WRITE;
	struct folio *folio;
	vm_fault_t ret;

	if (order != COMPAT_PMD_ORDER || !leaf_fits(vmf, order, pfn))
		return VM_FAULT_FALLBACK;

	mutex_lock(&z->lock);
	if (write || vmf->vma->vm_mm != z->mm)
		fill(z, vmf);
	if (test_bit(vmf->pgoff / HPAGE_PMD_NR, z->filled))
		folio = fault_folio(vmf, pfn);
	else
		folio = z->folio;
	ret = vmf_insert_folio_pmd(vmf, folio, write);
	mutex_unlock(&z->lock);

	return ret;
}

/* Where no large leaf fits, fill the hole. */
static vm_fault_t zero_fault(struct vm_fault *vmf)
{
	struct zero_state *z = vmf->vma->vm_private_data;
	unsigned long pfn = PHYS_PFN(z->region->start) + vmf->pgoff;
	vm_fault_t ret;

	mutex_lock(&z->lock);
	fill(z, vmf);
	fault_folio(vmf, pfn);
	ret = vmf_insert_page_mkwrite(vmf, pfn_to_page(pfn),
				      vmf->flags & FAULT_FLAG_WRITE);
	mutex_unlock(&z->lock);

	return ret;
}

/* With this operation vm_page_prot stays read-only. Never called: the VMA has no pfns. */
static vm_fault_t zero_pfn_mkwrite(struct vm_fault *vmf)
{
	return VM_FAULT_SIGBUS;
}

static const struct vm_operations_struct zero_ops = {
	.fault = zero_fault,
	.huge_fault = zero_huge_fault,
	.pfn_mkwrite = zero_pfn_mkwrite,
};

static int zero_mmap(struct vm_area_struct *vma, const struct pfnmap_region *region)
{
	struct zero_state *z = vma->vm_private_data;

	if (!(vma->vm_flags & VM_MAYSHARE) || vma->vm_mm != z->mm)
		return -EINVAL;

	compat_vm_flags_set(vma, VM_DONTEXPAND | VM_DONTCOPY | VM_HUGEPAGE);
	vma->vm_ops = &zero_ops;
	return 0;
}

const struct pfnmap_method pfnmap_huge_zero_folio = {
	.regions = PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_DAX),
	.levels = PFNMAP_TEST_BIT(PFNMAP_TEST_LEVEL_PMD),
	.flags = PFNMAP_TEST_DESC_FAULT | PFNMAP_TEST_DESC_FOLIO,
	.state_bytes = sizeof(struct zero_state),
	.setup = zero_setup,
	.teardown = zero_teardown,
	.mmap = zero_mmap,
};
#endif
