// SPDX-License-Identifier: GPL-2.0-only
/*
 * mapping_bounds: what the helpers check of a driver's arguments. Our device checks first,
 * so none of its mappings shows these checks. Here the mmap() of a file of the suite's own
 * calls the helpers with arguments that they must refuse.
 */
#include <linux/anon_inodes.h>
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/vmalloc.h>

#include "bounds.h"

static int bounds_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct bounds *b = file->private_data;

	b->said = b->call(b, vma);
	return 0;
}

static const struct file_operations bounds_fops = {
	.mmap = bounds_mmap,
};

static void put_page_of(void *page)
{
	__free_page(page);
}

static void put_area(void *area)
{
	vfree(area);
}

static void put_file(void *file)
{
	fput(file);
	flush_delayed_fput();
}

/**
 * kt_bounds_new - make what a case maps
 * @test: the case
 *
 * Return: the memory, which kt_bounds_map() maps shared. KUnit frees it at the end of the
 * case.
 */
struct bounds *kt_bounds_new(struct kunit *test)
{
	struct bounds *b = kunit_kzalloc(test, sizeof(*b), GFP_KERNEL);
	struct page *pages;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, b);
	/* One range of physical memory, whose pages have a reference count each. */
	pages = alloc_pages(GFP_KERNEL | __GFP_ZERO, get_order(BYTES));
	KUNIT_ASSERT_NOT_NULL(test, pages);
	split_page(pages, get_order(BYTES));
	for (i = 0; i < PAGES; i++) {
		b->page[i] = pages + i;
		KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, put_page_of,
								   b->page[i]));
	}
	b->area = vmalloc_user(BYTES);
	KUNIT_ASSERT_NOT_NULL(test, b->area);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, put_area, b->area));
	b->flags = MAP_SHARED;
	b->prot = PROT_READ | PROT_WRITE;
	return b;
}

/**
 * kt_bounds_map - map a file whose mmap() is the case's own
 * @test: the case
 * @b: what it maps; @b->said is what @call returned
 * @pages: size of the VMA
 * @pgoff: where in the file the VMA begins
 * @call: what the file's mmap() does
 *
 * Return: the address, whatever @call returned.
 */
unsigned long kt_bounds_map(struct kunit *test, struct bounds *b, unsigned long pages,
			    unsigned long pgoff,
			    int (*call)(struct bounds *b, struct vm_area_struct *vma))
{
	struct file *file;
	unsigned long addr;

	file = anon_inode_getfile("[mapping_bounds]", &bounds_fops, b, O_RDWR);
	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, put_file, file));
	b->call = call;
	b->said = 1;
	addr = vm_mmap(file, b->addr, pages * PAGE_SIZE, b->prot, b->flags, pgoff * PAGE_SIZE);
	KUNIT_ASSERT_FALSE_MSG(test, IS_ERR_VALUE(addr), "mmap: %ld", (long)addr);
	return addr;
}

/**
 * kt_bounds_pfns - an mmap() that maps the pfns of the case's pages, one behind the other
 * @b: what the case maps
 * @vma: as large as the pages or smaller
 *
 * Return: 0, or -EFAULT if an entry can't be made.
 */
int kt_bounds_pfns(struct bounds *b, struct vm_area_struct *vma)
{
	unsigned long i;

	compat_vm_flags_set(vma, VM_PFNMAP);
	for (i = 0; i < vma_pages(vma); i++) {
		if (vmf_insert_pfn(vma, vma->vm_start + i * PAGE_SIZE,
				   page_to_pfn(b->page[i])) != VM_FAULT_NOPAGE)
			return -EFAULT;
	}
	return 0;
}

/**
 * kt_bounds_fault - a fault() that gives the first page; vm_private_data is the struct bounds
 * @vmf: the fault
 *
 * Return: 0.
 */
vm_fault_t kt_bounds_fault(struct vm_fault *vmf)
{
	struct bounds *b = vmf->vma->vm_private_data;

	get_page(b->page[0]);
	vmf->page = b->page[0];
	return 0;
}

