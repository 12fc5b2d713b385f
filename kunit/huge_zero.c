// SPDX-License-Identifier: GPL-2.0-only
/*
 * huge_zero_folio: vmf_insert_folio_pmd() maps 2 MiB of a hole by a special entry,
 * with no reference, no mapcount and no RSS, until the process writes. And what the kernel
 * forgets when it frees the folio.
 */
#include <linux/fs.h>
#include <linux/mman.h>
#include <linux/string.h>

#include "fixture.h"

#define DAX	PFNMAP_TEST_REGION_DAX
#define RW	(PROT_READ | PROT_WRITE)

static const struct kt_how zero = {
	.method = PFNMAP_TEST_METHOD_HUGE_ZERO_FOLIO,
	.region = DAX,
	.mode = PFNMAP_TEST_CACHE_WB,
	.level = PFNMAP_TEST_LEVEL_PMD,
};

static unsigned long map_holes(struct kunit *test, unsigned long leaves)
{
	struct kt *kt = test->priv;

	kt_need_method(kt, zero.method);
	return kt_map(kt, &zero, 0, leaves * PMD_SIZE, RW, MAP_SHARED);
}

/* The leaf maps the huge zero folio, is special, and does not count in its mapcount. */
static struct folio *expect_zero(struct kunit *test, unsigned long addr)
{
	const u32 want = PFNMAP_TEST_LEAF_PRESENT | PFNMAP_TEST_LEAF_SPECIAL |
			 PFNMAP_TEST_LEAF_HUGE_ZERO;
	struct pfnmap_test_leaf leaf;
	struct folio *folio;

	kt_leaf(addr, &leaf);
	KUNIT_EXPECT_EQ(test, leaf.level, PFNMAP_TEST_LEVEL_PMD);
	KUNIT_EXPECT_EQ(test, leaf.flags & want, want);
	KUNIT_EXPECT_FALSE_MSG(test, leaf.flags & PFNMAP_TEST_LEAF_WRITABLE,
			       "the huge zero folio is writable");
	folio = kt_folio(addr);
	KUNIT_ASSERT_NOT_NULL(test, folio);
	KUNIT_EXPECT_FALSE(test, folio_mapped(folio));
	KUNIT_EXPECT_EQ(test, folio_order(folio), COMPAT_PMD_ORDER);
	return folio;
}

static void expect_real(struct kunit *test, unsigned long addr, u64 offset)
{
	struct kt *kt = test->priv;
	struct pfnmap_test_leaf leaf;
	struct folio *folio;

	kt_leaf(addr, &leaf);
	KUNIT_EXPECT_TRUE(test, leaf.flags & PFNMAP_TEST_LEAF_PRESENT);
	KUNIT_EXPECT_FALSE(test, leaf.flags & (PFNMAP_TEST_LEAF_SPECIAL |
					       PFNMAP_TEST_LEAF_HUGE_ZERO));
	KUNIT_EXPECT_EQ(test, leaf.pfn, kt_region_pfn(kt, DAX, offset));
	folio = kt_folio(addr);
	KUNIT_ASSERT_NOT_NULL(test, folio);
	KUNIT_EXPECT_EQ(test, folio_ref_count(folio), 2);
	KUNIT_EXPECT_EQ(test, compat_folio_mapcount(folio), 1);
}

static void touch(struct kunit *test, unsigned long addr)
{
	u8 byte = 1;

	KUNIT_ASSERT_EQ(test, 0, kt_read(addr, &byte));
	KUNIT_EXPECT_EQ(test, byte, 0);
}

static unsigned long rss(void)
{
	return get_mm_counter_sum(current->mm, MM_FILEPAGES) +
	       get_mm_counter_sum(current->mm, MM_SHMEMPAGES);
}

