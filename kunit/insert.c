// SPDX-License-Identifier: GPL-2.0-only
/*
 * insert_checks: which pages the insert helpers refuse, at which addresses they refuse a
 * large leaf, and what happens to a write that the driver refuses.
 */
#include <kunit/test-bug.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/pgtable.h>
#include <linux/string.h>

#include "bounds.h"

static int call_other(struct bounds *b, struct vm_area_struct *vma)
{
	return vm_insert_page(vma, vma->vm_start, b->other);
}

static void expect_refused(struct kunit *test, struct bounds *b)
{
	int refs = page_ref_count(b->other);
	unsigned long addr = kt_bounds_map(test, b, 1, 0, call_other);

	KUNIT_EXPECT_EQ(test, b->said, -EINVAL);
	KUNIT_EXPECT_FALSE(test, kt_present(addr));
	KUNIT_EXPECT_EQ(test, page_ref_count(b->other), refs);
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, PAGE_SIZE), 0);
}

/* A slab page has objects of other users. */
static void slab_page(struct kunit *test)
{
	struct bounds *b = kt_bounds_new(test);

	b->other = virt_to_head_page(b);
	expect_refused(test, b);
}

/* An anonymous page has an rmap of its own. */
static void anonymous_page(struct kunit *test)
{
	struct bounds *b = kt_bounds_new(test);
	unsigned long addr;

	addr = vm_mmap(NULL, 0, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(addr));
	KUNIT_ASSERT_EQ(test, kt_write(addr, 1), 0);
	b->other = folio_page(kt_folio(addr), 0);
	expect_refused(test, b);
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, PAGE_SIZE), 0);
}

static void put_pair(void *pages)
{
	__free_pages(pages, 1);
}

static int call_other_pfn(struct bounds *b, struct vm_area_struct *vma)
{
	compat_vm_flags_set(vma, VM_PFNMAP);
	return vmf_insert_pfn(vma, vma->vm_start, page_to_pfn(b->other));
}

/*
 * The second page of an allocation that is not compound has no reference of its own, so
 * munmap() would free it. A driver can map the page by its pfn.
 */
static void uncounted_page(struct kunit *test)
{
	struct bounds *b = kt_bounds_new(test);
	struct page *pages = alloc_pages(GFP_KERNEL | __GFP_ZERO, 1);
	unsigned long addr;

	KUNIT_ASSERT_NOT_NULL(test, pages);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, put_pair, pages));
	b->other = pages + 1;
	KUNIT_ASSERT_EQ(test, page_ref_count(b->other), 0);
	expect_refused(test, b);

	addr = kt_bounds_map(test, b, 1, 0, call_other_pfn);
	KUNIT_EXPECT_EQ(test, b->said, (int)VM_FAULT_NOPAGE);
	KUNIT_EXPECT_EQ(test, kt_write(addr, 1), 0);
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, PAGE_SIZE), 0);
	KUNIT_EXPECT_EQ(test, page_ref_count(b->other), 0);
	KUNIT_EXPECT_EQ(test, page_ref_count(pages), 1);
}

static void need_zero_page(struct kunit *test)
{
	if (!PFNMAP_HAVE_ZERO_PAGE)
		kunit_skip(test, "checked since 6.11; the module can tell from 6.15 on");
}

/* A process that may write to a shared mapping would write to the kernel's zeroes. */
static void zero_page_shared(struct kunit *test)
{
	struct bounds *b = kt_bounds_new(test);

	need_zero_page(test);
	b->other = ZERO_PAGE(0);
	expect_refused(test, b);
}

static int call_mixed_zero(struct bounds *b, struct vm_area_struct *vma)
{
	compat_vm_flags_set(vma, VM_MIXEDMAP);
	return compat_vmf_insert_mixed(vma, vma->vm_start, page_to_pfn(ZERO_PAGE(0)));
}