/**
 * kt_bounds_by_fault - an mmap() that leaves the mapping to faults
 * @b: the case, with the operations
 * @vma: the new mapping
 *
 * Return: 0.
 */
int kt_bounds_by_fault(struct bounds *b, struct vm_area_struct *vma)
{
	static const struct vm_operations_struct page_ops = {
		.fault = kt_bounds_fault,
	};

	vma->vm_ops = b->ops ?: &page_ops;
	vma->vm_private_data = b;
	return 0;
}

static unsigned long present(unsigned long addr, unsigned long pages)
{
	unsigned long n = 0;

	while (pages--)
		n += kt_present(addr + pages * PAGE_SIZE);
	return n;
}

/* A mapping that the helper refuses has no entries; one that it grants has all. */
static const struct span {
	const char *what;
	unsigned long pages;	/* of the VMA */
	unsigned long pgoff;
	bool fits;
} spans[] = {
	{ "all of it", PAGES, 0, true },
	{ "its end", 1, PAGES - 1, true },
	{ "one page too many", PAGES + 1, 0, false },
	{ "past its end by one", 2, PAGES - 1, false },
	{ "behind its end", 1, PAGES, false },
	{ "far behind its end", 1, 1UL << 32, false },
};

static void span_desc(const struct span *span, char *desc)
{
	strscpy(desc, span->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(span, spans, span_desc);

static void expect_span(struct kunit *test, int refusal,
			int (*call)(struct bounds *b, struct vm_area_struct *vma))
{
	const struct span *span = test->param_value;
	struct bounds *b = kt_bounds_new(test);
	unsigned long addr = kt_bounds_map(test, b, span->pages, span->pgoff, call);

	KUNIT_EXPECT_EQ(test, b->said, span->fits ? 0 : refusal);
	KUNIT_EXPECT_EQ(test, present(addr, span->pages), span->fits ? span->pages : 0);
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, span->pages * PAGE_SIZE), 0);
}

static int call_map_pages(struct bounds *b, struct vm_area_struct *vma)
{
	return vm_map_pages(vma, b->page, PAGES);
}

static void map_pages(struct kunit *test)
{
	expect_span(test, -ENXIO, call_map_pages);
}

static int call_vmalloc(struct bounds *b, struct vm_area_struct *vma)
{
	return remap_vmalloc_range(vma, b->area, vma->vm_pgoff);
}

static void vmalloc_range(struct kunit *test)
{
	expect_span(test, -EINVAL, call_vmalloc);
}

static int call_iomap(struct bounds *b, struct vm_area_struct *vma)
{
	return vm_iomap_memory(vma, page_to_phys(b->page[0]), BYTES);
}

static void iomap_memory(struct kunit *test)
{
	expect_span(test, -EINVAL, call_iomap);
}

static int call_iomap_wraps(struct bounds *b, struct vm_area_struct *vma)
{
	return vm_iomap_memory(vma, -PAGE_SIZE, 2 * PAGE_SIZE);
}

static void iomap_memory_wraps(struct kunit *test)
{
	struct bounds *b = kt_bounds_new(test);
	unsigned long addr = kt_bounds_map(test, b, 1, 0, call_iomap_wraps);

	KUNIT_EXPECT_EQ(test, b->said, -EINVAL);
	KUNIT_EXPECT_FALSE(test, kt_present(addr));
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, PAGE_SIZE), 0);
}

static int call_iomap_inside(struct bounds *b, struct vm_area_struct *vma)
{
	return vm_iomap_memory(vma, page_to_phys(b->page[0]) + 0x80, PAGE_SIZE);
}

