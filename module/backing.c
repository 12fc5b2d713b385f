// SPDX-License-Identifier: GPL-2.0-only
/*
 * Physical memory that the module owns while it is loaded, outside of System RAM:
 * carved out of System RAM, reserved at boot, or a PCI BAR.
 */
#include <linux/cc_platform.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "arch.h"
#include "pfnmap_test.h"

/* Users of the device must not read the data of the memory's former owners. */
static int clear(const struct pfnmap_backing *backing)
{
	void *addr;
	u64 done;

	addr = memremap(backing->start, backing->bytes, MEMREMAP_WB);
	if (!addr)
		return -ENOMEM;

	/* clear_page() may be a rep stosb, and an emulator takes a step for each byte of it. */
	for (done = 0; done < backing->bytes; done += PAGE_SIZE) {
		memset64(addr + done, 0, PAGE_SIZE / sizeof(u64));
		cond_resched();
	}

	memunmap(addr);
	return 0;
}

static int claim(struct pfnmap_backing *backing, u64 bytes, const char *name,
		 const char **why)
{
	backing->res = request_mem_region(backing->start, bytes, name);
	if (!backing->res) {
		*why = "the range is busy, see /proc/iomem";
		return -EBUSY;
	}

	return 0;
}

static int from_ram(struct pfnmap_backing *backing,
		    const struct pfnmap_spec *spec, const char *name,
		    const char **why)
{
	u64 most = (u64)si_mem_available() << PAGE_SHIFT;
	u64 bytes = spec->bytes;
	int err;

	/* RAM is encrypted, and io_remap_pfn_range() maps it decrypted. */
	if (cc_platform_has(CC_ATTR_MEM_ENCRYPT)) {
		*why = "memory is encrypted here";
		return -EOPNOTSUPP;
	}

	if (spec->source == PFNMAP_SOURCE_AUTO) {
		bytes = 1;
		most /= 4;
	}

	err = pfnmap_carve(bytes, most, &backing->carved, why);
	if (err)
		return err;

	backing->start = backing->carved.start;
	backing->bytes = spec->bytes ?: backing->carved.bytes;

	err = claim(backing, backing->carved.bytes, name, why);
	if (err)
		return err;

	*why = "the memory can't be mapped to be cleared";
	return clear(backing);
}

static int from_range(struct pfnmap_backing *backing,
		      const struct pfnmap_spec *spec, const char *name,
		      const char **why)
{
	if (spec->start + spec->bytes - 1 > pfnmap_phys_last()) {
		*why = "the range passes the end of physical memory space";
		return -ERANGE;
	}

	if (region_intersects(spec->start, spec->bytes, IORESOURCE_SYSTEM_RAM,
			      IORES_DESC_NONE) != REGION_DISJOINT) {
		*why = "the range overlaps System RAM";
		return -EBUSY;
	}

	backing->start = spec->start;
	backing->bytes = spec->bytes;
	return claim(backing, spec->bytes, name, why);
}

static int from_pci(struct pfnmap_backing *backing,
		    const struct pfnmap_spec *spec, const char **why)
{
	struct pci_dev *pdev;

	pdev = pfnmap_pci_get(&spec->bar, &backing->start, &backing->bytes,
			      &backing->prefetch, why);
	if (IS_ERR(pdev))
		return PTR_ERR(pdev);

	backing->pdev = pdev;
	backing->bar = spec->bar.bar;
	return 0;
}

/**
 * pfnmap_backing_get - get the memory that a module parameter asks for
 * @backing: filled in; for pfnmap_backing_put()
 * @spec: what the parameter asks for; not PFNMAP_SOURCE_OFF
 * @name: for /proc/iomem
 * @why: on error, the reason, for the log
 *
 * Return: 0 or a negative errno.
 */
int pfnmap_backing_get(struct pfnmap_backing *backing,
		       const struct pfnmap_spec *spec, const char *name,
		       const char **why)
{
	int err = -EINVAL;

	switch (spec->source) {
	case PFNMAP_SOURCE_OFF:
		break;
	case PFNMAP_SOURCE_AUTO:
	case PFNMAP_SOURCE_CARVE:
		err = from_ram(backing, spec, name, why);
		break;
	case PFNMAP_SOURCE_FIXED:
		err = from_range(backing, spec, name, why);
		break;
	case PFNMAP_SOURCE_PCI:
		err = from_pci(backing, spec, why);
		break;
	}
	if (err)
		pfnmap_backing_put(backing);

	return err;
}

/**
 * pfnmap_backing_put - give the memory back
 * @backing: what pfnmap_backing_get() filled in, or all zero
 */
void pfnmap_backing_put(struct pfnmap_backing *backing)
{
	if (backing->res)
		release_mem_region(backing->res->start,
				   resource_size(backing->res));
	pfnmap_uncarve(&backing->carved);
	if (backing->pdev)
		pfnmap_pci_put(backing->pdev, backing->bar);
	*backing = (struct pfnmap_backing){ };
}
