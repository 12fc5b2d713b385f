// SPDX-License-Identifier: GPL-2.0-only
/*
 * The dax region: ZONE_DEVICE memory, MEMORY_DEVICE_GENERIC as device-dax has it.
 *
 * All folios have one size at a time, since a leaf maps exactly one folio. The module
 * makes them anew in another size when a file asks for this size and nobody uses them.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/align.h>
#include <linux/atomic.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/io.h>
#include <linux/memremap.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/numa.h>
#include <linux/string.h>

#include "compat.h"
#include "pfnmap_test.h"
#include "retry.h"

/* Held to look at struct pages of the regions, and while these come or go. */
static DEFINE_MUTEX(page_map_lock);

/*
 * The number of files by which VMAs map folios; -1 while the module makes folios anew.
 * mmap() can't take page_map_lock for this: mmap() runs under the mmap lock, and under
 * page_map_lock memory hotplug takes locks of its own to make struct pages.
 */
static atomic_t folio_files = ATOMIC_INIT(0);

static struct dev_pagemap dax_pgmap;
static struct pfnmap_region *dax_region;
static unsigned int cur_order;
static bool fixed_order;

/* A page of the region's memory has failed. */
static bool failed;

static bool fits(unsigned int order)
{
	u64 bytes = (u64)PAGE_SIZE << order;

	return IS_ALIGNED(dax_region->start, bytes) && IS_ALIGNED(dax_region->bytes, bytes);
}

static int make(unsigned int order)
{
	void *addr;

	memset(&dax_pgmap, 0, sizeof(dax_pgmap));
	dax_pgmap.type = MEMORY_DEVICE_GENERIC;
	dax_pgmap.range.start = dax_region->start;
	dax_pgmap.range.end = dax_region->start + dax_region->bytes - 1;
	dax_pgmap.nr_range = 1;
	dax_pgmap.vmemmap_shift = order;
	addr = pfnmap_fail_point() ? ERR_PTR(-ENOMEM) :
	       memremap_pages(&dax_pgmap, NUMA_NO_NODE);
	if (IS_ERR(addr))
		return PTR_ERR(addr);

	cur_order = order;
	return 0;
}

/* The kernel marks a folio's first page, and forgets the mark together with the pages. */
static void unmake(void)
{
	unsigned long pfn = PHYS_PFN(dax_region->start);
	unsigned long end = pfn + PHYS_PFN(dax_region->bytes);

	for (; pfn < end && !failed; pfn += 1UL << cur_order) {
		failed = PageHWPoison(pfn_to_page(pfn));
		cond_resched();
	}
	memunmap_pages(&dax_pgmap);
}

/**
 * pfnmap_dax_idle - whether only the page map has references to the folios of a range
 * @offset: where the range begins, in bytes from the region's start
 * @bytes: size of the range; a folio that is partly inside counts
 *
 * A pin holds a reference. Since 6.15 an entry that maps a folio holds one, too. The caller
 * holds pfnmap_dax_lock(), and the region has its pages.
 *
 * Return: true if nobody else has one.
 */
bool pfnmap_dax_idle(u64 offset, u64 bytes)
{
	unsigned long pfn = PHYS_PFN(dax_region->start + offset);
	unsigned long end = pfn + PHYS_PFN(bytes);

	pfn = ALIGN_DOWN(pfn, 1UL << cur_order);
	for (; pfn < end; pfn += 1UL << cur_order) {
		if (page_ref_count(pfn_to_page(pfn)) != 1)
			return false;
		cond_resched();
	}

	return true;
}

/**
 * pfnmap_dax_init - make ZONE_DEVICE pages of the dax region
 * @region: its start and bytes are set
 * @align: size of a folio in bytes, for good; 0 for the largest that fits, until a file
 *	asks for another size
 * @why: on error, the reason, for the log
 *
 * Return: 0 or a negative errno.
 */
int pfnmap_dax_init(struct pfnmap_region *region, u64 align, const char **why)
{
	u32 level = PFNMAP_TEST_LEVEL_PUD;

	dax_region = region;
	*why = "not a multiple of 2 MiB, or not of dax_align";
	if (!fits(pfnmap_level_order(PFNMAP_TEST_LEVEL_PMD)))
		return -EINVAL;

	fixed_order = align;
	if (fixed_order) {
		cur_order = get_order(align);
		if (!fits(cur_order))
			return -EINVAL;
	} else {
		while (!fits(pfnmap_level_order(level)))
			level--;
		cur_order = pfnmap_level_order(level);
	}

	*why = "memremap_pages() refused";
	return make(cur_order);
}

/**
 * pfnmap_dax_exit - undo pfnmap_dax_init(); nothing is mapped or pinned
 *
 * Return: whether a page of the memory has failed meanwhile. The caller must not give the
 * memory to others: nobody else knows.
 */
bool pfnmap_dax_exit(void)
{
	if (!dax_region->error)
		unmake();
	return failed;
}

