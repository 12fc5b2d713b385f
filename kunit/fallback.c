// SPDX-License-Identifier: GPL-2.0-only
/*
 * huge_fallback: a driver that maps large leaves for reads, and falls back for a write: the core
 * takes the leaf away, and asks fault() for the page. Our methods make the leaf writable.
 */
#include <linux/align.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/pfn.h>
#include <linux/string.h>

#include "bounds.h"

#if PFNMAP_HAVE_PMD
#define MMIO	PFNMAP_TEST_REGION_MMIO

static const struct level {
	const char *what;
	u32 method;
	u32 level;
	unsigned int order;
} levels[] = {
	{ "2 MiB", PFNMAP_TEST_METHOD_VMF_INSERT_PFN_PMD, PFNMAP_TEST_LEVEL_PMD, COMPAT_PMD_ORDER },
#if PFNMAP_HAVE_PUD
	{ "1 GiB", PFNMAP_TEST_METHOD_VMF_INSERT_PFN_PUD, PFNMAP_TEST_LEVEL_PUD, COMPAT_PUD_ORDER },
#endif
};

static void level_desc(const struct level *level, char *desc)
{
	strscpy(desc, level->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(level, levels, level_desc);

static vm_fault_t fault_large(struct vm_fault *vmf, unsigned int order)
{
	struct bounds *b = vmf->vma->vm_private_data;

	if (order != b->left || vmf->flags & FAULT_FLAG_WRITE)
		return VM_FAULT_FALLBACK;

#if PFNMAP_HAVE_PUD
	if (order == COMPAT_PUD_ORDER)
		return compat_vmf_insert_pfn_pud(vmf, b->pfn, false);
#endif
	return compat_vmf_insert_pfn_pmd(vmf, b->pfn, false);
}

PFNMAP_DEFINE_HUGE_FAULT(fault_large)

static vm_fault_t fault_small(struct vm_fault *vmf)
{
	struct bounds *b = vmf->vma->vm_private_data;

	return vmf_insert_pfn(vmf->vma, vmf->address, b->pfn + vmf->pgoff);
}

static vm_fault_t allow_write(struct vm_fault *vmf)
{
	struct bounds *b = vmf->vma->vm_private_data;

	b->asked++;
	return 0;
}

static const struct vm_operations_struct fallback_ops = {
	.fault = fault_small,
	.huge_fault = PFNMAP_HUGE_FAULT(fault_large),
	.pfn_mkwrite = allow_write,
};

static int call_fallback(struct bounds *b, struct vm_area_struct *vma)
{
	compat_vm_flags_set(vma, VM_PFNMAP | VM_HUGEPAGE);
	return kt_bounds_by_fault(b, vma);
}

static void written(struct kunit *test)
{
	const struct level *level = test->param_value;
	unsigned long bytes = kt_leaf_bytes(level->level), addr, start, at = 5 * PAGE_SIZE;
	struct bounds *b = kt_bounds_new(test);
	struct kt *kt = test->priv;
	struct pfnmap_test_leaf leaf;
	u8 value = 0;

	kt_need_method(kt, level->method);
	kt_need_region(kt, MMIO, bytes);
	start = kt_region_pfn(kt, MMIO, 0);
	b->pfn = ALIGN(start, PHYS_PFN(bytes));
	kt_need_region(kt, MMIO, PFN_PHYS(b->pfn - start) + bytes);
	b->left = level->order;
	b->flags |= MAP_FIXED_NOREPLACE;
	b->addr = KT_FREE;
	b->ops = &fallback_ops;
	addr = kt_bounds_map(test, b, PHYS_PFN(bytes), 0, call_fallback);

	KUNIT_ASSERT_EQ(test, kt_read(addr + at, &value), 0);
	kt_leaf(addr, &leaf);
	if (leaf.level != level->level)
		kunit_skip(test, "no such leaf of pfns on this kernel");
	KUNIT_EXPECT_EQ(test, leaf.pfn, (u64)b->pfn);
	KUNIT_EXPECT_FALSE(test, leaf.flags & PFNMAP_TEST_LEAF_WRITABLE);

	KUNIT_EXPECT_EQ(test, kt_write(addr + at, 0x67), 0);
	KUNIT_EXPECT_EQ(test, b->asked, 1);
	kt_leaf(addr + at, &leaf);
	KUNIT_EXPECT_EQ(test, leaf.level, PFNMAP_TEST_LEVEL_PTE);
	KUNIT_EXPECT_EQ(test, leaf.pfn, (u64)b->pfn + PHYS_PFN(at));
	KUNIT_EXPECT_TRUE(test, leaf.flags & PFNMAP_TEST_LEAF_WRITABLE);
	KUNIT_EXPECT_FALSE_MSG(test, kt_present(addr), "the rest of the leaf");
	KUNIT_EXPECT_FALSE(test, kt_present(addr + bytes - PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, kt_read(addr + at, &value), 0);
	KUNIT_EXPECT_EQ(test, value, 0x67);

	/* Beside a small entry there are small ones only, as far as a leaf of 2 MiB reaches. */
	KUNIT_EXPECT_EQ(test, kt_read(addr, &value), 0);
	kt_leaf(addr, &leaf);
	KUNIT_EXPECT_EQ(test, leaf.level, PFNMAP_TEST_LEVEL_PTE);
	KUNIT_EXPECT_EQ(test, leaf.pfn, (u64)b->pfn);
	KUNIT_EXPECT_FALSE(test, leaf.flags & PFNMAP_TEST_LEAF_WRITABLE);
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, bytes), 0);
}

static struct kunit_case fallback_cases[] = {
	KUNIT_CASE_PARAM(written, level_gen_params),
	{}
};

static struct kunit_suite fallback_suite = {
	.name = "huge_fallback",
	.init = kt_init,
	.exit = kt_exit,
	.test_cases = fallback_cases,
};

kunit_test_suite(fallback_suite);
#endif
