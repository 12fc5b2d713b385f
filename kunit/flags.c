// SPDX-License-Identifier: GPL-2.0-only
/*
 * special_flags: what each of the flags of a special VMA does by itself. A driver sets several at
 * once, so a kernel that forgets one of them in a check refuses for another one's sake.
 */
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/string.h>

#include "bounds.h"

#ifndef CONFIG_UML
/**
 * struct flag - a flag, and what a VMA that has no other one of them can do
 * @what: its name
 * @flag: the flag
 * @page: get_user_pages() gives a page
 * @pfn: follow_pfnmap_start() gives a pfn
 * @grows: mremap() makes it larger
 * @dropped: madvise() takes pages away
 * @copied: fork() copies entries that a fault would bring
 */
static const struct flag {
	const char *what;
	unsigned long flag;
	bool page;
	bool pfn;
	bool grows;
	bool dropped;
	bool copied;
} flags[] = {
	{ "none", 0, .page = true, .grows = true, .dropped = true },
	{ "VM_IO", VM_IO, .pfn = true, .grows = true, .dropped = true },
	{ "VM_DONTEXPAND", VM_DONTEXPAND, .page = true, .dropped = true },
	{ "VM_PFNMAP", VM_PFNMAP, .pfn = true, .copied = true },
	{ "VM_MIXEDMAP", VM_MIXEDMAP, .page = true, .grows = true, .dropped = true,
	  .copied = true },
};

static void flag_desc(const struct flag *flag, char *desc)
{
	strscpy(desc, flag->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(flag, flags, flag_desc);

static int call_flag(struct bounds *b, struct vm_area_struct *vma)
{
	compat_vm_flags_set(vma, b->left);
	return kt_bounds_by_fault(b, vma);
}

/* Two pages, the first of which is there. The entry is an ordinary page's, whatever the flag. */
static unsigned long map_flag(struct kunit *test)
{
	const struct flag *flag = test->param_value;
	struct bounds *b = kt_bounds_new(test);
	unsigned long addr;
	u8 value;

	b->left = flag->flag;
	addr = kt_bounds_map(test, b, 2, 0, call_flag);
	KUNIT_ASSERT_EQ(test, kt_read(addr, &value), 0);
	KUNIT_ASSERT_TRUE(test, kt_present(addr));
	return addr;
}

static void unmap(struct kunit *test, unsigned long addr, unsigned long pages)
{
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, pages * PAGE_SIZE), 0);
}

static void got(struct kunit *test)
{
	const struct flag *flag = test->param_value;
	unsigned long addr = map_flag(test);
	struct page *page = NULL;

	KUNIT_EXPECT_EQ(test, get_user_pages_unlocked(addr, 1, &page, 0),
			flag->page ? 1L : -EFAULT);
	if (page)
		put_page(page);
	unmap(test, addr, 2);
}

#if PFNMAP_HAVE_FOLLOW_PFNMAP
static void followed(struct kunit *test)
{
	const struct flag *flag = test->param_value;
	unsigned long addr = map_flag(test);
	struct follow_pfnmap_args args = { .address = addr };
	int err;

	mmap_read_lock(current->mm);
	args.vma = vma_lookup(current->mm, addr);
	err = follow_pfnmap_start(&args);
	if (!err)
		follow_pfnmap_end(&args);
	mmap_read_unlock(current->mm);
	KUNIT_EXPECT_EQ(test, err, flag->pfn ? 0 : -EINVAL);
	unmap(test, addr, 2);
}
#endif

static void grown(struct kunit *test)
{
	const struct flag *flag = test->param_value;
	unsigned long addr = map_flag(test);
	long to;

	to = kt_mremap(test->priv, addr, 2 * PAGE_SIZE, 3 * PAGE_SIZE, MREMAP_MAYMOVE, 0);
	if (flag->grows) {
		KUNIT_ASSERT_FALSE_MSG(test, IS_ERR_VALUE(to), "mremap: %ld", to);
		unmap(test, to, 3);
		return;
	}

	KUNIT_EXPECT_EQ(test, to, -EFAULT);
	/* The same flags keep the old place from being left empty. */
	KUNIT_EXPECT_EQ(test, kt_mremap(test->priv, addr, 2 * PAGE_SIZE, 2 * PAGE_SIZE,
					MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0), -EINVAL);
	KUNIT_EXPECT_TRUE(test, kt_present(addr));
	unmap(test, addr, 2);
}

static void advised(struct kunit *test)
{
	const struct flag *flag = test->param_value;
	unsigned long addr = map_flag(test);
	struct kt *kt = test->priv;

	KUNIT_EXPECT_EQ(test, kt_madvise(kt, addr, PAGE_SIZE, MADV_COLD),
			flag->dropped ? 0L : -EINVAL);
	KUNIT_EXPECT_TRUE(test, kt_present(addr));
	/* All of these flags are against a dump, and against guards. */
	KUNIT_EXPECT_EQ(test, kt_madvise(kt, addr, 2 * PAGE_SIZE, MADV_DODUMP),
			flag->flag ? -EINVAL : 0L);
#ifdef MADV_GUARD_INSTALL
	if (flag->flag) {
		KUNIT_EXPECT_EQ(test, kt_madvise(kt, addr + PAGE_SIZE, PAGE_SIZE,
						 MADV_GUARD_INSTALL), -EINVAL);
	}
#endif
	/* Before 7.0 the kernel refuses this only to VM_IO. */
	if (flag->flag == VM_IO)
		KUNIT_EXPECT_EQ(test, kt_madvise(kt, addr, 2 * PAGE_SIZE, MADV_DOFORK), -EINVAL);
	KUNIT_EXPECT_EQ(test, kt_madvise(kt, addr, PAGE_SIZE, MADV_DONTNEED),
			flag->dropped ? 0L : -EINVAL);
	KUNIT_EXPECT_EQ(test, kt_present(addr), !flag->dropped);
	unmap(test, addr, 2);
}