/* Without the old folios the region is lost, so wait a moment for memory. */
static int restore(unsigned int order)
{
	int tries = 0;
	int err;

	do {
		err = make(order);
	} while (err && pfnmap_retry(&tries));

	return err;
}

/*
 * Between the old pages and the new ones nobody may reserve the range in a mode that
 * memremap_pages() warns of: ioremap_cache() keeps the mode that the old ones have.
 */
static int replace(unsigned int order)
{
	unsigned int old = cur_order;
	void __iomem *held;
	int err;

	held = pfnmap_fail_point() ? NULL :
	       ioremap_cache(dax_region->start, dax_region->bytes);
	if (!held)
		return -ENOMEM;

	unmake();
	err = make(order);
	if (err && restore(old)) {
		pr_err("dax: the pages are lost (error %d)\n", err);
		dax_region->error = err;
	}
	iounmap(held);

	return err;
}

static int make_anew(unsigned int order)
{
	int err = -EBUSY;

	/* While the caller waited for the mutex another one may have lost the pages. */
	if (dax_region->error)
		return -ENXIO;
	if (atomic_cmpxchg(&folio_files, 0, -1))
		return err;

	if (pfnmap_dax_idle(0, dax_region->bytes))
		err = replace(order);

	/* From now on pfnmap_dax_file() sees the pages that are there, or the error. */
	atomic_set_release(&folio_files, 0);
	return err;
}

/**
 * pfnmap_dax_set_order - make the folios anew if they have another size
 * @order: log2 of a folio's pages
 *
 * Return: 0; -EOPNOTSUPP if the region can't have folios of this size, -EBUSY if folios of
 * another size are in use, -ENXIO if all are lost, or the error of memremap_pages().
 */
int pfnmap_dax_set_order(unsigned int order)
{
	int err = 0;

	if (fixed_order)
		return order && order != cur_order ? -EOPNOTSUPP : 0;
	if (!fits(order))
		return -EOPNOTSUPP;

	mutex_lock(&page_map_lock);
	if (order != cur_order)
		err = make_anew(order);
	mutex_unlock(&page_map_lock);
	return err;
}

/**
 * pfnmap_dax_has_order - whether the folios have a size
 * @order: log2 of a folio's pages
 *
 * The answer holds until the caller drops pfnmap_dax_lock().
 *
 * Return: true if they have it.
 */
bool pfnmap_dax_has_order(unsigned int order)
{
	return cur_order == order;
}

/**
 * pfnmap_dax_mapped - whether a file of pfnmap_dax_file() is open
 *
 * Return: true if one is.
 */
bool pfnmap_dax_mapped(void)
{
	return atomic_read(&folio_files);
}

/**
 * pfnmap_dax_lock - keep struct pages of the regions from coming and going
 *
 * get_dev_pagemap() is not enough: it finds a page map before the struct pages are
 * there, and no longer finds it while they are still there. If memremap_pages() then
 * adds new ones, add_pages() warns.
 */
void pfnmap_dax_lock(void)
{
	mutex_lock(&page_map_lock);
}

/**
 * pfnmap_dax_unlock - undo pfnmap_dax_lock()
 */
void pfnmap_dax_unlock(void)
{
	mutex_unlock(&page_map_lock);
}

static int folio_file_close(struct inode *inode, struct file *file)
{
	struct pfnmap_file *pf = file->private_data;

	atomic_dec(&folio_files);
	fput(pf->file);
	return 0;
}

/* Without mmap(), remap_file_pages() can't map a VMA of this file once more. */
static const struct file_operations folio_fops = {
	.owner			= THIS_MODULE,
	.release		= folio_file_close,
	.get_unmapped_area	= pfnmap_get_unmapped_area,
};

/**
 * pfnmap_dax_file - a file for a VMA that maps folios, on the folios' inode
 * @pf: the open file of the mmap() call; it stays open as long as the new file
 * @order: log2 of the pages of a folio, as given to pfnmap_dax_set_order()
 *
 * Return: the file, which the caller puts by fput(), or an ERR_PTR(): -EBUSY if the
 * folios have another size by now, or the module makes them anew; -ENXIO if they are lost.
 */
struct file *pfnmap_dax_file(struct pfnmap_file *pf, unsigned int order)
{
	struct file *file;

	if (!atomic_inc_unless_negative(&folio_files))
		return ERR_PTR(-EBUSY);

	/* Look at the error again: from here on folio_files keeps the folios from going. */
	file = ERR_PTR(-ENXIO);
	if (dax_region->error)
		goto err;
	file = ERR_PTR(-EBUSY);
	if (!fixed_order && order != cur_order)
		goto err;

	file = pfnmap_folio_file(&folio_fops, pf);
	if (IS_ERR(file))
		goto err;

	get_file(pf->file);
	WRITE_ONCE(pf->folios, true);
	return file;

err:
	atomic_dec(&folio_files);
	return file;
}
