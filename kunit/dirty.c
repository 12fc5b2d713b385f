// SPDX-License-Identifier: GPL-2.0-only
/*
 * entry_dirty: an entry that the kernel makes writable for a write is dirty at once: a processor
 * that does not mark entries itself would fault again. The cases don't touch the memory, since
 * x86 would mark the entry. And two checks of the insert helpers that need tables of their own.
 */
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/pgtable.h>

#include "bounds.h"

#define WRITTEN	(PFNMAP_TEST_LEAF_WRITABLE | PFNMAP_TEST_LEAF_DIRTY)

static void expect_written(struct kunit *test, unsigned long addr, struct page *page)
{
	struct pfnmap_test_leaf leaf;

	kt_leaf(addr, &leaf);
	KUNIT_EXPECT_EQ(test, leaf.pfn, (u64)page_to_pfn(page));
	KUNIT_EXPECT_EQ(test, leaf.flags & WRITTEN, WRITTEN);
}

static vm_fault_t fault_pfn(struct vm_fault *vmf)
{
	struct bounds *b = vmf->vma->vm_private_data;

	return vmf_insert_pfn(vmf->vma, vmf->address, page_to_pfn(b->page[0]));
}

static vm_fault_t allow_write(struct vm_fault *vmf)
{
	struct bounds *b = vmf->vma->vm_private_data;

	b->asked++;
	return 0;
}

static const struct vm_operations_struct asking_ops = {
	.fault = fault_pfn,
	.pfn_mkwrite = allow_write,
};

static int call_asking(struct bounds *b, struct vm_area_struct *vma)
{
	compat_vm_flags_set(vma, VM_PFNMAP);
	b->ops = &asking_ops;
	return kt_bounds_by_fault(b, vma);
}

/* A write fault without the write, as KVM and VFIO cause one. */
static void allowed(struct kunit *test)
{
	struct bounds *b = kt_bounds_new(test);
	unsigned long addr = kt_bounds_map(test, b, 1, 0, call_asking);
	struct pfnmap_test_leaf leaf;
	u8 value;
	int err;

	KUNIT_ASSERT_EQ(test, kt_read(addr, &value), 0);
	kt_leaf(addr, &leaf);
	KUNIT_EXPECT_EQ(test, leaf.flags & WRITTEN, 0);
	mmap_read_lock(current->mm);
	err = fixup_user_fault(current->mm, addr, FAULT_FLAG_WRITE, NULL);
	mmap_read_unlock(current->mm);
	KUNIT_EXPECT_EQ(test, err, 0);
	KUNIT_EXPECT_EQ(test, b->asked, 1);
	expect_written(test, addr, b->page[0]);
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, PAGE_SIZE), 0);
}

#if PFNMAP_HAVE_FOLIO
static int call_for_write(struct bounds *b, struct vm_area_struct *vma)
{
	struct vm_fault vmf = { .vma = vma, .address = vma->vm_start };

	return vmf_insert_page_mkwrite(&vmf, b->page[0], true);
}

static void page_for_write(struct kunit *test)
{
	struct bounds *b = kt_bounds_new(test);
	unsigned long addr = kt_bounds_map(test, b, 1, 0, call_for_write);

	KUNIT_EXPECT_EQ(test, b->said, (int)VM_FAULT_NOPAGE);
	expect_written(test, addr, b->page[0]);
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, PAGE_SIZE), 0);
}

static int call_again(struct bounds *b, struct vm_area_struct *vma)
{
	struct vm_fault vmf = { .vma = vma, .address = vma->vm_start };

	return vm_insert_page(vma, vma->vm_start, b->page[0]) ?:
	       vmf_insert_page_mkwrite(&vmf, b->page[b->left], false);
}

