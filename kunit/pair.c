// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files whose mmap_prepare() gives a VMA the operations of another VMA, which mmap() made.
 */
#include <linux/anon_inodes.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "pair.h"
#include "prepared.h"

#if PFNMAP_HAVE_PREPARE_FLAGS
/**
 * struct model - private_data of the suite's file
 * @fields: of the VMA that mmap() made. The suite's file has a reference to @fields.file,
 *	since it needs that file's operations and inode as long as it is mapped
 * @set_flags: what mmap_prepare() does with the flags
 */
struct model {
	struct kt_fields fields;
	void (*set_flags)(struct vm_area_desc *desc);
};

/**
 * kt_fields - look at the VMA around an address of the current mm
 * @addr: the address
 * @out: filled in, with zeroes where no VMA is
 */
void kt_fields(unsigned long addr, struct kt_fields *out)
{
	struct vm_area_struct *vma;

	*out = (struct kt_fields){ };
	mmap_read_lock(current->mm);
	vma = vma_lookup(current->mm, addr);
	if (vma) {
		*out = (struct kt_fields){
			.flags = vma->vm_flags,
			.ops = vma->vm_ops,
			.private = vma->vm_private_data,
			.prot = vma->vm_page_prot,
			.file = vma->vm_file,
		};
	}
	mmap_read_unlock(current->mm);
}

static int pair_prepare(struct vm_area_desc *desc)
{
	const struct model *model = desc->file->private_data;

	model->set_flags(desc);
	desc->page_prot = model->fields.prot;
	desc->vm_ops = model->fields.ops;
	desc->private_data = model->fields.private;
	return 0;
}

/* Finds an address at which leaves fit: when mmap_prepare() runs, the address is fixed. */
static unsigned long pair_area(struct file *file, unsigned long addr, unsigned long len,
			       unsigned long pgoff, unsigned long flags)
{
	const struct model *model = file->private_data;
	struct file *like = model->fields.file;

	return like->f_op->get_unmapped_area(like, addr, len, pgoff, flags);
}

static int pair_release(struct inode *inode, struct file *file)
{
	struct model *model = file->private_data;

	fput(model->fields.file);
	kfree(model);
	return 0;
}

static const struct file_operations pair_fops = {
	.owner = THIS_MODULE,
	.mmap_prepare = pair_prepare,
	.get_unmapped_area = pair_area,
	.release = pair_release,
};

static struct file *model_file(struct kunit *test, const struct kt_fields *fields,
			       void (*set_flags)(struct vm_area_desc *desc))
{
	struct model *model = compat_kzalloc_obj(*model, GFP_KERNEL);
	struct file *file;

	KUNIT_ASSERT_NOT_NULL(test, model);
	model->fields = *fields;
	model->set_flags = set_flags;
	file = anon_inode_getfile("[kt_pair]", &pair_fops, model, O_RDWR);
	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	get_file(fields->file);
	/* As a driver's open() does: by this mapping's inode the kernel knows a DAX VMA. */
	file->f_mapping = fields->file->f_mapping;
	return file;
}

/**
 * kt_pair_map - map the start of a region twice
 * @test: the case
 * @p: filled in
 * @how: how to map the model
 * @bytes: size
 * @set_flags: what mmap_prepare() does with the flags
 * @stacked: have compat_vma_mmap() call mmap_prepare(), as below overlayfs
 *
 * Skips the case if the kernel lacks the method, or the region is not there. Unmap
 * @p->addr before @p->like: the suite's file has a reference to the model's file.
 */
void kt_pair_map(struct kunit *test, struct kt_pair *p, const struct kt_how *how,
		 unsigned long bytes, void (*set_flags)(struct vm_area_desc *desc),
		 bool stacked)
{
	struct kt *kt = test->priv;
	struct file *file;

	kt_need_method(kt, how->method);
	p->like = kt_map(kt, how, 0, bytes, PROT_READ | PROT_WRITE, MAP_SHARED);
	kt_fields(p->like, &p->fields);
	p->file = model_file(test, &p->fields, set_flags);
	file = stacked ? kt_stacked_file(test, p->file) : p->file;
	p->addr = vm_mmap(file, 0, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, 0);
	/* From here on only the VMA has a reference to the suite's file. */
	if (stacked)
		fput(file);
	fput(p->file);
	flush_delayed_fput();
	KUNIT_ASSERT_FALSE_MSG(test, IS_ERR_VALUE(p->addr), "mmap: %ld", (long)p->addr);
}
#endif