static void read_is_not_counted(struct kunit *test)
{
	unsigned long addr = map_holes(test, 2);
	unsigned long before = rss();
	struct kt *kt = test->priv;
	struct folio *folio;
	int refs;

	touch(test, addr);
	folio = expect_zero(test, addr);
	refs = folio_ref_count(folio);

	/* A second leaf that maps the folio changes nothing. */
	touch(test, addr + PMD_SIZE + 5 * PAGE_SIZE);
	KUNIT_EXPECT_PTR_EQ(test, expect_zero(test, addr + PMD_SIZE), folio);
	KUNIT_EXPECT_EQ(test, folio_ref_count(folio), refs);
	KUNIT_EXPECT_EQ(test, rss(), before);

	kt_unmap(kt, addr, PMD_SIZE);
	KUNIT_EXPECT_EQ(test, folio_ref_count(folio), refs);
	kt_unmap(kt, addr, 2 * PMD_SIZE);
	KUNIT_EXPECT_EQ_MSG(test, folio_ref_count(folio), refs,
			    "munmap dropped a reference that the fault did not take");
	KUNIT_EXPECT_EQ(test, rss(), before);
}

static void write_replaces(struct kunit *test)
{
	unsigned long addr = map_holes(test, 2);
	struct kt *kt = test->priv;
	struct folio *folio;
	u8 byte = 0;
	int refs;

	touch(test, addr);
	touch(test, addr + PMD_SIZE);
	folio = expect_zero(test, addr);
	refs = folio_ref_count(folio);

	KUNIT_ASSERT_EQ(test, 0, kt_write(addr + 100, 0x67));
	expect_real(test, addr, 0);
	expect_zero(test, addr + PMD_SIZE);
	KUNIT_EXPECT_EQ(test, folio_ref_count(folio), refs);
	KUNIT_EXPECT_EQ(test, 0, kt_read(addr + 100, &byte));
	KUNIT_EXPECT_EQ(test, byte, 0x67);
	touch(test, addr + PMD_SIZE + 100);

	KUNIT_ASSERT_EQ(test, 0, kt_write(addr + 100, 0));
	kt_unmap(kt, addr, 2 * PMD_SIZE);
}

static void write_first(struct kunit *test)
{
	unsigned long addr = map_holes(test, 1);
	struct kt *kt = test->priv;

	KUNIT_ASSERT_EQ(test, 0, kt_write(addr, 0));
	expect_real(test, addr, 0);
	kt_unmap(kt, addr, PMD_SIZE);
}

/* munmap() of part of a leaf takes all of it away. The rest faults in as the region's memory. */
static const unsigned long cuts[] = { 0, 255, 511 };

static void cut_desc(const unsigned long *page, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "page %lu of 512", *page);
}

KUNIT_ARRAY_PARAM(cut, cuts, cut_desc);

static void unmapped_in_part(struct kunit *test)
{
	unsigned long at = *(const unsigned long *)test->param_value * PAGE_SIZE;
	unsigned long left = at ? 0 : PAGE_SIZE;
	unsigned long addr = map_holes(test, 1);
	struct kt *kt = test->priv;
	struct pfnmap_test_leaf leaf;
	struct folio *folio;
	int refs;

	touch(test, addr);
	folio = expect_zero(test, addr);
	refs = folio_ref_count(folio);
	kt_unmap(kt, addr + at, PAGE_SIZE);
	KUNIT_EXPECT_FALSE(test, kt_present(addr + left));
	KUNIT_EXPECT_EQ(test, folio_ref_count(folio), refs);

	touch(test, addr + left);
	kt_leaf(addr + left, &leaf);
	KUNIT_EXPECT_EQ(test, leaf.level, PFNMAP_TEST_LEVEL_PTE);
	expect_real(test, addr + left, left);
	kt_unmap(kt, addr, PMD_SIZE);
}

