// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page-table levels: the name of each, the size of its leaves, and an address for a mapping
 * at which leaves of the level fit.
 */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/mutex.h>
#include <linux/pfn.h>
#include <linux/pgtable.h>

#include "compat.h"
#include "pfnmap_test.h"

static const struct {
	const char *name;
	unsigned int order;
} levels[PFNMAP_LEVELS] = {
	[PFNMAP_TEST_LEVEL_PTE] = { "pte", 0 },
	[PFNMAP_TEST_LEVEL_PMD] = { "pmd", PMD_SHIFT - PAGE_SHIFT },
	[PFNMAP_TEST_LEVEL_PUD] = { "pud", PUD_SHIFT - PAGE_SHIFT },
};

/**
 * pfnmap_level_name - name of a level
 * @level: enum pfnmap_test_level, or anything
 *
 * Return: the name, or NULL if there is no such level.
 */
const char *pfnmap_level_name(u32 level)
{
	return level < PFNMAP_LEVELS ? levels[level].name : NULL;
}

/**
 * pfnmap_level_order - size of a leaf
 * @level: enum pfnmap_test_level
 *
 * Return: log2 of its pages.
 */
unsigned int pfnmap_level_order(u32 level)
{
	return levels[level].order;
}

/**
 * pfnmap_get_unmapped_area - file operation: an address at which leaves are as large
 * as SET_MAP allows, or as fits into @len
 * @file: the open file, or one of pfnmap_dax_file()
 * @addr: hint, taken as it is
 * @len: in bytes
 * @pgoff: page offset in the region
 * @flags: MAP_*
 *
 * Return: the address or a negative errno.
 */
unsigned long pfnmap_get_unmapped_area(struct file *file, unsigned long addr,
				       unsigned long len, unsigned long pgoff,
				       unsigned long flags)
{
	struct pfnmap_file *pf = file->private_data;
	unsigned long bytes, phys, found;
	u32 level;

	mutex_lock(&pf->lock);
	level = pf->map.level;
	phys = pf->map.region->start + PFN_PHYS(pgoff);
	mutex_unlock(&pf->lock);

	do {
		bytes = PAGE_SIZE << pfnmap_level_order(level);
	} while (len < bytes && level-- > PFNMAP_TEST_LEVEL_PTE);

	if (addr || flags & MAP_FIXED || len + bytes < len)
		return compat_mm_get_unmapped_area(file, addr, len, pgoff, flags);

	found = compat_mm_get_unmapped_area(file, 0, len + bytes - PAGE_SIZE, pgoff,
					    flags);
	if (IS_ERR_VALUE(found))
		return compat_mm_get_unmapped_area(file, 0, len, pgoff, flags);

	/* Leaves fit where the address is as far into a leaf as the memory is. */
	return found + ((phys - found) & (bytes - 1));
}
