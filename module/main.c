// SPDX-License-Identifier: GPL-2.0-only
/*
 * pfnmap_test: the kernel's special mappings, made visible and testable.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>

#include "pfnmap_test.h"

static char *param_mmio = "auto";
module_param_named(mmio, param_mmio, charp, 0444);
MODULE_PARM_DESC(mmio, "mmio region: auto (carved out of System RAM, default), SIZE (so much), SIZE@ADDR (reserved at boot by memmap=), pci:DDDD:BB:DD.F/BAR, off");

static char *param_dax = "auto";
module_param_named(dax, param_dax, charp, 0444);
MODULE_PARM_DESC(dax, "dax region, ZONE_DEVICE memory: auto, SIZE, SIZE@ADDR, off, as for mmio");

static char *param_dax_align = "auto";
module_param_named(dax_align, param_dax_align, charp, 0444);
MODULE_PARM_DESC(dax_align, "size of the dax region's folios: 4K, 2M, 1G, or auto (as the mappings need them, default)");

static int __init pfnmap_init(void)
{
	int err;

	err = pfnmap_regions_init(param_mmio, param_dax, param_dax_align);
	if (err)
		return err;

	if (pfnmap_resolve_init())
		pr_info("private symbols can't be looked up\n");
	pfnmap_memtype_init();
	pfnmap_leaf_init();
	pfnmap_inspect_init();

	err = pfnmap_inode_init();
	if (err)
		goto err_regions;

	err = pfnmap_chardev_init();
	if (err)
		goto err_inode;

	return 0;

err_inode:
	pfnmap_inode_exit();
err_regions:
	pfnmap_regions_exit();
	return err;
}

static void __exit pfnmap_exit(void)
{
	pfnmap_chardev_exit();
	/* While there is a page map memory_failure() follows its folios to the inode. */
	pfnmap_regions_exit();
	pfnmap_inode_exit();
}

module_init(pfnmap_init);
module_exit(pfnmap_exit);

MODULE_DESCRIPTION("Special mappings (PFNMAP and their relatives) made testable");
MODULE_LICENSE("GPL");
MODULE_INFO(test, "Y");
