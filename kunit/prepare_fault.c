// SPDX-License-Identifier: GPL-2.0-only
/*
 * prepare_fault: patterns that map by fault do the same under mmap_prepare() as under mmap().
 * Each case maps a region twice: /dev/pfnmap_test by mmap(), which is the model, and a file of
 * the suite's own by mmap_prepare(). The descriptor gets the model's vm_ops, vm_private_data and
 * vm_page_prot; the suite sets the flags anew. So fault(), huge_fault(), may_split() and open()
 * are the pattern's own, and call its helper: vmf_insert_pfn(), vmf_insert_pfn_prot(),
 * vmf_insert_pfn_pmd(), vmf_insert_pfn_pud(), vmf_insert_mixed(), vmf_insert_page_mkwrite(),
 * vmf_insert_folio_pmd() or vmf_insert_folio_pud(). These helpers look at the VMA alone, and
 * not at how it was made.
 *
 * mmap_prepare() can set the flags, page_prot, pgoff, vm_ops and private_data. It can't insert
 * an entry, for there is no VMA yet, nor change where the VMA begins or ends. If mmap() fails
 * later, nothing gives back a reference that mmap_prepare() took: mapped() takes references.
 * mmap_prepare() may replace vm_file, but the kernel can lose the new file's reference (the
 * findings prepare-keeps-file and compat-keeps-file). Folios need a file on an S_DAX inode: set
 * f_mapping in open(), as device-dax does.
 *
 * Two patterns are missing. vfio_pci_vmf_insert_pfn finds its lock through our device's file,
 * and the VMA here has another file. mmap_prepare_vmf_insert_pfn has no model.
 */
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/string.h>

#include "pair.h"

#if PFNMAP_HAVE_PREPARE_FLAGS
#define RAM	PFNMAP_TEST_REGION_RAM
#define MMIO	PFNMAP_TEST_REGION_MMIO
#define DAX	PFNMAP_TEST_REGION_DAX
#define WB	PFNMAP_TEST_CACHE_WB
#define WC	PFNMAP_TEST_CACHE_WC
#define PTE	PFNMAP_TEST_LEVEL_PTE
#define PMD	PFNMAP_TEST_LEVEL_PMD
#define PUD	PFNMAP_TEST_LEVEL_PUD

/* The flags that the patterns set. mmap() itself sets none of them. */
#define PFNS	(VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP)
#define MIXED	(VM_MIXEDMAP | VM_DONTEXPAND | VM_DONTDUMP)
#define FOLIOS	VM_DONTEXPAND
#define ANY	(PFNS | MIXED | FOLIOS | VM_HUGEPAGE)

/**
 * struct row - a pattern that maps by fault
 * @how: what to ask SET_MAP for
 * @set_flags: sets the flags in mmap_prepare()
 * @flags: the same flags, as bits of vm_flags
 * @counted: an entry has a reference to its folio
 * @rest: level at which it faults in again when a part of a leaf is gone
 */
struct row {
	struct kt_how how;
	void (*set_flags)(struct vm_area_desc *desc);
	unsigned long flags;
	bool counted;
	u32 rest;
};

static void pfns(struct vm_area_desc *desc)
{
	vma_desc_set_flags(desc, VMA_IO_BIT, VMA_PFNMAP_BIT, VMA_DONTEXPAND_BIT,
			   VMA_DONTDUMP_BIT);
}

static void large_pfns(struct vm_area_desc *desc)
{
	pfns(desc);
	vma_desc_set_flags(desc, VMA_HUGEPAGE_BIT);
}

static void mixed(struct vm_area_desc *desc)
{
	vma_desc_set_flags(desc, VMA_MIXEDMAP_BIT, VMA_DONTEXPAND_BIT, VMA_DONTDUMP_BIT);
}

static void small_folios(struct vm_area_desc *desc)
{
	vma_desc_set_flags(desc, VMA_DONTEXPAND_BIT);
}

static void large_folios(struct vm_area_desc *desc)
{
	small_folios(desc);
	vma_desc_set_flags(desc, VMA_HUGEPAGE_BIT);
}