static void mprotected(struct kunit *test)
{
	unsigned long addr = map_holes(test, 1);
	struct kt *kt = test->priv;
	struct folio *folio;

	touch(test, addr);
	KUNIT_ASSERT_EQ(test, 0, kt_mprotect(kt, addr, PMD_SIZE, PROT_READ));
	KUNIT_EXPECT_EQ(test, -EFAULT, kt_write(addr, 1));
	folio = expect_zero(test, addr);
	KUNIT_ASSERT_EQ(test, 0, kt_mprotect(kt, addr, PMD_SIZE, RW));
	KUNIT_EXPECT_PTR_EQ_MSG(test, expect_zero(test, addr), folio,
				"mprotect() made the huge zero folio writable");
	kt_unmap(kt, addr, PMD_SIZE);
}

static void mremapped(struct kunit *test)
{
	unsigned long addr = map_holes(test, 1);
	unsigned long to = addr - 2 * PMD_SIZE;
	struct kt *kt = test->priv;
	struct folio *folio;
	int refs;

	touch(test, addr);
	folio = expect_zero(test, addr);
	refs = folio_ref_count(folio);
	KUNIT_ASSERT_EQ(test, (long)to,
			kt_mremap(kt, addr, PMD_SIZE, PMD_SIZE,
				  MREMAP_MAYMOVE | MREMAP_FIXED, to));
	KUNIT_EXPECT_FALSE(test, kt_present(addr));
	touch(test, to);
	KUNIT_EXPECT_PTR_EQ(test, expect_zero(test, to), folio);
	KUNIT_EXPECT_EQ(test, folio_ref_count(folio), refs);
	kt_unmap(kt, to, PMD_SIZE);
}

static void zapped(struct kunit *test)
{
	struct pfnmap_test_zap req = { .how = PFNMAP_TEST_ZAP_MAPPING };
	unsigned long addr = map_holes(test, 1);
	struct kt *kt = test->priv;
	struct folio *folio;
	int refs;

	touch(test, addr);
	folio = expect_zero(test, addr);
	refs = folio_ref_count(folio);
	KUNIT_ASSERT_EQ(test, 0, kt_ioctl(kt, kt->file, PFNMAP_TEST_ZAP, &req,
					  sizeof(req)));
	KUNIT_EXPECT_FALSE(test, kt_present(addr));
	KUNIT_EXPECT_EQ(test, folio_ref_count(folio), refs);
	touch(test, addr);
	expect_zero(test, addr);
	kt_unmap(kt, addr, PMD_SIZE);
}

/* Slow GUP finds the folio by its PMD, and takes a reference. Fast GUP skips special leaves. */
static void pinned(struct kunit *test)
{
	struct pfnmap_test_pin req = { .how = PFNMAP_TEST_PIN_SLOW };
	unsigned long addr = map_holes(test, 1);
	struct pfnmap_test_unpin un = { };
	struct kt *kt = test->priv;
	struct folio *folio;
	int refs;

	touch(test, addr);
	folio = expect_zero(test, addr);
	refs = folio_ref_count(folio);

	req.address = addr;
	req.bytes = PAGE_SIZE;
	KUNIT_ASSERT_EQ(test, 0, kt_ioctl(kt, kt->file, PFNMAP_TEST_PIN, &req,
					  sizeof(req)));
	KUNIT_EXPECT_EQ(test, req.pfn, folio_pfn(folio));
	KUNIT_EXPECT_EQ(test, req.word, 0);
	KUNIT_EXPECT_GT(test, folio_ref_count(folio), refs);
	un.id = req.id;
	KUNIT_EXPECT_EQ(test, 0, kt_ioctl(kt, kt->file, PFNMAP_TEST_UNPIN, &un,
					  sizeof(un)));
	KUNIT_EXPECT_EQ(test, folio_ref_count(folio), refs);

	req.how = PFNMAP_TEST_PIN_FAST;
	KUNIT_EXPECT_EQ(test, -EFAULT, kt_ioctl(kt, kt->file, PFNMAP_TEST_PIN, &req,
						sizeof(req)));
	KUNIT_EXPECT_EQ(test, folio_ref_count(folio), refs);
	kt_unmap(kt, addr, PMD_SIZE);
}