/* mlock() succeeds, and passes over the VMA. */
static void locked(struct kunit *test)
{
	const struct flag *flag = test->param_value;
	struct kt_vma vma;
	unsigned long addr;

	if (!flag->flag)
		kunit_skip(test, "mlock() takes an ordinary VMA's pages for pages of the LRU");
	addr = map_flag(test);
	KUNIT_EXPECT_EQ(test, kt_mlock(test->priv, addr, 2 * PAGE_SIZE), 0);
	KUNIT_ASSERT_TRUE(test, kt_vma(addr, &vma));
	KUNIT_EXPECT_FALSE(test, vma.flags & VM_LOCKED);
	KUNIT_EXPECT_EQ(test, vma.end, addr + 2 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, READ_ONCE(current->mm->locked_vm), 0);
	unmap(test, addr, 2);
}

/* A VMA with one of the flags that was split stays so. */
static void merged(struct kunit *test)
{
	const struct flag *flag = test->param_value;
	unsigned long addr = map_flag(test);
	struct kt *kt = test->priv;
	struct kt_vma vma;

	KUNIT_ASSERT_EQ(test, 0, kt_mprotect(kt, addr, PAGE_SIZE, PROT_READ));
	KUNIT_ASSERT_TRUE(test, kt_vma(addr, &vma));
	KUNIT_EXPECT_EQ(test, vma.end, addr + PAGE_SIZE);
	KUNIT_ASSERT_EQ(test, 0, kt_mprotect(kt, addr, PAGE_SIZE, PROT_READ | PROT_WRITE));
	KUNIT_ASSERT_TRUE(test, kt_vma(addr, &vma));
	KUNIT_EXPECT_EQ(test, vma.end, addr + (flag->flag ? 1 : 2) * PAGE_SIZE);
	unmap(test, addr, 2);
}

/* A part that goes and comes back is a VMA of its own, too. */
static void moved(struct kunit *test)
{
	const unsigned long flags = MREMAP_MAYMOVE | MREMAP_FIXED;
	const struct flag *flag = test->param_value;
	unsigned long addr = map_flag(test), part = addr + PAGE_SIZE;
	struct kt *kt = test->priv;
	struct kt_vma vma;

	KUNIT_ASSERT_EQ(test, KT_FREE, kt_mremap(kt, part, PAGE_SIZE, PAGE_SIZE, flags, KT_FREE));
	KUNIT_ASSERT_EQ(test, part, kt_mremap(kt, KT_FREE, PAGE_SIZE, PAGE_SIZE, flags, part));
	KUNIT_ASSERT_TRUE(test, kt_vma(addr, &vma));
	KUNIT_EXPECT_EQ(test, vma.end, addr + (flag->flag ? 1 : 2) * PAGE_SIZE);
	KUNIT_EXPECT_TRUE(test, kt_present(addr));
	unmap(test, addr, 2);
}

static int call_mixed(struct bounds *b, struct vm_area_struct *vma)
{
	compat_vm_flags_set(vma, b->left);
	return compat_vmf_insert_mixed(vma, vma->vm_start, page_to_pfn(b->page[0]));
}

/* Special entries beside others are for VM_MIXEDMAP: elsewhere the kernel takes them for broken. */
static void inserted(struct kunit *test)
{
	const struct flag *flag = test->param_value;
	struct bounds *b = kt_bounds_new(test);
	bool mixed = flag->flag == VM_MIXEDMAP;
	unsigned long addr;

	b->left = flag->flag;
	addr = kt_bounds_map(test, b, 2, 0, call_mixed);
	KUNIT_EXPECT_EQ(test, b->said, (int)(mixed ? VM_FAULT_NOPAGE : VM_FAULT_SIGBUS));
	KUNIT_EXPECT_EQ(test, kt_present(addr), mixed);
	unmap(test, addr, 2);
}

static void look_in_child(struct kt *kt, void *data)
{
	const struct flag *flag = kt->test->param_value;

	KUNIT_EXPECT_EQ(kt->test, kt_present(*(unsigned long *)data), flag->copied);
}

static void forked(struct kunit *test)
{
	unsigned long addr = map_flag(test);

	KUNIT_EXPECT_EQ(test, kt_fork(test->priv, look_in_child, &addr), 0);
	KUNIT_EXPECT_TRUE(test, kt_present(addr));
	unmap(test, addr, 2);
}

static struct kunit_case flag_cases[] = {
	KUNIT_CASE_PARAM(got, flag_gen_params),
#if PFNMAP_HAVE_FOLLOW_PFNMAP
	KUNIT_CASE_PARAM(followed, flag_gen_params),
#endif
	KUNIT_CASE_PARAM(grown, flag_gen_params),
	KUNIT_CASE_PARAM(advised, flag_gen_params),
	KUNIT_CASE_PARAM(locked, flag_gen_params),
	KUNIT_CASE_PARAM(merged, flag_gen_params),
	KUNIT_CASE_PARAM(moved, flag_gen_params),
	KUNIT_CASE_PARAM(inserted, flag_gen_params),
	KUNIT_CASE_PARAM(forked, flag_gen_params),
	{}
};

static struct kunit_suite flag_suite = {
	.name = "special_flags",
	.init = kt_init,
	.exit = kt_exit,
	.test_cases = flag_cases,
};

kunit_test_suite(flag_suite);
#endif