static void zero_pfn_shared(struct kunit *test)
{
	struct bounds *b = kt_bounds_new(test);
	unsigned long addr;

	need_zero_page(test);
	addr = kt_bounds_map(test, b, 1, 0, call_mixed_zero);
	KUNIT_EXPECT_EQ(test, b->said, (int)VM_FAULT_SIGBUS);
	KUNIT_EXPECT_FALSE(test, kt_present(addr));
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, PAGE_SIZE), 0);
}

/* A private mapping is copied on write, so it may map the zero page: special, uncounted. */
static void zero_page_private(struct kunit *test)
{
	struct bounds *b = kt_bounds_new(test);
	struct pfnmap_test_leaf leaf;
	unsigned long addr;
	u8 value = 1;

	need_zero_page(test);
	b->other = ZERO_PAGE(0);
	b->flags = MAP_PRIVATE;
	addr = kt_bounds_map(test, b, 1, 0, call_other);
	KUNIT_EXPECT_EQ(test, b->said, 0);
	kt_leaf(addr, &leaf);
	KUNIT_EXPECT_EQ(test, leaf.pfn, (u64)page_to_pfn(b->other));
	if (IS_ENABLED(CONFIG_ARCH_HAS_PTE_SPECIAL))
		KUNIT_EXPECT_TRUE(test, leaf.flags & PFNMAP_TEST_LEAF_SPECIAL);
	KUNIT_EXPECT_EQ(test, kt_read(addr, &value), 0);
	KUNIT_EXPECT_EQ(test, value, 0);
	KUNIT_EXPECT_EQ(test, kt_write(addr, 1), 0);
	kt_leaf(addr, &leaf);
	KUNIT_EXPECT_NE(test, leaf.pfn, (u64)page_to_pfn(b->other));
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, PAGE_SIZE), 0);
}

/*
 * A shared mapping may have the zero page if nobody can ever write to the mapping. Or if the
 * driver puts a page in place of the zero page at a write, and nobody can pin the zero page.
 */
static vm_fault_t never(struct vm_fault *vmf)
{
	return VM_FAULT_SIGBUS;
}

static const struct vm_operations_struct never_ops = {
	.pfn_mkwrite = never,
};

static const struct zero {
	const char *what;
	unsigned long clear;
	unsigned long set;
	bool replaced;
	int said;
} zeroes[] = {
	{ "read-only, and may be made writable", 0, 0, false, -EINVAL },
	{ "read-only for good", VM_MAYWRITE, 0, false, 0 },
	{ "replaced at a write", 0, 0, true, -EINVAL },
	{ "I/O memory", 0, VM_IO, false, -EINVAL },
	{ "replaced, I/O memory", 0, VM_IO, true, 0 },
};

static void zero_desc(const struct zero *z, char *desc)
{
	strscpy(desc, z->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(zero, zeroes, zero_desc);

static int call_zero(struct bounds *b, struct vm_area_struct *vma)
{
	const struct zero *z = kunit_get_current_test()->param_value;

	compat_vm_flags_clear(vma, z->clear);
	compat_vm_flags_set(vma, z->set);
	if (z->replaced)
		vma->vm_ops = &never_ops;
	return call_other(b, vma);
}

static void zero_page_for_good(struct kunit *test)
{
	const struct zero *z = test->param_value;
	struct bounds *b = kt_bounds_new(test);
	unsigned long addr;

	need_zero_page(test);
	b->other = ZERO_PAGE(0);
	/* Else the entry would be writable until mmap() ends. */
	b->prot = PROT_READ;
	addr = kt_bounds_map(test, b, 1, 0, call_zero);
	KUNIT_EXPECT_EQ(test, b->said, z->said);
	KUNIT_EXPECT_EQ(test, kt_present(addr), !z->said);
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, PAGE_SIZE), 0);
}