static void nothing_in_child(struct kt *kt, void *data)
{
	struct kt_vma vma;

	KUNIT_EXPECT_FALSE_MSG(kt->test, kt_vma(*(unsigned long *)data, &vma),
			       "the child has the VMA, but its mm does not keep the folio");
	KUNIT_EXPECT_EQ(kt->test, -EINVAL,
			(long)vm_mmap(kt->file, 0, PMD_SIZE, RW, MAP_SHARED, 0));
}

static void forked(struct kunit *test)
{
	unsigned long addr = map_holes(test, 1);
	struct kt *kt = test->priv;
	struct folio *folio;
	int refs;

	touch(test, addr);
	folio = expect_zero(test, addr);
	refs = folio_ref_count(folio);
	KUNIT_ASSERT_EQ(test, 0, kt_fork(kt, nothing_in_child, &addr));
	KUNIT_EXPECT_EQ(test, folio_ref_count(folio), refs);
	kt_unmap(kt, addr, PMD_SIZE);
}

static void mapped_twice(struct kunit *test)
{
	unsigned long addr = map_holes(test, 1);
	struct kt *kt = test->priv;
	unsigned long other;

	other = kt_map(kt, &zero, 0, PMD_SIZE, RW, MAP_SHARED);
	touch(test, addr);
	touch(test, other);
	KUNIT_EXPECT_PTR_EQ(test, expect_zero(test, addr),
			    expect_zero(test, other));

	/* A write through one mapping fills the hole in both. */
	KUNIT_ASSERT_EQ(test, 0, kt_write(addr, 0));
	KUNIT_EXPECT_FALSE(test, kt_present(other));
	touch(test, other);
	KUNIT_EXPECT_PTR_EQ(test, kt_folio(other), kt_folio(addr));
	KUNIT_EXPECT_EQ(test, compat_folio_mapcount(kt_folio(addr)), 2);
	kt_unmap(kt, other, PMD_SIZE);
	kt_unmap(kt, addr, PMD_SIZE);
}

/*
 * The kernel frees the folio when no process has it, and knows it by its pfn. So the pfn has to go
 * as well: another folio may get the memory.
 */
static void freed(struct kunit *test)
{
	struct folio **folio = pfnmap_resolve("huge_zero_folio");
	unsigned long *pfn = pfnmap_resolve("huge_zero_pfn");
	struct file *file;
	loff_t pos = 0;

	if (!folio || !pfn)
		kunit_skip(test, "the kernel's variables can't be looked up");
	file = filp_open("/proc/sys/vm/drop_caches", O_WRONLY, 0);
	if (IS_ERR(file))
		kunit_skip(test, "no drop_caches: %ld", PTR_ERR(file));
	KUNIT_EXPECT_EQ(test, kernel_write(file, "2", 1, &pos), 1);
	filp_close(file, NULL);

	if (READ_ONCE(*folio))
		KUNIT_EXPECT_EQ(test, READ_ONCE(*pfn), folio_pfn(READ_ONCE(*folio)));
	else
		KUNIT_EXPECT_EQ(test, READ_ONCE(*pfn), ~0UL);
}

static struct kunit_case huge_zero_cases[] = {
	KUNIT_CASE(read_is_not_counted),
	KUNIT_CASE(write_replaces),
	KUNIT_CASE(write_first),
	KUNIT_CASE_PARAM(unmapped_in_part, cut_gen_params),
	KUNIT_CASE(mprotected),
	KUNIT_CASE(mremapped),
	KUNIT_CASE(zapped),
	KUNIT_CASE(pinned),
	KUNIT_CASE(forked),
	KUNIT_CASE(mapped_twice),
	KUNIT_CASE(freed),
	{ }
};

static struct kunit_suite huge_zero_suite = {
	.name = "huge_zero_folio",
	.init = kt_init,
	.exit = kt_exit,
	.test_cases = huge_zero_cases,
};

kunit_test_suite(huge_zero_suite);
