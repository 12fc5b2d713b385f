// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmap_prepare: what the core makes of a descriptor. The suite has files of its own with
 * the hook, since our device never fills in a descriptor wrongly.
 */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/string.h>

#include "prepared.h"

#if PFNMAP_HAVE_PREPARE_FLAGS
/* The two ways in which the kernel calls the hook. */
static const struct kt_way ways[] = {
	{ "directly", false },
	{ "stacked", true },
};

static void way_desc(const struct kt_way *way, char *desc)
{
	strscpy(desc, way->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(way, ways, way_desc);

static unsigned long present(unsigned long addr)
{
	unsigned long i, n = 0;

	for (i = 0; i < PAGES; i++)
		n += kt_present(addr + i * PAGE_SIZE);
	return n;
}

/* The fields of a VMA that kt_vma() leaves out. */
static void vma_fields(unsigned long addr, struct file **file, void **private,
		       unsigned long *prot)
{
	struct vm_area_struct *vma;

	mmap_read_lock(current->mm);
	vma = vma_lookup(current->mm, addr);
	*file = vma ? vma->vm_file : NULL;
	*private = vma ? vma->vm_private_data : NULL;
	*prot = vma ? pgprot_val(vma->vm_page_prot) : 0;
	mmap_read_unlock(current->mm);
}

static void seen(struct kunit *test)
{
	struct kt_prepared *p = kt_prepared_new(test, NULL);
	unsigned long addr = kt_prepared_map(p);

	KUNIT_EXPECT_EQ(test, 1, p->prepared);
	KUNIT_EXPECT_PTR_EQ(test, p->seen.mm, current->mm);
	KUNIT_EXPECT_PTR_EQ(test, p->seen.file, p->file);
	KUNIT_EXPECT_PTR_EQ(test, p->seen.vm_file, p->file);
	KUNIT_EXPECT_EQ(test, p->seen.start, addr);
	KUNIT_EXPECT_EQ(test, p->seen.end, addr + BYTES);
	KUNIT_EXPECT_EQ(test, p->seen.pgoff, 0);
	KUNIT_EXPECT_NULL(test, p->seen.private_data);
	KUNIT_EXPECT_EQ(test, p->seen.action.type, MMAP_NOTHING);
	kt_prepared_unmap(p, addr);
	KUNIT_EXPECT_EQ(test, 1, p->closed);
}

static void set_fields(struct kt_prepared *p, struct vm_area_desc *desc)
{
	desc->pgoff += 7;
	desc->page_prot = pgprot_noncached(desc->page_prot);
	vma_desc_set_flags(desc, VMA_DONTCOPY_BIT);
	vma_desc_clear_flags(desc, VMA_MAYEXEC_BIT);
}

static void fields(struct kunit *test)
{
	struct kt_prepared *p = kt_prepared_new(test, set_fields);
	unsigned long addr = kt_prepared_map(p), prot;
	struct kt_vma vma = { };
	struct file *file;
	void *private;

	KUNIT_ASSERT_TRUE(test, kt_vma(addr, &vma));
	KUNIT_EXPECT_EQ(test, vma.pgoff, 7);
	KUNIT_EXPECT_EQ(test, vma.flags & (VM_DONTCOPY | VM_MAYEXEC), (unsigned long)VM_DONTCOPY);
	vma_fields(addr, &file, &private, &prot);
	KUNIT_EXPECT_EQ(test, prot, pgprot_val(pgprot_noncached(p->seen.page_prot)));
	KUNIT_EXPECT_PTR_EQ(test, private, &kt_private_later);
	kt_prepared_unmap(p, addr);
}

static void set_file(struct kt_prepared *p, struct vm_area_desc *desc)
{
	desc->vm_file = get_file(p->other);
}

/* Some kernels lose the hook's reference. Nothing tells yet which kernels do. */
static void expect_lost(struct kt_prepared *p, bool may)
{
	long lost = file_count(p->other) - 1;

	KUNIT_EXPECT_LE(p->test, lost, may ? 1 : 0);
	if (!lost)
		return;

	kunit_info(p->test, "this kernel loses a reference to vm_file");
	fput(p->other);
}

/*
 * The VMA takes over the hook's reference. Stacked, it takes a reference of its own, by
 * vma_set_file() in compat_set_vma_from_desc(), and nobody puts the hook's.
 */
static void another_file(struct kunit *test)
{
	struct kt_prepared *p = kt_prepared_new(test, set_file);
	unsigned long addr = kt_prepared_map(p), prot;
	struct file *file;
	void *private;

	vma_fields(addr, &file, &private, &prot);
	KUNIT_EXPECT_PTR_EQ(test, file, p->other);
	kt_prepared_unmap(p, addr);
	KUNIT_EXPECT_EQ(test, file_count(p->file), 1);
	KUNIT_EXPECT_EQ(test, file_count(p->outer), 1);
	expect_lost(p, kt_stacked(test));
}

static void file_and_bad_action(struct kt_prepared *p, struct vm_area_desc *desc)
{
	set_file(p, desc);
	mmap_action_simple_ioremap(desc, page_to_phys(p->page[0]), PAGE_SIZE);
}

/* The core puts the hook's file only after it has taken the file over. */
static void another_file_refused(struct kunit *test)
{
	struct kt_prepared *p = kt_prepared_new(test, file_and_bad_action);

	kt_prepared_refused(p, -EINVAL, MAP_SHARED);
	KUNIT_EXPECT_EQ(test, file_count(p->file), 1);
	expect_lost(p, true);
}

static void mapped_once(struct kunit *test)
{
	struct kt_prepared *p = kt_prepared_new(test, NULL);
	unsigned long addr = kt_prepared_map(p);

	KUNIT_EXPECT_EQ(test, 1, p->mapped);
	KUNIT_EXPECT_EQ(test, p->start, addr);
	KUNIT_EXPECT_EQ(test, p->end, addr + BYTES);
	KUNIT_EXPECT_EQ(test, p->pgoff, 0);
	KUNIT_EXPECT_PTR_EQ(test, p->private, &kt_private_first);
	/* Stacked, the mm does not have the VMA yet. */
	KUNIT_EXPECT_EQ(test, p->in_tree, !kt_stacked(test));
	KUNIT_EXPECT_FALSE(test, p->hidden);
	/* This splits the VMA, and the kernel calls close() for each part. */
	KUNIT_EXPECT_EQ(test, 0, vm_munmap(addr + PAGE_SIZE, PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, 1, p->closed);
	kt_prepared_unmap(p, addr);
	KUNIT_EXPECT_EQ(test, 1, p->mapped);
	KUNIT_EXPECT_EQ(test, 3, p->closed);
}

/* Called directly, the core merges the second half into the first, and calls no mapped(). */
static void merged(struct kunit *test)
{
	struct kt_prepared *p = kt_prepared_new(test, NULL);
	unsigned long addr = kt_prepared_map(p);
	struct kt_vma vma = { };

	kt_prepared_unmap(p, addr);
	p->prepared = 0;
	p->mapped = 0;
	p->closed = 0;
	KUNIT_ASSERT_EQ(test, (long)addr, kt_prepared_map_at(p, addr, PAGES / 2, 0, MAP_SHARED));
	KUNIT_ASSERT_EQ(test, (long)addr + BYTES / 2,
			kt_prepared_map_at(p, addr + BYTES / 2, PAGES / 2, PAGES / 2,
					   MAP_SHARED));
	KUNIT_EXPECT_EQ(test, 2, p->prepared);
	KUNIT_EXPECT_EQ(test, p->mapped, kt_stacked(test) ? 2 : 1);
	KUNIT_ASSERT_TRUE(test, kt_vma(addr, &vma));
	KUNIT_EXPECT_EQ(test, vma.end, addr + (kt_stacked(test) ? BYTES / 2 : BYTES));
	kt_prepared_unmap(p, addr);
	KUNIT_EXPECT_EQ(test, p->closed, p->mapped);
}

static void map_array(struct kt_prepared *p, struct vm_area_desc *desc)
{
	mmap_action_map_kernel_pages(desc, desc->start, p->array + desc->pgoff,
				     PHYS_PFN(desc->end - desc->start));
}

/* The kernel does not merge a VMA that has an action: the action would be lost. */
static void actions_not_merged(struct kunit *test)
{
	struct kt_prepared *p = kt_prepared_new(test, map_array);
	unsigned long addr = kt_prepared_map(p);

	kt_prepared_unmap(p, addr);
	p->mapped = 0;
	KUNIT_ASSERT_EQ(test, (long)addr, kt_prepared_map_at(p, addr, PAGES / 2, 0, MAP_SHARED));
	KUNIT_ASSERT_EQ(test, (long)addr + BYTES / 2,
			kt_prepared_map_at(p, addr + BYTES / 2, PAGES / 2, PAGES / 2,
					   MAP_SHARED));
	KUNIT_EXPECT_EQ(test, 2, p->mapped);
	KUNIT_EXPECT_EQ(test, PAGES, present(addr));
	kt_prepared_unmap(p, addr);
	kt_prepared_gone(p, addr);
}

/* The kernel calls close() after a mapped() that failed. Stacked, it does not. */
static void mapped_fails(struct kunit *test)
{
	struct kt_prepared *p = kt_prepared_new(test, map_array);

	p->refusal = -EXDEV;
	kt_prepared_refused(p, -EXDEV, MAP_SHARED);
	KUNIT_EXPECT_EQ(test, 1, p->mapped);
	KUNIT_EXPECT_EQ(test, p->closed, kt_stacked(test) ? 0 : 1);
}

/* The kernel does not map the zero page into a shared mapping that may be written to. */
static void half_way(struct kunit *test)
{
	struct kt_prepared *p = kt_prepared_new(test, map_array);

	p->array[PAGES - 1] = ZERO_PAGE(0);
	kt_prepared_refused(p, -EINVAL, MAP_SHARED);
	KUNIT_EXPECT_EQ(test, 0, p->mapped);
	KUNIT_EXPECT_EQ(test, p->closed, kt_stacked(test) ? 0 : 1);
}

#if PFNMAP_HAVE_ERROR_OVERRIDE
static void map_overridden(struct kt_prepared *p, struct vm_area_desc *desc)
{
	map_array(p, desc);
	desc->action.error_override = -EAGAIN;
}

/* error_override replaces the error of the action, or of mapped(). Stacked, it does not. */
static void overridden(struct kunit *test)
{
	struct kt_prepared *p = kt_prepared_new(test, map_overridden);

	kt_prepared_unmap(p, kt_prepared_map(p));
	p->refusal = -EXDEV;
	kt_prepared_refused(p, kt_stacked(test) ? -EXDEV : -EAGAIN, MAP_SHARED);
	p->array[PAGES - 1] = ZERO_PAGE(0);
	kt_prepared_refused(p, kt_stacked(test) ? -EINVAL : -EAGAIN, MAP_SHARED);
}

static void ioremap_overridden(struct kt_prepared *p, struct vm_area_desc *desc)
{
	mmap_action_simple_ioremap(desc, page_to_phys(p->page[0]), BYTES - PAGE_SIZE);
	desc->action.error_override = -EAGAIN;
}

/* The core checks the arguments before there is a VMA: not an error of the action. */
static void not_overridden(struct kunit *test)
{
	struct kt_prepared *p = kt_prepared_new(test, ioremap_overridden);

	kt_prepared_refused(p, -EINVAL, MAP_SHARED);
	KUNIT_EXPECT_EQ(test, 0, p->closed);
}
#endif

static void map_hidden(struct kt_prepared *p, struct vm_area_desc *desc)
{
	map_array(p, desc);
	desc->action.hide_from_rmap_until_complete = true;
}

static void hidden(struct kunit *test)
{
	struct kt_prepared *p = kt_prepared_new(test, map_hidden);
	unsigned long addr = kt_prepared_map(p);

	KUNIT_EXPECT_EQ(test, p->hidden, !kt_stacked(test));
	KUNIT_EXPECT_FALSE(test, rwsem_is_locked(&p->file->f_mapping->i_mmap_rwsem));
	kt_prepared_unmap(p, addr);
	p->refusal = -EXDEV;
	kt_prepared_refused(p, -EXDEV, MAP_SHARED);
	KUNIT_EXPECT_EQ(test, p->hidden, !kt_stacked(test));
}

static void remap_part(struct kt_prepared *p, struct vm_area_desc *desc)
{
	mmap_action_remap(desc, desc->start, page_to_pfn(p->page[0]), BYTES - PAGE_SIZE);
}

static void part(struct kunit *test)
{
	struct kt_prepared *p = kt_prepared_new(test, remap_part);
	unsigned long addr = kt_prepared_map(p);

	KUNIT_EXPECT_EQ(test, PAGES - 1, present(addr));
	KUNIT_EXPECT_EQ(test, 1, p->mapped);
	kt_prepared_unmap(p, addr);
	kt_prepared_refused(p, -EINVAL, MAP_PRIVATE);
}

static void map_past_end(struct kt_prepared *p, struct vm_area_desc *desc)
{
	mmap_action_map_kernel_pages(desc, desc->start + PAGE_SIZE, p->array, PAGES);
}

/* The core checks the range before there is a VMA. */
static void past_end(struct kunit *test)
{
	struct kt_prepared *p = kt_prepared_new(test, map_past_end);

	kt_prepared_refused(p, -EFAULT, MAP_SHARED);
	KUNIT_EXPECT_EQ(test, 0, p->mapped);
	KUNIT_EXPECT_EQ(test, 0, p->closed);
}

static void remap_whole(struct kt_prepared *p, struct vm_area_desc *desc)
{
	mmap_action_remap_full(desc, page_to_pfn(p->page[0]));
}

/* The kernel sets vm_pgoff of a private mapping to the pfn, and passes it to mapped(). */
static void private_whole(struct kunit *test)
{
	struct kt_prepared *p = kt_prepared_new(test, remap_whole);
	long addr = kt_prepared_map_at(p, 0, PAGES, 0, MAP_PRIVATE);
	struct kt_vma vma = { };

	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(addr));
	KUNIT_ASSERT_TRUE(test, kt_vma(addr, &vma));
	KUNIT_EXPECT_EQ(test, vma.pgoff, page_to_pfn(p->page[0]));
	KUNIT_EXPECT_EQ(test, p->pgoff, page_to_pfn(p->page[0]));
	KUNIT_EXPECT_EQ(test, PAGES, present(addr));
	kt_prepared_unmap(p, addr);
}

static void ioremap_array(struct kt_prepared *p, struct vm_area_desc *desc)
{
	mmap_action_simple_ioremap(desc, page_to_phys(p->page[0]), BYTES);
}

static void simple_ioremap(struct kunit *test)
{
	static const struct {
		unsigned long pages;
		unsigned long pgoff;
		bool fits;
	} spans[] = {
		{ PAGES, 0, true }, { 1, PAGES - 1, true }, { PAGES + 1, 0, false },
		{ 2, PAGES - 1, false }, { 1, PAGES, false }, { 1, 1UL << 32, false },
	};
	struct kt_prepared *p = kt_prepared_new(test, ioremap_array);
	long addr;
	int i;

	for (i = 0; i < ARRAY_SIZE(spans); i++) {
		addr = kt_prepared_map_at(p, 0, spans[i].pages, spans[i].pgoff, MAP_SHARED);
		KUNIT_EXPECT_EQ_MSG(test, spans[i].fits, !IS_ERR_VALUE(addr), "span %d", i);
		if (!spans[i].fits) {
			KUNIT_EXPECT_EQ_MSG(test, addr, -EINVAL, "span %d", i);
			continue;
		}
		KUNIT_EXPECT_EQ(test, 0, vm_munmap(addr, spans[i].pages * PAGE_SIZE));
	}
}

/* A private mapping's vm_pgoff is the pfn, whatever offset mmap() was given. A write copies. */
static void simple_ioremap_private(struct kunit *test)
{
	struct kt_prepared *p = kt_prepared_new(test, ioremap_array);
	long addr = kt_prepared_map_at(p, 0, PAGES - 1, 1, MAP_PRIVATE);
	unsigned long pfn = page_to_pfn(p->page[1]);
	u8 *memory = page_address(p->page[1]);
	struct kt_vma vma = { };
	u8 value = 0;

	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(addr));
	KUNIT_ASSERT_TRUE(test, kt_vma(addr, &vma));
	KUNIT_EXPECT_EQ(test, vma.pgoff, pfn);
	KUNIT_EXPECT_EQ(test, p->pgoff, pfn);

	*memory = 0x11;
	KUNIT_EXPECT_EQ(test, kt_read(addr, &value), 0);
	KUNIT_EXPECT_EQ(test, value, 0x11);
	KUNIT_EXPECT_EQ(test, kt_write(addr, 0x22), 0);
	KUNIT_EXPECT_EQ(test, kt_read(addr, &value), 0);
	KUNIT_EXPECT_EQ(test, value, 0x22);
	KUNIT_EXPECT_EQ(test, *memory, 0x11);
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, (PAGES - 1) * PAGE_SIZE), 0);
	kt_prepared_gone(p, addr);
}