#if PFNMAP_HAVE_FOLIO
static int call_for_write(struct bounds *b, struct vm_area_struct *vma)
{
	struct vm_fault vmf = { .vma = vma, .address = vma->vm_start };
	int i;

	for (i = 0; i < 2; i++) {
		if (vmf_insert_page_mkwrite(&vmf, b->page[0], true) != VM_FAULT_NOPAGE)
			return -EFAULT;
	}
	return 0;
}

/* A driver that maps for a write does not make a read-only VMA's entry writable. */
static void page_for_write_in_read_only(struct kunit *test)
{
	struct bounds *b = kt_bounds_new(test);
	struct pfnmap_test_leaf leaf;
	unsigned long addr;

	b->prot = PROT_READ;
	addr = kt_bounds_map(test, b, 1, 0, call_for_write);
	KUNIT_EXPECT_EQ(test, b->said, 0);
	kt_leaf(addr, &leaf);
	KUNIT_EXPECT_TRUE(test, leaf.flags & PFNMAP_TEST_LEAF_PRESENT);
	KUNIT_EXPECT_FALSE(test, leaf.flags & PFNMAP_TEST_LEAF_WRITABLE);
	KUNIT_EXPECT_EQ(test, kt_write(addr, 1), -EFAULT);
	KUNIT_EXPECT_EQ(test, page_ref_count(b->page[0]), 2);
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, PAGE_SIZE), 0);
}

static int call_over_zero(struct bounds *b, struct vm_area_struct *vma)
{
	struct vm_fault vmf = { .vma = vma, .address = vma->vm_start };

	return vm_insert_page(vma, vma->vm_start, ZERO_PAGE(0)) ?:
	       vmf_insert_page_mkwrite(&vmf, b->page[0], true);
}

/* C3: the entry stays the zero page's, even for a write. */
static void page_over_zero(struct kunit *test)
{
	struct bounds *b = kt_bounds_new(test);
	struct pfnmap_test_leaf leaf;
	unsigned long addr;

	b->flags = MAP_PRIVATE;
	addr = kt_bounds_map(test, b, 1, 0, call_over_zero);
	KUNIT_EXPECT_EQ(test, b->said, (int)VM_FAULT_SIGBUS);
	kt_leaf(addr, &leaf);
	KUNIT_EXPECT_EQ(test, leaf.pfn, (u64)page_to_pfn(ZERO_PAGE(0)));
	KUNIT_EXPECT_FALSE(test, leaf.flags & PFNMAP_TEST_LEAF_WRITABLE);
	KUNIT_EXPECT_EQ(test, page_ref_count(b->page[0]), 1);
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, PAGE_SIZE), 0);
}
#endif

#if PFNMAP_HAVE_PMD
/*
 * Prepares a fault at the VMA's start, where a large leaf would begin before the VMA does. The
 * insert of a page at the VMA's end makes the tables that the fault needs.
 */
static bool fault_outside(struct bounds *b, struct vm_area_struct *vma, struct vm_fault *vmf)
{
	unsigned long pfn = page_to_pfn(b->page[0]);

	compat_vm_flags_set(vma, VM_PFNMAP);
	if (vmf_insert_pfn(vma, vma->vm_end - PAGE_SIZE, pfn) != VM_FAULT_NOPAGE)
		return false;

	vmf->pud = pud_offset(p4d_offset(pgd_offset(vma->vm_mm, vmf->address), vmf->address),
			      vmf->address);
	return true;
}

static int call_pmd_outside(struct bounds *b, struct vm_area_struct *vma)
{
	struct vm_fault vmf = { .vma = vma, .address = vma->vm_start };

	if (!fault_outside(b, vma, &vmf))
		return 0;

	vmf.pmd = pmd_offset(vmf.pud, vmf.address);
	return compat_vmf_insert_pfn_pmd(&vmf, 0, false);
}