/* Another thread's fault was quicker: the driver's fault() succeeds, and the entry stays. */
static void page_again(struct kunit *test)
{
	struct bounds *b = kt_bounds_new(test);
	struct pfnmap_test_leaf leaf;
	unsigned long addr;

	for (b->left = 0; b->left < 2; b->left++) {
		addr = kt_bounds_map(test, b, 1, 0, call_again);
		KUNIT_EXPECT_EQ(test, b->said, (int)VM_FAULT_NOPAGE);
		kt_leaf(addr, &leaf);
		KUNIT_EXPECT_EQ(test, leaf.pfn, (u64)page_to_pfn(b->page[0]));
		KUNIT_EXPECT_EQ(test, page_ref_count(b->page[0]), 2);
		KUNIT_EXPECT_EQ(test, page_ref_count(b->page[1]), 1);
		KUNIT_EXPECT_EQ(test, vm_munmap(addr, PAGE_SIZE), 0);
	}
}
#endif

#if PFNMAP_HAVE_PMD
#define BATCH	8	/* vm_insert_pages() fills so many entries under one lock */

static int call_across(struct bounds *b, struct vm_area_struct *vma)
{
	struct page *pages[2 * BATCH];
	int i;

	for (i = 0; i < 2 * BATCH; i++)
		pages[i] = b->page[i % PAGES];
	b->left = 2 * BATCH;
	return vm_insert_pages(vma, vma->vm_start, pages, &b->left);
}

/* A page table ends in the middle of the VMA. */
static void across_tables(struct kunit *test)
{
	struct bounds *b = kt_bounds_new(test);
	struct pfnmap_test_leaf leaf;
	unsigned long addr;
	int i;

	b->flags |= MAP_FIXED_NOREPLACE;
	b->addr = KT_FREE + PMD_SIZE - BATCH * PAGE_SIZE;
	addr = kt_bounds_map(test, b, 2 * BATCH, 0, call_across);
	KUNIT_EXPECT_EQ(test, b->said, 0);
	KUNIT_EXPECT_EQ(test, b->left, 0);
	for (i = 0; i < 2 * BATCH; i++) {
		kt_leaf(addr + i * PAGE_SIZE, &leaf);
		KUNIT_EXPECT_TRUE(test, leaf.flags & PFNMAP_TEST_LEAF_PRESENT);
		KUNIT_EXPECT_EQ(test, leaf.pfn, (u64)page_to_pfn(b->page[i % PAGES]));
	}
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, 2 * BATCH * PAGE_SIZE), 0);
	KUNIT_EXPECT_EQ(test, page_ref_count(b->page[0]), 1);
}

static int call_table(struct bounds *b, struct vm_area_struct *vma)
{
	unsigned long addr = vma->vm_start;
	int err = vm_insert_page(vma, addr, b->page[0]);
	pgd_t *pgd = pgd_offset(vma->vm_mm, addr);

	if (err)
		return err;
	b->other = pmd_page(*pmd_offset(pud_offset(p4d_offset(pgd, addr), addr), addr));
	return vm_insert_page(vma, addr + PAGE_SIZE, b->other);
}

/* A process must not write to its own page tables. Unlike a slab's, their pages are counted. */
static void page_table(struct kunit *test)
{
	struct bounds *b = kt_bounds_new(test);
	unsigned long addr = kt_bounds_map(test, b, 2, 0, call_table);

	KUNIT_EXPECT_EQ(test, b->said, -EINVAL);
	KUNIT_EXPECT_TRUE(test, kt_present(addr));
	KUNIT_EXPECT_FALSE(test, kt_present(addr + PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, 2 * PAGE_SIZE), 0);
}
#endif

static struct kunit_case dirty_cases[] = {
	KUNIT_CASE(allowed),
#if PFNMAP_HAVE_FOLIO
	KUNIT_CASE(page_for_write),
	KUNIT_CASE(page_again),
#endif
#if PFNMAP_HAVE_PMD
	KUNIT_CASE(across_tables),
	KUNIT_CASE(page_table),
#endif
	{}
};

static struct kunit_suite dirty_suite = {
	.name = "entry_dirty",
	.init = kt_init,
	.exit = kt_exit,
	.test_cases = dirty_cases,
};

kunit_test_suite(dirty_suite);