#define HOW(_method, _region, _mode, _level)				\
	.how = { PFNMAP_TEST_METHOD_##_method, _region, _mode, _level }

static const struct row rows[] = {
	{ HOW(VMF_INSERT_PFN, RAM, WB, PTE), pfns, PFNS, false, PTE },
	{ HOW(VMF_INSERT_PFN_PROT, MMIO, WB, PTE), pfns, PFNS, false, PTE },
	{ HOW(IO_MAPPING_INIT_WC, MMIO, WC, PTE), pfns, PFNS, false, PTE },
	{ HOW(ARCH_IO_RESERVE_MEMTYPE_WC, MMIO, WC, PTE), pfns, PFNS, false, PTE },
	{ HOW(EXTENTS_VMF_INSERT_PFN, MMIO, WC, PTE), pfns, PFNS, false, PTE },
	{ HOW(PFN_ADDRESS_SPACE, MMIO, WB, PTE), pfns, PFNS, false, PTE },
	{ HOW(VMF_INSERT_MIXED, DAX, WB, PTE), mixed, MIXED, false, PTE },
	{ HOW(VMF_INSERT_PFN_PMD, DAX, WB, PMD), large_pfns, PFNS | VM_HUGEPAGE, false, PTE },
	{ HOW(VMF_INSERT_PFN_PUD, DAX, WB, PUD), large_pfns, PFNS | VM_HUGEPAGE, false, PMD },
	{ HOW(VMF_INSERT_PAGE_MKWRITE, DAX, WB, PTE), small_folios, FOLIOS, true, PTE },
	{ HOW(VMF_INSERT_FOLIO_PMD, DAX, WB, PMD), large_folios, FOLIOS | VM_HUGEPAGE, true, PTE },
	{ HOW(VMF_INSERT_FOLIO_PUD, DAX, WB, PUD), large_folios, FOLIOS | VM_HUGEPAGE, true, PTE },
};

static void row_desc(const struct row *row, char *desc)
{
	strscpy(desc, kt_method_name(row->how.method), KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(row, rows, row_desc);

static bool large(const struct row *row)
{
	return row->how.level != PTE;
}

static unsigned long bytes_of(const struct row *row)
{
	return large(row) ? kt_leaf_bytes(row->how.level) : 4 * PAGE_SIZE;
}

/* may_split_pud() lets the kernel split a 1 GiB leaf at multiples of 2 MiB only. */
static unsigned long part_of(const struct row *row)
{
	return row->how.level == PUD ? PMD_SIZE : PAGE_SIZE;
}

static void map_pair(struct kunit *test, struct kt_pair *p, bool stacked)
{
	const struct row *row = test->param_value;

	kt_pair_map(test, p, &row->how, bytes_of(row), row->set_flags, stacked);
}

/*
 * Expects @entries references to the region's first folios: no case touches other ones.
 * Entries for pfns have no references, and I/O memory may have no struct page.
 */
static void expect_entries(struct kunit *test, int entries)
{
	const struct row *row = test->param_value;
	unsigned long end = min(bytes_of(row), 4 * PMD_SIZE);
	int refs = 0, maps = 0;
	unsigned long at;

	if (row->how.region == MMIO)
		return;

	for (at = 0; at < end; ) {
		unsigned long pfn = kt_region_pfn(test->priv, row->how.region, at);
		struct folio *folio = page_folio(pfn_to_page(pfn));

		refs += folio_ref_count(folio) - 1;
		maps += compat_folio_mapcount(folio);
		at += folio_size(folio);
	}
	KUNIT_EXPECT_EQ(test, refs, row->counted ? entries : 0);
	KUNIT_EXPECT_EQ(test, maps, row->counted ? entries : 0);
}

/* The model goes last: until then the suite's file has a reference to the model's file. */
static void unmap_pair(struct kunit *test, struct kt_pair *p)
{
	unsigned long bytes = bytes_of(test->param_value);
	struct kt *kt = test->priv;

	kt_unmap(kt, p->addr, bytes);
	kt_unmap(kt, p->like, bytes);
	expect_entries(test, 0);
}

static void expect_fields(struct kunit *test, const struct kt_pair *p, unsigned long at)
{
	const struct row *row = test->param_value;
	struct kt_fields own;

	kt_fields(p->addr + at, &own);
	KUNIT_EXPECT_EQ(test, own.flags & ANY, row->flags);
	KUNIT_EXPECT_EQ(test, own.flags & ANY, p->fields.flags & ANY);
	KUNIT_EXPECT_PTR_EQ(test, own.ops, p->fields.ops);
	KUNIT_EXPECT_PTR_EQ(test, own.private, p->fields.private);
	KUNIT_EXPECT_PTR_EQ(test, own.file, p->file);
}

static void expect_leaf(struct kunit *test, const struct kt_pair *p, unsigned long at, u32 level)
{
	const struct row *row = test->param_value;
	struct pfnmap_test_leaf leaf;

	kt_leaf(p->addr + at, &leaf);
	KUNIT_EXPECT_TRUE(test, leaf.flags & PFNMAP_TEST_LEAF_PRESENT);
	KUNIT_EXPECT_EQ(test, leaf.level, level);
	KUNIT_EXPECT_EQ(test, leaf.pfn, (u64)kt_region_pfn(test->priv, row->how.region, at));
	if (IS_ENABLED(CONFIG_ARCH_HAS_PTE_SPECIAL))
		KUNIT_EXPECT_EQ(test, !(leaf.flags & PFNMAP_TEST_LEAF_SPECIAL), row->counted);
}

static void touch(struct kunit *test, const struct kt_pair *p, unsigned long at, u32 level)
{
	u8 value;

	KUNIT_EXPECT_EQ(test, 0, kt_read(p->addr + at, &value));
	expect_leaf(test, p, at, level);
}

static void expect_value(struct kunit *test, unsigned long addr, u8 value)
{
	u8 got = ~value;

	KUNIT_EXPECT_EQ(test, 0, kt_read(addr, &got));
	KUNIT_EXPECT_EQ(test, got, value);
}

/* The VMA and the entry are as mmap() and the same fault make them. */
static void maps(struct kunit *test, bool stacked)
{
	const struct row *row = test->param_value;
	unsigned long at = bytes_of(row) / 2;
	struct pfnmap_test_leaf like, own;
	struct kt *kt = test->priv;
	struct kt_pair p;
	struct kt_fields fields;
	u8 value;

	map_pair(test, &p, stacked);
	expect_fields(test, &p, 0);
	kt_fields(p.addr, &fields);
	KUNIT_EXPECT_EQ(test, pgprot_val(fields.prot), pgprot_val(p.fields.prot));
	KUNIT_EXPECT_FALSE_MSG(test, kt_present(p.addr), "an entry is there before a touch");

	touch(test, &p, at, row->how.level);
	expect_entries(test, 1);
	KUNIT_EXPECT_EQ(test, 0, kt_read(p.like + at, &value));
	expect_entries(test, 2);
	kt_leaf(p.addr + at, &own);
	kt_leaf(p.like + at, &like);
	KUNIT_EXPECT_EQ(test, own.level, like.level);
	KUNIT_EXPECT_EQ(test, own.pfn, like.pfn);
	KUNIT_EXPECT_EQ(test, own.flags, like.flags);
	KUNIT_EXPECT_STREQ(test, kt_mode_name(own.cache_mode), kt_mode_name(like.cache_mode));

	kt_unmap(kt, p.addr, bytes_of(row));
	expect_entries(test, 1);
	kt_unmap(kt, p.like, bytes_of(row));
	expect_entries(test, 0);
}

static void as_by_mmap(struct kunit *test)
{
	maps(test, false);
}

static void as_by_mmap_stacked(struct kunit *test)
{
	maps(test, true);
}

/* A write arrives in the memory, even where a read has made the entry. */
static void written(struct kunit *test)
{
	const struct row *row = test->param_value;
	u32 want = PFNMAP_TEST_LEAF_WRITABLE;
	unsigned long at = bytes_of(row) / 2;
	struct pfnmap_test_leaf leaf;
	struct kt_pair p;

	/* The other helpers don't know of the write: there the CPU makes the entry dirty. */
	if (large(row) || row->counted)
		want |= PFNMAP_TEST_LEAF_DIRTY;
	map_pair(test, &p, false);
	KUNIT_EXPECT_EQ(test, 0, kt_write(p.addr + at, 0x5a));
	expect_leaf(test, &p, at, row->how.level);
	kt_leaf(p.addr + at, &leaf);
	KUNIT_EXPECT_EQ(test, leaf.flags & want, want);
	expect_entries(test, 1);
	expect_value(test, p.like + at, 0x5a);

	/* Read through the model, so that a write to a wrong page shows. */
	KUNIT_EXPECT_EQ(test, 0, kt_write(p.addr + at, 0xa5));
	expect_value(test, p.like + at, 0xa5);
	touch(test, &p, 0, row->how.level);
	KUNIT_EXPECT_EQ(test, 0, kt_write(p.addr, 0x3c));
	expect_value(test, p.like, 0x3c);
	unmap_pair(test, &p);
}

/* Touches three places: one large leaf has all of them, or each has a small leaf. */
static void touch_parts(struct kunit *test, const struct kt_pair *p)
{
	const struct row *row = test->param_value;
	unsigned long part = part_of(row);
	unsigned long at;

	for (at = 0; at < 3 * part; at += part)
		touch(test, p, at, row->how.level);
	expect_entries(test, large(row) ? 1 : 3);
}

static void expect_part(struct kunit *test, const struct kt_pair *p, unsigned long at,
			unsigned long end)
{
	struct kt_vma vma = { };

	KUNIT_EXPECT_TRUE(test, kt_vma(p->addr + at, &vma));
	KUNIT_EXPECT_EQ(test, vma.start, p->addr + at);
	KUNIT_EXPECT_EQ(test, vma.end, p->addr + end);
	KUNIT_EXPECT_EQ(test, vma.pgoff, PHYS_PFN(at));
	expect_fields(test, p, at);
}

/* The kernel takes the whole of a large leaf away, and the rest faults in again. */
static void unmapped_in_part(struct kunit *test)
{
	const struct row *row = test->param_value;
	unsigned long part = part_of(row);
	struct kt *kt = test->priv;
	struct kt_vma vma;
	struct kt_pair p;
	u8 value;

	map_pair(test, &p, false);
	touch_parts(test, &p);
	kt_unmap(kt, p.addr + part, part);
	KUNIT_EXPECT_FALSE(test, kt_vma(p.addr + part, &vma));
	KUNIT_EXPECT_EQ(test, -EFAULT, kt_read(p.addr + part, &value));
	KUNIT_EXPECT_EQ(test, kt_present(p.addr), !large(row));
	KUNIT_EXPECT_EQ(test, kt_present(p.addr + 2 * part), !large(row));
	expect_entries(test, large(row) ? 0 : 2);

	expect_part(test, &p, 0, part);
	expect_part(test, &p, 2 * part, bytes_of(row));
	touch(test, &p, 0, row->rest);
	touch(test, &p, 2 * part, row->rest);
	expect_entries(test, 2);
	unmap_pair(test, &p);
}

/* mprotect() takes a large leaf away, too. The protected part faults in again read-only. */
static void protected_in_part(struct kunit *test)
{
	const struct row *row = test->param_value;
	unsigned long part = part_of(row);
	struct pfnmap_test_leaf leaf;
	struct kt *kt = test->priv;
	struct kt_pair p;

	map_pair(test, &p, false);
	KUNIT_EXPECT_EQ(test, 0, kt_write(p.addr + part, 0x69));
	touch_parts(test, &p);
	KUNIT_EXPECT_EQ(test, 0, kt_mprotect(kt, p.addr + part, part, PROT_READ));
	expect_part(test, &p, 0, part);
	expect_part(test, &p, part, 2 * part);
	expect_part(test, &p, 2 * part, bytes_of(row));
	expect_entries(test, large(row) ? 0 : 3);

	KUNIT_EXPECT_EQ(test, -EFAULT, kt_write(p.addr + part, 0x96));
	expect_value(test, p.addr + part, 0x69);
	expect_leaf(test, &p, part, row->rest);
	kt_leaf(p.addr + part, &leaf);
	KUNIT_EXPECT_FALSE(test, leaf.flags & PFNMAP_TEST_LEAF_WRITABLE);

	KUNIT_EXPECT_EQ(test, 0, kt_write(p.addr, 0x11));
	expect_leaf(test, &p, 0, row->rest);
	KUNIT_EXPECT_EQ(test, 0, kt_write(p.addr + 2 * part, 0x22));
	expect_leaf(test, &p, 2 * part, row->rest);
	expect_entries(test, 3);
	expect_value(test, p.like, 0x11);
	expect_value(test, p.like + part, 0x69);
	expect_value(test, p.like + 2 * part, 0x22);
	unmap_pair(test, &p);
}

/* fork() copies entries for pfns, not those for counted folios: these fault in again. */
static void child_touches(struct kt *kt, void *data)
{
	struct kunit *test = kt->test;
	const struct row *row = test->param_value;
	const struct kt_pair *p = data;

	expect_fields(test, p, 0);
	KUNIT_EXPECT_EQ(test, kt_present(p->addr), !row->counted);
	touch(test, p, 0, row->how.level);
	expect_entries(test, 2);
	KUNIT_EXPECT_EQ(test, 0, kt_write(p->addr, 0xc3));
	expect_entries(test, 2);
}

static void forked(struct kunit *test)
{
	const struct row *row = test->param_value;
	struct kt *kt = test->priv;
	struct kt_pair p;

	map_pair(test, &p, false);
	KUNIT_EXPECT_EQ(test, 0, kt_write(p.addr, 0x3c));
	expect_entries(test, 1);
	KUNIT_ASSERT_EQ(test, 0, kt_fork(kt, child_touches, &p));
	expect_entries(test, 1);
	expect_leaf(test, &p, 0, row->how.level);
	expect_value(test, p.addr, 0xc3);
	unmap_pair(test, &p);
}

static struct kunit_case prepare_fault_cases[] = {
	KUNIT_CASE_PARAM(as_by_mmap, row_gen_params),
	KUNIT_CASE_PARAM(as_by_mmap_stacked, row_gen_params),
	KUNIT_CASE_PARAM(written, row_gen_params),
	KUNIT_CASE_PARAM(unmapped_in_part, row_gen_params),
	KUNIT_CASE_PARAM(protected_in_part, row_gen_params),
	KUNIT_CASE_PARAM(forked, row_gen_params),
	{}
};

static struct kunit_suite prepare_fault_suite = {
	.name = "prepare_fault",
	.init = kt_init,
	.exit = kt_exit,
	.test_cases = prepare_fault_cases,
};

kunit_test_suite(prepare_fault_suite);
#endif
