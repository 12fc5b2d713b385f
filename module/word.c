// SPDX-License-Identifier: GPL-2.0-only
/*
 * WORD: the kernel reads or writes a word of a region's memory through a mapping of its own.
 */
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/pfn.h>

#include "pfnmap_test.h"

static void access_word(void *at, struct pfnmap_test_word *req)
{
	if (req->flags & PFNMAP_TEST_WORD_WRITE)
		WRITE_ONCE(*(u64 *)at, req->value);
	else
		req->value = READ_ONCE(*(u64 *)at);
}

#ifdef CONFIG_PCI
static int access_device(phys_addr_t phys, struct pfnmap_test_word *req)
{
	void __iomem *at;

	at = pfnmap_fail_point() ? NULL : ioremap(phys, sizeof(u64));
	if (!at)
		return -ENOMEM;

	if (req->flags & PFNMAP_TEST_WORD_WRITE)
		writeq(req->value, at);
	else
		req->value = readq(at);
	iounmap(at);
	return 0;
}
#else
/* There is no BAR. */
static int access_device(phys_addr_t phys, struct pfnmap_test_word *req)
{
	return -EOPNOTSUPP;
}
#endif

/* x86 grants write-back for a range that is held in any mode, and maps it in that mode. */
static int access_mmio(phys_addr_t phys, struct pfnmap_test_word *req)
{
	u64 page = phys & PAGE_MASK;
	void *at;

	at = pfnmap_fail_point() ? NULL :
	     memremap(phys, sizeof(u64), MEMREMAP_WB);
	/* memremap() does not say why it failed. */
	if (!at)
		return pfnmap_memtype_busy(page, page + PAGE_SIZE) ? -EBUSY : -ENOMEM;

	access_word(at, req);
	memunmap(at);
	return 0;
}

/**
 * pfnmap_word - PFNMAP_TEST_WORD
 * @pf: the open file
 * @arg: struct pfnmap_test_word
 *
 * Return: 0; -EINVAL or -ENXIO for the region, -EINVAL for an unknown flag or an
 * unaligned offset, -EOVERFLOW past the end, -EPERM under lockdown, -EBUSY where
 * others hold the page in more than one mode, -EHWPOISON for a page whose memory has
 * failed, -ENOMEM.
 */
int pfnmap_word(struct pfnmap_file *pf, void *arg)
{
	struct pfnmap_test_word *req = arg;
	const struct pfnmap_region *region;
	phys_addr_t phys;
	int err;

	region = pfnmap_region_present(req->region);
	if (IS_ERR(region))
		return PTR_ERR(region);
	if (req->reserved || req->flags & ~PFNMAP_TEST_WORD_WRITE ||
	    !IS_ALIGNED(req->offset, sizeof(u64)))
		return -EINVAL;
	if (req->offset >= region->bytes)
		return -EOVERFLOW;

	err = pfnmap_region_locked_down(region);
	if (err)
		return err;

	phys = region->start + req->offset;
	/* Where no mode is held, write-back access to a device may be a bus error. */
	if (!IS_ENABLED(CONFIG_X86) && region->flags & PFNMAP_TEST_DESC_PCI)
		return access_device(phys, req);
	if (req->region == PFNMAP_TEST_REGION_MMIO)
		return access_mmio(phys, req);

	/* With an error the dax region's pages are gone, and the direct map of them. */
	pfnmap_dax_lock();
	if (region->error)
		err = -ENXIO;
	else if (pfnmap_poisoned(pfn_to_page(PHYS_PFN(phys))))
		err = -EHWPOISON;
	else
		access_word(__va(phys), req);
	pfnmap_dax_unlock();
	return err;
}
