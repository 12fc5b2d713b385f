// SPDX-License-Identifier: GPL-2.0-only
/*
 * follow_pfnmap: what follow_pfnmap_start() tells KVM, VFIO and generic_access_phys(). The
 * ioctl FOLLOW does not show the protection, and it always passes the VMA of the address.
 */
#include <linux/mm.h>
#include <linux/mman.h>

#include "bounds.h"

#if PFNMAP_HAVE_FOLLOW_PFNMAP
#define MMIO	PFNMAP_TEST_REGION_MMIO
#define WC	PFNMAP_TEST_CACHE_WC

static int follow(unsigned long vma_addr, struct follow_pfnmap_args *args)
{
	int err;

	mmap_read_lock(current->mm);
	args->vma = vma_lookup(current->mm, vma_addr);
	err = follow_pfnmap_start(args);
	if (!err)
		follow_pfnmap_end(args);
	mmap_read_unlock(current->mm);
	return err;
}

static int call_pfn(struct bounds *b, struct vm_area_struct *vma)
{
	compat_vm_flags_set(vma, VM_PFNMAP);
	return vmf_insert_pfn(vma, vma->vm_start, page_to_pfn(b->page[0]));
}

/* Present entries before the VMA and after it belong to other VMAs. */
static void outside(struct kunit *test)
{
	struct follow_pfnmap_args args = { };
	struct bounds *b = kt_bounds_new(test);
	unsigned long addr = KT_FREE;
	int i;

	b->flags |= MAP_FIXED_NOREPLACE;
	for (i = -1; i <= 1; i++) {
		b->addr = addr + i * PAGE_SIZE;
		kt_bounds_map(test, b, 1, 0, call_pfn);
		KUNIT_EXPECT_EQ(test, b->said, (int)VM_FAULT_NOPAGE);
	}

	for (i = -1; i <= 1; i++) {
		args.address = addr + i * PAGE_SIZE;
		KUNIT_EXPECT_EQ(test, follow(addr, &args), i ? -EINVAL : 0);
	}
	KUNIT_EXPECT_EQ(test, vm_munmap(addr - PAGE_SIZE, 3 * PAGE_SIZE), 0);
}

static const struct kt_how pfns[] = {
	{ PFNMAP_TEST_METHOD_VMF_INSERT_PFN, MMIO, WC, PFNMAP_TEST_LEVEL_PTE },
	{ PFNMAP_TEST_METHOD_VMF_INSERT_PFN_PMD, MMIO, WC, PFNMAP_TEST_LEVEL_PMD },
	{ PFNMAP_TEST_METHOD_VMF_INSERT_PFN_PUD, MMIO, WC, PFNMAP_TEST_LEVEL_PUD },
};

KUNIT_ARRAY_PARAM(pfn, pfns, kt_how_desc);

#ifdef CONFIG_X86
/* generic_access_phys() maps the memory with this protection: it must have the entry's mode. */
static void mode(struct kunit *test)
{
	const unsigned long bits = _PAGE_PWT | _PAGE_PCD;
	const struct kt_how *how = test->param_value;
	unsigned long addr, bytes = kt_leaf_bytes(how->level);
	struct follow_pfnmap_args args = { };
	struct kt *kt = test->priv;
	struct pfnmap_test_leaf leaf;
	u32 got;

	kt_need_tracking(kt);
	kt_need_method(kt, how->method);
	kt_need_region(kt, how->region, bytes);
	KUNIT_ASSERT_GT(test, kt_reserve(kt, how->region, WC, 0, bytes, &got), 0L);
	addr = kt_map(kt, how, 0, bytes, PROT_READ | PROT_WRITE, MAP_SHARED);
	KUNIT_EXPECT_EQ(test, kt_write(addr, 1), 0);
	kt_leaf(addr, &leaf);
	KUNIT_ASSERT_EQ(test, got, WC);

	args.address = addr;
	KUNIT_ASSERT_EQ(test, follow(addr, &args), 0);
	KUNIT_EXPECT_EQ(test, args.pfn, (unsigned long)leaf.pfn);
	KUNIT_EXPECT_TRUE(test, args.writable);
	KUNIT_EXPECT_EQ(test, leaf.cache_mode, WC);
	KUNIT_EXPECT_EQ(test, pgprot_val(args.pgprot) & bits,
			pgprot_val(pgprot_writecombine(__pgprot(0))) & bits);
	kt_unmap(kt, addr, bytes);
}
#endif

/* Who maps a whole leaf by its first answer trusts addr_mask, and the pfn of any page in it. */
static void last_page(struct kunit *test)
{
	const struct kt_how *how = test->param_value;
	unsigned long addr, last, bytes = kt_leaf_bytes(how->level);
	struct follow_pfnmap_args args = { };
	struct kt *kt = test->priv;
	int write;
	u8 byte;

	kt_need_method(kt, how->method);
	kt_need_region(kt, how->region, bytes);
	last = bytes - PAGE_SIZE;
	for (write = 0; write < 2; write++) {
		addr = kt_map(kt, how, 0, bytes, PROT_READ | (write ? PROT_WRITE : 0), MAP_SHARED);
		if (write)
			KUNIT_EXPECT_EQ(test, kt_write(addr + last, 1), 0);
		else
			KUNIT_EXPECT_EQ(test, kt_read(addr + last, &byte), 0);

		args.address = addr + last;
		KUNIT_ASSERT_EQ(test, follow(addr, &args), 0);
		KUNIT_EXPECT_EQ(test, args.pfn, kt_region_pfn(kt, how->region, last));
		KUNIT_EXPECT_EQ(test, args.addr_mask, ~(bytes - 1));
		KUNIT_EXPECT_EQ(test, args.writable, write);
		KUNIT_EXPECT_TRUE(test, args.special);
		kt_unmap(kt, addr, bytes);
	}
}

static struct kunit_case follow_cases[] = {
	KUNIT_CASE(outside),
#ifdef CONFIG_X86
	KUNIT_CASE_PARAM(mode, pfn_gen_params),
#endif
	KUNIT_CASE_PARAM(last_page, pfn_gen_params),
	{}
};

static struct kunit_suite follow_suite = {
	.name = "follow_pfnmap",
	.init = kt_init,
	.exit = kt_exit,
	.test_cases = follow_cases,
};

kunit_test_suite(follow_suite);
#endif