/* A range that begins inside one page and ends inside the next: the helper maps both. */
static void iomap_memory_inside(struct kunit *test)
{
	struct bounds *b = kt_bounds_new(test);
	unsigned long addr = kt_bounds_map(test, b, 2, 0, call_iomap_inside);

	KUNIT_EXPECT_EQ(test, b->said, 0);
	KUNIT_EXPECT_EQ(test, present(addr, 2), 2);
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, 2 * PAGE_SIZE), 0);

	addr = kt_bounds_map(test, b, 3, 0, call_iomap_inside);
	KUNIT_EXPECT_EQ(test, b->said, -EINVAL);
	KUNIT_EXPECT_EQ(test, present(addr, 3), 0);
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, 3 * PAGE_SIZE), 0);
}

static int call_map_pages_zero(struct bounds *b, struct vm_area_struct *vma)
{
	return vm_map_pages_zero(vma, b->page, PAGES);
}

/* vm_map_pages_zero() ignores the VMA's offset, and checks the size. */
static void map_pages_zero(struct kunit *test)
{
	struct bounds *b = kt_bounds_new(test);
	unsigned long addr = kt_bounds_map(test, b, PAGES, 1UL << 20, call_map_pages_zero);

	KUNIT_EXPECT_EQ(test, b->said, 0);
	KUNIT_EXPECT_EQ(test, present(addr, PAGES), PAGES);
	KUNIT_EXPECT_PTR_EQ(test, kt_folio(addr), page_folio(b->page[0]));
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, BYTES), 0);

	addr = kt_bounds_map(test, b, PAGES + 1, 0, call_map_pages_zero);
	KUNIT_EXPECT_EQ(test, b->said, -ENXIO);
	KUNIT_EXPECT_EQ(test, present(addr, PAGES + 1), 0);
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, BYTES + PAGE_SIZE), 0);
}

/* vm_map_pages() begins at the VMA's offset. */
static void map_pages_offset(struct kunit *test)
{
	struct bounds *b = kt_bounds_new(test);
	unsigned long addr = kt_bounds_map(test, b, 2, 1, call_map_pages);

	KUNIT_ASSERT_EQ(test, b->said, 0);
	KUNIT_EXPECT_PTR_EQ(test, kt_folio(addr), page_folio(b->page[1]));
	KUNIT_EXPECT_PTR_EQ(test, kt_folio(addr + PAGE_SIZE), page_folio(b->page[2]));
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, 2 * PAGE_SIZE), 0);
}

static int call_page_outside(struct bounds *b, struct vm_area_struct *vma)
{
	return vm_insert_page(vma, vma->vm_end, b->page[0]) == -EFAULT &&
	       vm_insert_page(vma, vma->vm_start - PAGE_SIZE, b->page[0]) == -EFAULT;
}

static void insert_page_outside(struct kunit *test)
{
	struct bounds *b = kt_bounds_new(test);
	unsigned long addr = kt_bounds_map(test, b, 1, 0, call_page_outside);

	KUNIT_EXPECT_EQ(test, b->said, 1);
	KUNIT_EXPECT_EQ(test, page_ref_count(b->page[0]), 1);
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, PAGE_SIZE), 0);
}

static int call_page_twice(struct bounds *b, struct vm_area_struct *vma)
{
	return vm_insert_page(vma, vma->vm_start, b->page[0]) ?:
	       vm_insert_page(vma, vma->vm_start, b->page[1]);
}

/* The second insert gets an error, and takes no reference to its page. */
static void insert_page_twice(struct kunit *test)
{
	struct bounds *b = kt_bounds_new(test);
	unsigned long addr = kt_bounds_map(test, b, 1, 0, call_page_twice);

	KUNIT_EXPECT_EQ(test, b->said, -EBUSY);
	KUNIT_EXPECT_PTR_EQ(test, kt_folio(addr), page_folio(b->page[0]));
	KUNIT_EXPECT_EQ(test, page_ref_count(b->page[0]), 2);
	KUNIT_EXPECT_EQ(test, page_ref_count(b->page[1]), 1);
	KUNIT_EXPECT_EQ(test, compat_folio_mapcount(page_folio(b->page[1])), 0);
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, PAGE_SIZE), 0);
	KUNIT_EXPECT_EQ(test, page_ref_count(b->page[0]), 1);
}

