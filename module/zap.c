// SPDX-License-Identifier: GPL-2.0-only
/*
 * ZAP: empties page-table entries while the VMA stays, as VFIO does when a
 * device's memory is disabled.
 */
#include <linux/align.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/limits.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/sched.h>

#include "compat.h"
#include "pfnmap_test.h"

static int zap_in_vma(struct pfnmap_file *pf, const struct pfnmap_test_zap *req)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	int err = -EINVAL;
	u64 end;

	if (!req->bytes || req->flags)
		return -EINVAL;
	if (check_add_overflow(req->start, req->bytes, &end))
		return -EOVERFLOW;

	mmap_read_lock(mm);
	vma = vma_lookup(mm, req->start);
	if (!vma) {
		err = -EFAULT;
	} else if (end <= vma->vm_end && vma->vm_file &&
		   vma->vm_file->private_data == pf) {
		compat_zap_special_vma_range(vma, req->start, req->bytes);
		err = 0;
	}
	mmap_read_unlock(mm);

	return err;
}

/* Widens offsets to whole 1 GiB leaves of a region, which align by physical address. */
static void widen(const struct pfnmap_region *region, u64 *start, u64 *end)
{
	if (*start < region->bytes)
		*start -= min(*start, (region->start + *start) % PUD_SIZE);
	if (*end < region->bytes)
		*end = ALIGN(region->start + *end, PUD_SIZE) - region->start;
}

/* The caller's lock keeps 1 GiB leaves out of mappings of regions that are not in @puds. */
static void zap_mapping(struct address_space *mapping, u64 puds,
			const struct pfnmap_test_zap *req)
{
	u64 start = req->start;
	u64 end = start + req->bytes;
	u32 id;

	for (id = 1; pfnmap_region(id) && PFNMAP_PART_OF_PUD_WARNS; id++)
		if (puds & PFNMAP_TEST_BIT(id))
			widen(pfnmap_region(id), &start, &end);

	unmap_mapping_range(mapping, start, req->bytes ? end - start : 0,
			    req->flags & PFNMAP_TEST_ZAP_EVEN_COWS);
}

static void zap_folios(const struct pfnmap_test_zap *req)
{
	u64 puds = 0;

	pfnmap_dax_lock();
	if (pfnmap_dax_has_order(pfnmap_level_order(PFNMAP_TEST_LEVEL_PUD)))
		puds = PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_DAX);
	zap_mapping(pfnmap_folio_mapping(), puds, req);
	pfnmap_dax_unlock();
}

static int zap_in_mapping(struct pfnmap_file *pf, const struct pfnmap_test_zap *req)
{
	bool folios;
	u64 end;

	if (check_add_overflow(req->start, req->bytes, &end) || end > LLONG_MAX)
		return -EOVERFLOW;

	mutex_lock(&pf->lock);
	folios = pf->map.method->flags & PFNMAP_TEST_DESC_FOLIO;
	if (!folios)
		zap_mapping(pf->inode->i_mapping, pf->puds, req);
	mutex_unlock(&pf->lock);

	if (folios)
		zap_folios(req);
	return 0;
}

/**
 * pfnmap_zap - PFNMAP_TEST_ZAP
 * @pf: the open file
 * @arg: struct pfnmap_test_zap
 *
 * Return: 0; -EINVAL for an unknown value, an unaligned or empty range, or one
 * that is not in one VMA of @pf; -EOVERFLOW; -EFAULT where no VMA is.
 */
int pfnmap_zap(struct pfnmap_file *pf, void *arg)
{
	const struct pfnmap_test_zap *req = arg;

	if (req->reserved || req->flags & ~PFNMAP_TEST_ZAP_EVEN_COWS)
		return -EINVAL;
	if (!PAGE_ALIGNED(req->start) || !PAGE_ALIGNED(req->bytes))
		return -EINVAL;

	switch (req->how) {
	case PFNMAP_TEST_ZAP_VMA:
		return zap_in_vma(pf, req);
	case PFNMAP_TEST_ZAP_MAPPING:
		return zap_in_mapping(pf, req);
	}

	return -EINVAL;
}
