// SPDX-License-Identifier: GPL-2.0-only
/*
 * The gate that SET_ENABLED closes and opens, one for each open file and region. VFIO has
 * such a gate for a device whose memory is disabled. Only the method
 * patterns/vfio_pci_vmf_insert_pfn.c looks at the gate. pfnmap_power_set() is in that file,
 * since a driver needs it together with the pattern.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/rwsem.h>

#include "pfnmap_test.h"

/**
 * pfnmap_power_init - open the gates of all regions
 * @pf: a new open file, which has its inode
 */
void pfnmap_power_init(struct pfnmap_file *pf)
{
	struct pfnmap_power *power;

	for (power = pf->power; power < pf->power + PFNMAP_REGIONS; power++) {
		init_rwsem(&power->lock);
		power->mapping = pf->inode->i_mapping;
	}
}

/**
 * pfnmap_power_of - the gate for the memory that a VMA maps
 * @vma: the VMA, of a method that has no state and maps no folios
 *
 * Return: the gate, which SET_ENABLED of the VMA's open file closes and opens.
 */
struct pfnmap_power *pfnmap_power_of(const struct vm_area_struct *vma)
{
	const struct pfnmap_region *region = vma->vm_private_data;
	struct pfnmap_file *pf = vma->vm_file->private_data;

	return &pf->power[region->id];
}

/**
 * pfnmap_set_enabled - PFNMAP_TEST_SET_ENABLED
 * @pf: the open file
 * @arg: struct pfnmap_test_enabled
 *
 * Return: 0; -EINVAL for an unknown value, -ENXIO if the region is not there.
 */
int pfnmap_set_enabled(struct pfnmap_file *pf, void *arg)
{
	const struct pfnmap_test_enabled *req = arg;
	const struct pfnmap_region *region;

	if (req->enabled > 1 || req->reserved)
		return -EINVAL;

	region = pfnmap_region_present(req->region);
	if (IS_ERR(region))
		return PTR_ERR(region);

	pfnmap_power_set(&pf->power[region->id], req->enabled);
	return 0;
}