static int call_pages_past_end(struct bounds *b, struct vm_area_struct *vma)
{
	b->left = PAGES;
	return vm_insert_pages(vma, vma->vm_start, b->page, &b->left);
}

static void insert_pages_past_end(struct kunit *test)
{
	struct bounds *b = kt_bounds_new(test);
	unsigned long addr = kt_bounds_map(test, b, PAGES - 1, 0, call_pages_past_end);

	KUNIT_EXPECT_EQ(test, b->said, -EFAULT);
	KUNIT_EXPECT_EQ(test, b->left, PAGES);
	KUNIT_EXPECT_EQ(test, present(addr, PAGES - 1), 0);
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, BYTES - PAGE_SIZE), 0);
}

static int call_pages_over_one(struct bounds *b, struct vm_area_struct *vma)
{
	b->left = PAGES;
	return vm_insert_page(vma, vma->vm_start + 2 * PAGE_SIZE, b->page[2]) ?:
	       vm_insert_pages(vma, vma->vm_start, b->page, &b->left);
}

static int call_pages_before_start(struct bounds *b, struct vm_area_struct *vma)
{
	b->left = 2;
	return vm_insert_pages(vma, vma->vm_start - PAGE_SIZE, b->page, &b->left);
}

static void insert_pages_before_start(struct kunit *test)
{
	struct bounds *b = kt_bounds_new(test);
	unsigned long addr = kt_bounds_map(test, b, PAGES, 0, call_pages_before_start);

	KUNIT_EXPECT_EQ(test, b->said, -EFAULT);
	KUNIT_EXPECT_EQ(test, b->left, 2);
	KUNIT_EXPECT_EQ(test, present(addr, PAGES), 0);
	KUNIT_EXPECT_EQ(test, page_ref_count(b->page[0]), 1);
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, BYTES), 0);
}

/* The helper stops at a present entry, and tells how many pages are left. It undoes nothing. */
static void insert_pages_over_one(struct kunit *test)
{
	struct bounds *b = kt_bounds_new(test);
	unsigned long addr = kt_bounds_map(test, b, PAGES, 0, call_pages_over_one);

	KUNIT_EXPECT_EQ(test, b->said, -EBUSY);
	KUNIT_EXPECT_EQ(test, b->left, 2);
	KUNIT_EXPECT_EQ(test, present(addr, PAGES), 3);
	KUNIT_EXPECT_EQ(test, page_ref_count(b->page[1]), 2);
	KUNIT_EXPECT_EQ(test, page_ref_count(b->page[2]), 2);
	KUNIT_EXPECT_EQ(test, page_ref_count(b->page[3]), 1);
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, BYTES), 0);
}

static int call_pfn_outside(struct bounds *b, struct vm_area_struct *vma)
{
	unsigned long pfn = page_to_pfn(b->page[0]);

	compat_vm_flags_set(vma, VM_PFNMAP);
	return vmf_insert_pfn(vma, vma->vm_end, pfn) == VM_FAULT_SIGBUS &&
	       vmf_insert_pfn(vma, vma->vm_start - PAGE_SIZE, pfn) == VM_FAULT_SIGBUS;
}

static void insert_pfn_outside(struct kunit *test)
{
	struct bounds *b = kt_bounds_new(test);
	unsigned long addr = kt_bounds_map(test, b, 1, 0, call_pfn_outside);

	KUNIT_EXPECT_EQ(test, b->said, 1);
	KUNIT_EXPECT_FALSE(test, kt_present(addr));
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, PAGE_SIZE), 0);
}

static int call_mixed_outside(struct bounds *b, struct vm_area_struct *vma)
{
	unsigned long pfn = page_to_pfn(b->page[0]);

	compat_vm_flags_set(vma, VM_MIXEDMAP);
	return compat_vmf_insert_mixed(vma, vma->vm_end, pfn) == VM_FAULT_SIGBUS &&
	       compat_vmf_insert_mixed(vma, vma->vm_start - PAGE_SIZE, pfn) == VM_FAULT_SIGBUS;
}

