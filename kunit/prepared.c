// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files with mmap_prepare(), and how a case maps them.
 */
#include <linux/anon_inodes.h>
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/module.h>

#include "prepared.h"

#if PFNMAP_HAVE_PREPARE_FLAGS
int kt_private_first, kt_private_later;

static int prep_mapped(unsigned long start, unsigned long end, pgoff_t pgoff,
		       const struct file *file, void **private_data)
{
	struct kt_prepared *p = file->private_data;

	p->mapped++;
	p->start = start;
	p->end = end;
	p->pgoff = pgoff;
	p->private = *private_data;
	p->in_tree = vma_lookup(current->mm, start);
	p->hidden = rwsem_is_locked(&file->f_mapping->i_mmap_rwsem);
	*private_data = &kt_private_later;
	return p->refusal;
}

static void prep_close(struct vm_area_struct *vma)
{
	struct kt_prepared *p = vma->vm_file->private_data;

	p->closed++;
}

static vm_fault_t prep_fault(struct vm_fault *vmf)
{
	struct kt_prepared *p = vmf->vma->vm_file->private_data;

	if (vmf->pgoff >= PAGES)
		return VM_FAULT_SIGBUS;

	vmf->page = p->page[vmf->pgoff];
	get_page(vmf->page);
	return 0;
}

static const struct vm_operations_struct prep_ops = {
	.mapped = prep_mapped,
	.close = prep_close,
	.fault = prep_fault,
};

static int prep_prepare(struct vm_area_desc *desc)
{
	struct kt_prepared *p = desc->file->private_data;

	p->prepared++;
	p->seen = *desc;
	desc->vm_ops = &prep_ops;
	desc->private_data = &kt_private_first;
	if (p->hook)
		p->hook(p, desc);
	return 0;
}

static const struct file_operations prep_fops = {
	.mmap_prepare = prep_prepare,
};

static int outer_mmap(struct file *outer, struct vm_area_struct *vma)
{
	vma_set_file(vma, outer->private_data);
	return vfs_mmap(vma->vm_file, vma);
}

static unsigned long outer_area(struct file *outer, unsigned long addr, unsigned long len,
				unsigned long pgoff, unsigned long flags)
{
	struct file *file = outer->private_data;

	if (!file->f_op->get_unmapped_area)
		return compat_mm_get_unmapped_area(file, addr, len, pgoff, flags);

	return file->f_op->get_unmapped_area(file, addr, len, pgoff, flags);
}

static const struct file_operations outer_fops = {
	.owner = THIS_MODULE,
	.mmap = outer_mmap,
	.get_unmapped_area = outer_area,
};

/**
 * kt_stacked_file - make a file that passes its VMAs on to another, as overlayfs does
 * @test: the case
 * @file: the other file, which must live as long as the new file
 *
 * Return: the new file.
 */
struct file *kt_stacked_file(struct kunit *test, struct file *file)
{
	struct file *outer = anon_inode_getfile("[kt_stacked]", &outer_fops, file, O_RDWR);

	KUNIT_ASSERT_FALSE(test, IS_ERR(outer));
	return outer;
}

static void put_page_of(void *page)
{
	__free_page(page);
}

static void put_file(void *file)
{
	fput(file);
	flush_delayed_fput();
}

/* KUnit puts @file at the end of the case. */
static struct file *put_later(struct kt_prepared *p, struct file *file)
{
	KUNIT_ASSERT_FALSE(p->test, IS_ERR(file));
	KUNIT_ASSERT_EQ(p->test, 0, kunit_add_action_or_reset(p->test, put_file, file));
	return file;
}

static struct file *new_file(struct kt_prepared *p)
{
	return put_later(p, anon_inode_getfile("[mmap_prepare]", &prep_fops, p, O_RDWR));
}

/**
 * kt_prepared_new - make the files and the memory of a case
 * @test: the case
 * @hook: what mmap_prepare() does besides setting vm_ops and private_data; or NULL
 *
 * Return: the files and the memory, which KUnit puts at the end of the case.
 */