static void expect_outside(struct kunit *test, struct bounds *b, unsigned long size,
			   int (*call)(struct bounds *b, struct vm_area_struct *vma))
{
	unsigned long addr;

	b->flags |= MAP_FIXED_NOREPLACE;
	/* From the last page of one leaf to the first page of the next one. */
	b->addr = KT_FREE + size - PAGE_SIZE;
	addr = kt_bounds_map(test, b, 2, 0, call);
	KUNIT_EXPECT_EQ(test, b->said, (int)VM_FAULT_SIGBUS);
	KUNIT_EXPECT_FALSE(test, kt_present(addr));
	KUNIT_EXPECT_TRUE(test, kt_present(addr + PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, 2 * PAGE_SIZE), 0);
}

static void pmd_outside(struct kunit *test)
{
	expect_outside(test, kt_bounds_new(test), PMD_SIZE, call_pmd_outside);
}
#endif

#if PFNMAP_HAVE_PUD
static int call_pud_outside(struct bounds *b, struct vm_area_struct *vma)
{
	struct vm_fault vmf = { .vma = vma, .address = vma->vm_start };

	if (!fault_outside(b, vma, &vmf))
		return 0;

	return compat_vmf_insert_pfn_pud(&vmf, 0, false);
}

static void pud_outside(struct kunit *test)
{
	expect_outside(test, kt_bounds_new(test), PUD_SIZE, call_pud_outside);
}
#endif

static vm_fault_t fault_pfn(struct vm_fault *vmf)
{
	struct bounds *b = vmf->vma->vm_private_data;

	return vmf_insert_pfn(vmf->vma, vmf->address, page_to_pfn(b->page[0]));
}

static vm_fault_t refuse_write(struct vm_fault *vmf)
{
	struct bounds *b = vmf->vma->vm_private_data;

	b->asked++;
	b->mkwrite = vmf->flags & FAULT_FLAG_MKWRITE;
	return VM_FAULT_SIGBUS;
}

static const struct vm_operations_struct pfn_ops = {
	.fault = fault_pfn,
	.pfn_mkwrite = refuse_write,
};

static const struct vm_operations_struct page_ops = {
	.fault = kt_bounds_fault,
	.page_mkwrite = refuse_write,
};

static int call_pfn_ops(struct bounds *b, struct vm_area_struct *vma)
{
	compat_vm_flags_set(vma, VM_PFNMAP);
	b->ops = &pfn_ops;
	return kt_bounds_by_fault(b, vma);
}

static int call_page_ops(struct bounds *b, struct vm_area_struct *vma)
{
	b->ops = &page_ops;
	return kt_bounds_by_fault(b, vma);
}

static int call_page_in_pfnmap(struct bounds *b, struct vm_area_struct *vma)
{
	compat_vm_flags_set(vma, VM_PFNMAP);
	return call_page_ops(b, vma);
}

/*
 * A fault() that gives a page to a VMA of pfns. The entry is not special, so the kernel counts
 * the page, and puts it at munmap(). But GUP refuses the VMA. On architectures without a
 * special bit the kernel takes the entry for a pfn's, and loses the page's reference.
 */
static void page_in_pfnmap(struct kunit *test)
{
	struct bounds *b = kt_bounds_new(test);
	struct folio *folio = page_folio(b->page[0]);
	struct pfnmap_test_leaf leaf;
	struct page *page;
	unsigned long addr;
	u8 value = 1;

	if (!IS_ENABLED(CONFIG_ARCH_HAS_PTE_SPECIAL))
		kunit_skip(test, "without a special bit the kernel would lose the page");
	addr = kt_bounds_map(test, b, 1, 0, call_page_in_pfnmap);
	KUNIT_EXPECT_EQ(test, kt_read(addr, &value), 0);
	KUNIT_EXPECT_EQ(test, value, 0);
	kt_leaf(addr, &leaf);
	KUNIT_EXPECT_EQ(test, leaf.pfn, (u64)page_to_pfn(b->page[0]));
	KUNIT_EXPECT_FALSE(test, leaf.flags & PFNMAP_TEST_LEAF_SPECIAL);
	KUNIT_EXPECT_EQ(test, folio_ref_count(folio), 2);
	KUNIT_EXPECT_EQ(test, compat_folio_mapcount(folio), 1);
	KUNIT_EXPECT_EQ(test, get_user_pages_unlocked(addr, 1, &page, 0), -EFAULT);
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, PAGE_SIZE), 0);
	KUNIT_EXPECT_EQ(test, folio_ref_count(folio), 1);
	KUNIT_EXPECT_EQ(test, compat_folio_mapcount(folio), 0);
}

