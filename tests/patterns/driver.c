// SPDX-License-Identifier: GPL-2.0-only
/* The least that a pattern needs around it: a device that maps memory by OBJECT. */
#include <linux/bitops.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/pagemap.h>

#include "compat.h"
#include "pattern.h"
#include "memory.h"

static const struct pfnmap_pattern *const pattern = HAVE ? &OBJECT : NULL;
static struct pfnmap_region region;
static struct pfnmap_view view = { .region = &region };
static struct pfnmap_mapping mapping = { .region = &region };
static struct pfnmap_memory memory = { .lock = __RWSEM_INITIALIZER(memory.lock) };
static const struct address_space_operations aops = { .dirty_folio = noop_dirty_folio };
module_param_named(start, region.start, ullong, 0444);
module_param_named(bytes, region.bytes, ullong, 0444);

struct pfnmap_memory *pfnmap_file_memory(struct file *file)
{
	return &memory;
}

static int prepare(unsigned long pgoff, unsigned long pages, pgprot_t *prot)
{
	if (pgoff > PHYS_PFN(region.bytes) || pages > PHYS_PFN(region.bytes) - pgoff)
		return -EINVAL;
	if (pattern->regions & PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_MMIO))
		*prot = pgprot_noncached(*prot);
	return 0;
}

static int example_mmap(struct file *file, struct vm_area_struct *vma)
{
	vma->vm_private_data = &view;
	return prepare(vma->vm_pgoff, vma_pages(vma), &vma->vm_page_prot) ?:
	       pattern->mmap(vma, &mapping);
}

#if PFNMAP_HAVE_MMAP_ACTION
static int example_mmap_prepare(struct vm_area_desc *desc)
{
	return prepare(desc->pgoff, PHYS_PFN(desc->end - desc->start), &desc->page_prot) ?:
	       pattern->mmap_prepare(desc, &mapping);
}
#endif

/* misc_open() calls it for one at a time; what is held is for who has it open. */
static int example_open(struct inode *inode, struct file *file)
{
	if (memory.mapping)
		return -EBUSY;
	mapping.held = pattern->hold ? pattern->hold(&region, inode->i_mapping) : NULL;
	if (IS_ERR(mapping.held))
		return PTR_ERR(mapping.held);

	inode->i_mapping->a_ops = &aops;
	inode->i_flags |= pattern->flags & PFNMAP_TEST_DESC_FOLIO ? S_DAX : 0;
	memory.mapping = inode->i_mapping;
	return 0;
}

static int example_release(struct inode *inode, struct file *file)
{
	if (mapping.held)
		mapping.held->release(mapping.held);
	memory.mapping = NULL;
	return 0;
}

static struct file_operations fops = {
	.owner = THIS_MODULE,
	.open = example_open,
	.release = example_release,
	.get_unmapped_area = thp_get_unmapped_area,
};

static struct miscdevice misc = {
	.minor = MISC_DYNAMIC_MINOR, .name = KBUILD_MODNAME, .fops = &fops, .mode = 0600,
};

static int __init example_init(void)
{
	int err, largest;

	if (!pattern)
		return -EOPNOTSUPP;
	fops.mmap = pattern->mmap ? example_mmap : NULL;
#if PFNMAP_HAVE_MMAP_ACTION
	fops.mmap_prepare = pattern->mmap ? NULL : example_mmap_prepare;
#endif
	region.id = __ffs64(pattern->regions);
	largest = fls64(pattern->levels >> PFNMAP_TEST_LEVEL_PTE) - 1;
	view.order = largest * (PMD_SHIFT - PAGE_SHIFT);
	err = memory_get(&region, view.order);
	if (err)
		return err;
	err = misc_register(&misc);
	if (err)
		memory_put(&region);
	return err;
}
module_init(example_init);

static void __exit example_exit(void)
{
	misc_deregister(&misc);
	memory_put(&region);
}
module_exit(example_exit);

MODULE_DESCRIPTION("A pattern of pfnmap-test, by itself");
MODULE_LICENSE("GPL");
