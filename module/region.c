// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory that the module maps, and where it comes from.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "pfnmap_test.h"

/* One PMD's worth; smaller where the buddy allocator has no such block. */
#define RAM_ORDER	get_order(SZ_2M)

static struct pfnmap_region regions[] = {
	[PFNMAP_TEST_REGION_MMIO] = {
		.name = "mmio",
		.cache_mode = PFNMAP_TEST_CACHE_UC_MINUS,
		.error = -ENXIO,
	},
	[PFNMAP_TEST_REGION_RAM] = {
		.name = "ram",
		.cache_mode = PFNMAP_TEST_CACHE_WB,
		.error = -ENXIO,
	},
};

static struct pfnmap_region *const mmio = &regions[PFNMAP_TEST_REGION_MMIO];
static struct pfnmap_region *const ram = &regions[PFNMAP_TEST_REGION_RAM];

static struct pfnmap_carved mmio_carved;
static struct resource *mmio_res;
static struct page *ram_pages;

/**
 * pfnmap_region - a region, there or not
 * @id: enum pfnmap_test_region_id, or anything
 *
 * Return: the region, or NULL if there is no such id.
 */
const struct pfnmap_region *pfnmap_region(u32 id)
{
	if (!id || id >= ARRAY_SIZE(regions))
		return NULL;

	return &regions[id];
}

/**
 * pfnmap_region_present - a region that can be mapped
 * @id: enum pfnmap_test_region_id, or anything
 *
 * Return: the region, or ERR_PTR(): -EINVAL for no such id, -ENXIO if it is
 * not there.
 */
const struct pfnmap_region *pfnmap_region_present(u32 id)
{
	const struct pfnmap_region *region = pfnmap_region(id);

	if (!region)
		return ERR_PTR(-EINVAL);

	return region->error ? ERR_PTR(-ENXIO) : region;
}

/**
 * pfnmap_region_span - check that a range lies in a region
 * @region: the region
 * @offset: where the range begins, in bytes from the region's start
 * @bytes: size of the range
 *
 * Return: 0; -EINVAL for an empty or unaligned range, -EOVERFLOW past the end.
 */
int pfnmap_region_span(const struct pfnmap_region *region, u64 offset,
		       u64 bytes)
{
	if (!bytes || !PAGE_ALIGNED(offset) || !PAGE_ALIGNED(bytes))
		return -EINVAL;

	if (offset > region->bytes || bytes > region->bytes - offset)
		return -EOVERFLOW;

	return 0;
}

/* Former owners' data must not reach whoever may open the device. */
static int clear_mmio(void)
{
	void *addr;
	u64 done;

	addr = memremap(mmio->start, mmio->bytes, MEMREMAP_WB);
	if (!addr)
		return -ENOMEM;

	/* By words and not by clear_page()'s bytes: emulators go step by step. */
	for (done = 0; done < mmio->bytes; done += PAGE_SIZE) {
		memset64(addr + done, 0, PAGE_SIZE / sizeof(u64));
		cond_resched();
	}

	memunmap(addr);
	return 0;
}

static int claim_mmio(u64 start, u64 bytes, const char **why)
{
	mmio_res = request_mem_region(start, bytes, KBUILD_MODNAME " mmio");
	if (!mmio_res) {
		*why = "the range is busy, see /proc/iomem";
		return -EBUSY;
	}

	return 0;
}

static int mmio_from_ram(const struct pfnmap_spec *spec, const char **why)
{
	u64 most = (u64)si_mem_available() << PAGE_SHIFT;
	u64 bytes = spec->bytes;
	int err;

	if (spec->source == PFNMAP_SOURCE_AUTO) {
		bytes = 1;
		most /= 4;
	}

	err = pfnmap_carve(bytes, most, &mmio_carved, why);
	if (err)
		return err;

	mmio->start = mmio_carved.start;
	mmio->bytes = spec->bytes ?: mmio_carved.bytes;
	mmio->flags = PFNMAP_TEST_DESC_CARVED;

	err = claim_mmio(mmio_carved.start, mmio_carved.bytes, why);
	if (err)
		return err;

	*why = "it can't be mapped to clear it";
	return clear_mmio();
}

static int mmio_from_range(const struct pfnmap_spec *spec, const char **why)
{
	if (spec->start + spec->bytes - 1 > iomem_resource.end) {
		*why = "the range passes the end of physical memory space";
		return -ERANGE;
	}

	if (region_intersects(spec->start, spec->bytes, IORESOURCE_SYSTEM_RAM,
			      IORES_DESC_NONE) != REGION_DISJOINT) {
		*why = "the range overlaps System RAM";
		return -EBUSY;
	}

	mmio->start = spec->start;
	mmio->bytes = spec->bytes;
	return claim_mmio(spec->start, spec->bytes, why);
}

static void mmio_exit(void)
{
	if (mmio_res)
		release_mem_region(mmio_res->start, resource_size(mmio_res));
	mmio_res = NULL;
	pfnmap_uncarve(&mmio_carved);
	mmio_carved.bytes = 0;
}

static int mmio_init(void)
{
	struct pfnmap_spec spec;
	const char *why;
	int err;

	err = pfnmap_parse_spec(pfnmap_param_mmio, &spec, &why);
	if (err)
		goto err_log;

	switch (spec.source) {
	case PFNMAP_SOURCE_OFF:
		return 0;
	case PFNMAP_SOURCE_AUTO:
	case PFNMAP_SOURCE_CARVE:
		err = mmio_from_ram(&spec, &why);
		break;
	case PFNMAP_SOURCE_FIXED:
		err = mmio_from_range(&spec, &why);
		break;
	}
	if (err)
		goto err_exit;

	mmio->error = 0;
	pr_info("mmio: [mem %#llx-%#llx]%s\n", (u64)mmio->start,
		mmio->start + mmio->bytes - 1,
		mmio->flags & PFNMAP_TEST_DESC_CARVED ? ", carved out of System RAM" : "");
	return 0;

err_exit:
	mmio_exit();
	mmio->error = err;
err_log:
	pr_err("mmio=%s: %s (error %d)\n", pfnmap_param_mmio, why, err);

	/* What nobody asked for may be missing. */
	return spec.source == PFNMAP_SOURCE_AUTO ? 0 : err;
}

static void ram_exit(void)
{
	unsigned long i;

	if (ram->error)
		return;

	for (i = 0; i < PHYS_PFN(ram->bytes); i++)
		__free_page(ram_pages + i);
}

static void ram_init(void)
{
	int order;

	for (order = RAM_ORDER; order >= 0; order--) {
		ram_pages = alloc_pages(GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN,
					order);
		if (ram_pages)
			break;
	}
	if (!ram_pages) {
		pr_err("ram: no memory\n");
		ram->error = -ENOMEM;
		return;
	}

	/* Each page is to be referenced and freed on its own. */
	split_page(ram_pages, order);
	ram->start = page_to_phys(ram_pages);
	ram->bytes = PAGE_SIZE << order;
	ram->error = 0;
}

/**
 * pfnmap_regions_init - get the regions' memory
 *
 * Return: 0, also where a region that was not asked for can't be had, or the
 * negative errno of the one that was.
 */
int pfnmap_regions_init(void)
{
	int err;

	err = mmio_init();
	if (err)
		return err;

	ram_init();
	return 0;
}

/**
 * pfnmap_regions_exit - give it back; nothing is mapped any more
 */
void pfnmap_regions_exit(void)
{
	ram_exit();
	mmio_exit();
}