static void insert_mixed_outside(struct kunit *test)
{
	struct bounds *b = kt_bounds_new(test);
	unsigned long addr = kt_bounds_map(test, b, 1, 0, call_mixed_outside);

	KUNIT_EXPECT_EQ(test, b->said, 1);
	KUNIT_EXPECT_FALSE(test, kt_present(addr));
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, PAGE_SIZE), 0);
}

#if PFNMAP_HAVE_FOLIO
static int call_mkwrite_outside(struct bounds *b, struct vm_area_struct *vma)
{
	struct vm_fault before = { .vma = vma, .address = vma->vm_start - PAGE_SIZE };
	struct vm_fault behind = { .vma = vma, .address = vma->vm_end };

	return vmf_insert_page_mkwrite(&behind, b->page[0], false) == VM_FAULT_SIGBUS &&
	       vmf_insert_page_mkwrite(&before, b->page[0], false) == VM_FAULT_SIGBUS;
}

static void insert_page_mkwrite_outside(struct kunit *test)
{
	struct bounds *b = kt_bounds_new(test);
	unsigned long addr = kt_bounds_map(test, b, 1, 0, call_mkwrite_outside);

	KUNIT_EXPECT_EQ(test, b->said, 1);
	KUNIT_EXPECT_EQ(test, page_ref_count(b->page[0]), 1);
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, PAGE_SIZE), 0);
}
#endif

static int call_pfn_twice(struct bounds *b, struct vm_area_struct *vma)
{
	compat_vm_flags_set(vma, VM_PFNMAP);
	return vmf_insert_pfn(vma, vma->vm_start, page_to_pfn(b->page[0])) == VM_FAULT_NOPAGE &&
	       vmf_insert_pfn(vma, vma->vm_start, page_to_pfn(b->page[1])) == VM_FAULT_NOPAGE;
}

/* C3: the second insert changes nothing, and gets no error. */
static void insert_pfn_twice(struct kunit *test)
{
	struct bounds *b = kt_bounds_new(test);
	unsigned long addr = kt_bounds_map(test, b, 1, 0, call_pfn_twice);
	struct pfnmap_test_leaf leaf;

	KUNIT_EXPECT_EQ(test, b->said, 1);
	kt_leaf(addr, &leaf);
	KUNIT_EXPECT_EQ(test, leaf.pfn, (u64)page_to_pfn(b->page[0]));
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, PAGE_SIZE), 0);
}

static struct kunit_case bounds_cases[] = {
	KUNIT_CASE_PARAM(map_pages, span_gen_params),
	KUNIT_CASE(map_pages_offset),
	KUNIT_CASE(map_pages_zero),
	KUNIT_CASE_PARAM(vmalloc_range, span_gen_params),
	KUNIT_CASE_PARAM(iomap_memory, span_gen_params),
	KUNIT_CASE(iomap_memory_wraps),
	KUNIT_CASE(iomap_memory_inside),
	KUNIT_CASE(insert_page_outside),
	KUNIT_CASE(insert_page_twice),
	KUNIT_CASE(insert_pages_past_end),
	KUNIT_CASE(insert_pages_before_start),
	KUNIT_CASE(insert_pages_over_one),
	KUNIT_CASE(insert_pfn_outside),
	KUNIT_CASE(insert_pfn_twice),
	KUNIT_CASE(insert_mixed_outside),
#if PFNMAP_HAVE_FOLIO
	KUNIT_CASE(insert_page_mkwrite_outside),
#endif
	{}
};

static struct kunit_suite bounds_suite = {
	.name = "mapping_bounds",
	.init = kt_init,
	.exit = kt_exit,
	.test_cases = bounds_cases,
};

kunit_test_suite(bounds_suite);