static struct kunit_case prepare_cases[] = {
	KUNIT_CASE_PARAM(seen, way_gen_params),
	KUNIT_CASE_PARAM(fields, way_gen_params),
	KUNIT_CASE_PARAM(another_file, way_gen_params),
	KUNIT_CASE_PARAM(another_file_refused, way_gen_params),
	KUNIT_CASE_PARAM(mapped_once, way_gen_params),
	KUNIT_CASE_PARAM(merged, way_gen_params),
	KUNIT_CASE_PARAM(actions_not_merged, way_gen_params),
	KUNIT_CASE_PARAM(mapped_fails, way_gen_params),
	KUNIT_CASE_PARAM(half_way, way_gen_params),
#if PFNMAP_HAVE_ERROR_OVERRIDE
	KUNIT_CASE_PARAM(overridden, way_gen_params),
	KUNIT_CASE_PARAM(not_overridden, way_gen_params),
#endif
	KUNIT_CASE_PARAM(hidden, way_gen_params),
	KUNIT_CASE_PARAM(part, way_gen_params),
	KUNIT_CASE_PARAM(past_end, way_gen_params),
	KUNIT_CASE_PARAM(private_whole, way_gen_params),
	KUNIT_CASE_PARAM(simple_ioremap, way_gen_params),
	KUNIT_CASE_PARAM(simple_ioremap_private, way_gen_params),
	{}
};

static struct kunit_suite prepare_suite = {
	.name = "mmap_prepare",
	.init = kt_init,
	.exit = kt_exit,
	.test_cases = prepare_cases,
};

kunit_test_suite(prepare_suite);
#endif