/* The driver refuses: the entry stays read-only, and a write gets a signal. */
static void expect_read_only(struct kunit *test, struct bounds *b, unsigned long addr)
{
	struct pfnmap_test_leaf leaf;
	u8 value;

	KUNIT_EXPECT_EQ(test, kt_read(addr, &value), 0);
	KUNIT_EXPECT_EQ(test, kt_write(addr, 1), -EFAULT);
	KUNIT_EXPECT_EQ(test, b->asked, 1);
	KUNIT_EXPECT_TRUE(test, b->mkwrite);
	kt_leaf(addr, &leaf);
	KUNIT_EXPECT_TRUE(test, leaf.flags & PFNMAP_TEST_LEAF_PRESENT);
	KUNIT_EXPECT_FALSE(test, leaf.flags & PFNMAP_TEST_LEAF_WRITABLE);
	KUNIT_EXPECT_EQ(test, kt_read(addr, &value), 0);
	KUNIT_EXPECT_EQ(test, value, 0);
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, PAGE_SIZE), 0);
}

static void pfn_mkwrite_refuses(struct kunit *test)
{
	struct bounds *b = kt_bounds_new(test);

	expect_read_only(test, b, kt_bounds_map(test, b, 1, 0, call_pfn_ops));
}

static void page_mkwrite_refuses(struct kunit *test)
{
	struct bounds *b = kt_bounds_new(test);

	expect_read_only(test, b, kt_bounds_map(test, b, 1, 0, call_page_ops));
	KUNIT_EXPECT_EQ(test, page_ref_count(b->page[0]), 1);
}

/* If the first touch is a write that the driver refuses, the kernel does not map the page. */
static void page_mkwrite_refuses_at_once(struct kunit *test)
{
	struct bounds *b = kt_bounds_new(test);
	unsigned long addr = kt_bounds_map(test, b, 1, 0, call_page_ops);

	KUNIT_EXPECT_EQ(test, kt_write(addr, 1), -EFAULT);
	KUNIT_EXPECT_EQ(test, b->asked, 1);
	KUNIT_EXPECT_FALSE(test, kt_present(addr));
	KUNIT_EXPECT_EQ(test, page_ref_count(b->page[0]), 1);
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, PAGE_SIZE), 0);
}

static struct kunit_case insert_cases[] = {
	KUNIT_CASE(slab_page),
	KUNIT_CASE(anonymous_page),
	KUNIT_CASE(uncounted_page),
	KUNIT_CASE(page_in_pfnmap),
	KUNIT_CASE(zero_page_shared),
	KUNIT_CASE(zero_pfn_shared),
	KUNIT_CASE(zero_page_private),
	KUNIT_CASE_PARAM(zero_page_for_good, zero_gen_params),
#if PFNMAP_HAVE_FOLIO
	KUNIT_CASE(page_for_write_in_read_only),
	KUNIT_CASE(page_over_zero),
#endif
#if PFNMAP_HAVE_PMD
	KUNIT_CASE(pmd_outside),
#endif
#if PFNMAP_HAVE_PUD
	KUNIT_CASE(pud_outside),
#endif
	KUNIT_CASE(pfn_mkwrite_refuses),
	KUNIT_CASE(page_mkwrite_refuses),
	KUNIT_CASE(page_mkwrite_refuses_at_once),
	{}
};

static struct kunit_suite insert_suite = {
	.name = "insert_checks",
	.init = kt_init,
	.exit = kt_exit,
	.test_cases = insert_cases,
};

kunit_test_suite(insert_suite);