struct kt_prepared *
kt_prepared_new(struct kunit *test,
		void (*hook)(struct kt_prepared *p, struct vm_area_desc *desc))
{
	struct kt_prepared *p = kunit_kzalloc(test, sizeof(*p), GFP_KERNEL);
	struct page *pages;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, p);
	p->test = test;
	p->hook = hook;
	pages = alloc_pages(GFP_KERNEL | __GFP_ZERO, get_order(BYTES));
	KUNIT_ASSERT_NOT_NULL(test, pages);
	split_page(pages, get_order(BYTES));
	for (i = 0; i < PAGES; i++) {
		p->page[i] = pages + i;
		p->array[i] = pages + i;
		KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, put_page_of,
								   p->page[i]));
	}
	p->file = new_file(p);
	p->outer = put_later(p, kt_stacked_file(test, p->file));
	p->other = new_file(p);
	return p;
}

/**
 * kt_stacked - whether compat_vma_mmap() calls the case's hook
 * @test: the case, whose parameter is a struct kt_way
 *
 * Return: true if it does, false if the core calls the hook directly.
 */
bool kt_stacked(const struct kunit *test)
{
	return ((const struct kt_way *)test->param_value)->stacked;
}

/**
 * kt_prepared_map_at - mmap() in the case's way
 * @p: the files
 * @addr: where, or 0 for anywhere
 * @pages: how many pages
 * @pgoff: the first of them
 * @flags: MAP_SHARED or MAP_PRIVATE
 *
 * Return: the address or a negative errno.
 */
long kt_prepared_map_at(struct kt_prepared *p, unsigned long addr, unsigned long pages,
			unsigned long pgoff, unsigned long flags)
{
	return vm_mmap(kt_stacked(p->test) ? p->outer : p->file, addr, pages * PAGE_SIZE,
		       PROT_READ | PROT_WRITE, flags | (addr ? MAP_FIXED : 0),
		       pgoff * PAGE_SIZE);
}

/**
 * kt_prepared_map - mmap() of all pages, shared, which has to work
 * @p: the files
 *
 * Return: the address.
 */
unsigned long kt_prepared_map(struct kt_prepared *p)
{
	long addr = kt_prepared_map_at(p, 0, PAGES, 0, MAP_SHARED);

	KUNIT_ASSERT_FALSE_MSG(p->test, IS_ERR_VALUE(addr), "mmap: %ld", addr);
	return addr;
}

/**
 * kt_prepared_unmap - munmap() of all pages
 * @p: the files
 * @addr: where
 */
void kt_prepared_unmap(struct kt_prepared *p, unsigned long addr)
{
	KUNIT_EXPECT_EQ(p->test, 0, vm_munmap(addr, BYTES));
}

/**
 * kt_prepared_gone - expect that no page is mapped or referenced, no VMA is there,
 * and nobody holds the rmap lock
 * @p: the files
 * @addr: where the mapping was
 */
void kt_prepared_gone(struct kt_prepared *p, unsigned long addr)
{
	struct kt_vma vma;
	int i;

	KUNIT_EXPECT_FALSE(p->test, kt_vma(addr, &vma));
	for (i = 0; i < PAGES; i++) {
		KUNIT_EXPECT_EQ(p->test, 1, page_ref_count(p->page[i]));
		KUNIT_EXPECT_FALSE(p->test, folio_mapped(page_folio(p->page[i])));
	}
	KUNIT_EXPECT_FALSE(p->test, rwsem_is_locked(&p->file->f_mapping->i_mmap_rwsem));
}

/**
 * kt_prepared_refused - expect that mmap() over a mapping fails, and that both are gone
 * @p: the files
 * @err: the negative errno
 * @flags: MAP_SHARED or MAP_PRIVATE
 */
void kt_prepared_refused(struct kt_prepared *p, long err, unsigned long flags)
{
	unsigned long addr = vm_mmap(NULL, 0, BYTES, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS, 0);

	KUNIT_ASSERT_FALSE(p->test, IS_ERR_VALUE(addr));
	KUNIT_EXPECT_EQ(p->test, err, kt_prepared_map_at(p, addr, PAGES, 0, flags));
	/* The mapping that MAP_FIXED was to replace is gone, too. */
	kt_prepared_gone(p, addr);
}
#endif
