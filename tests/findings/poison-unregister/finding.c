// SPDX-License-Identifier: GPL-2.0-only
/*
 * A driver that could not register its range, since another driver has it, and unregisters
 * all the same. If the range can then be registered again, the other driver's is gone.
 */
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pfn.h>

static ulong start;
module_param(start, ulong, 0);
MODULE_PARM_DESC(start, "physical memory that nobody uses");

#if IS_ENABLED(CONFIG_MEMORY_FAILURE) && __has_include("linux/memory-failure.h")
#include <linux/memory-failure.h>

static int finding_pgoff(struct vm_area_struct *vma, unsigned long pfn, pgoff_t *pgoff)
{
	return -EFAULT;
}

static struct address_space mapping;

static void space_init(struct pfn_address_space *space)
{
	space->node.start = PHYS_PFN(start);
	space->node.last = PHYS_PFN(start) + 15;
	space->mapping = &mapping;
	space->pfn_to_vma_pgoff = finding_pgoff;
}

static int __init finding_init(void)
{
	static struct pfn_address_space other, ours, again;
	int err;

	space_init(&other);
	space_init(&ours);
	space_init(&again);
	err = register_pfn_address_space(&other);
	if (err)
		return err;

	if (register_pfn_address_space(&ours) == -EBUSY)
		unregister_pfn_address_space(&ours);

	if (!register_pfn_address_space(&again)) {
		pr_warn("finding: the other driver's range is not registered any more\n");
		unregister_pfn_address_space(&again);
	}
	unregister_pfn_address_space(&other);
	return 0;
}
#else
static int __init finding_init(void)
{
	return -EOPNOTSUPP;
}
#endif

module_init(finding_init);
MODULE_DESCRIPTION("unregisters a range for memory failure that it has not registered");
MODULE_LICENSE("GPL");
