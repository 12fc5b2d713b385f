// SPDX-License-Identifier: GPL-2.0-only
/*
 * The regions: the memory that can be mapped. Module parameters say where mmio and dax get
 * their memory; ram has pages of the buddy allocator.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/wait_bit.h>

#include "arch.h"
#include "pfnmap_test.h"

/* The size of a PMD leaf; the region is smaller if the buddy allocator has no such block. */
#define RAM_ORDER	get_order(SZ_2M)

static struct pfnmap_region regions[] = {
	[PFNMAP_TEST_REGION_MMIO] = {
		.name = "mmio",
		.io = true,
		.cache_mode = PFNMAP_CACHE_NONCACHED,
		.error = -ENXIO,
	},
	[PFNMAP_TEST_REGION_RAM] = {
		.name = "ram",
		.cache_mode = PFNMAP_TEST_CACHE_WB,
		.error = -ENXIO,
	},
	[PFNMAP_TEST_REGION_DAX] = {
		.name = "dax",
		.cache_mode = PFNMAP_TEST_CACHE_WB,
		.error = -ENXIO,
	},
};

static struct pfnmap_region *const mmio_region = &regions[PFNMAP_TEST_REGION_MMIO];
static struct pfnmap_region *const ram_region = &regions[PFNMAP_TEST_REGION_RAM];

/**
 * struct param_region - a region whose memory a module parameter names
 * @region: the region; the parameter has its name
 * @claim: name of the memory in /proc/iomem
 * @fit: adapts what the user asked for to the region, or refuses it; NULL if the region
 *	takes all
 * @start: sets the region up on its memory; NULL if there is nothing to set up
 * @backing: the memory
 */
struct param_region {
	struct pfnmap_region *region;
	const char *claim;
	int (*fit)(struct pfnmap_spec *spec, const char **why);
	int (*start)(struct pfnmap_region *region, const char **why);
	struct pfnmap_backing backing;
};

static struct param_region mmio_param = {
	.region = &regions[PFNMAP_TEST_REGION_MMIO],
	.claim = KBUILD_MODNAME " mmio",
};

/* What dax_align= asks for, in bytes; 0 for auto. */
static u64 dax_align;

/* The number of open files that may have the mmio region mapped. */
static atomic_t mmio_users = ATOMIC_INIT(0);

/* How long to wait at a time: the kernel takes a longer wait for a hung task. */
#define GONE_WAIT	(10 * HZ)

/**
 * pfnmap_region - a region, whether it can be mapped or not
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
 * pfnmap_mmio_get - keep the mmio region's memory, for an open file
 *
 * Return: true; false if there is no such memory, or not any more. Then the file can
 * neither map nor reserve the region.
 */
bool pfnmap_mmio_get(void)
{
	atomic_inc(&mmio_users);
	/* Either mmio_gone() sees this user, or this user sees the error. */
	smp_mb__after_atomic();
	if (!READ_ONCE(mmio_region->error))
		return true;

	pfnmap_mmio_put();
	return false;
}

/**
 * pfnmap_mmio_put - undo pfnmap_mmio_get(); the file has nothing mapped or reserved
 */
void pfnmap_mmio_put(void)
{
	if (atomic_dec_and_test(&mmio_users))
		wake_up_var(&mmio_users);
}

/*
 * The PCI device is being removed, and its addresses may become another device's. A zap is
 * not enough: a fault would bring the entries back. So wait until nobody has the region
 * open or mapped, as VFIO does.
 */
static void mmio_gone(void)
{
	WRITE_ONCE(mmio_region->error, -ENODEV);
	smp_mb(); /* see pfnmap_mmio_get() */
	if (atomic_read(&mmio_users))
		pr_warn("mmio: its PCI device is being removed: %s (pid %d) waits until nobody has the region open or mapped\n",
			current->comm, task_pid_nr(current));
	while (!wait_var_event_timeout(&mmio_users, !atomic_read(&mmio_users),
				       GONE_WAIT))
		;

	pfnmap_backing_put(&mmio_param.backing);
	mmio_region->start = 0;
	mmio_region->bytes = 0;
	mmio_region->flags = 0;
	pr_info("mmio: its PCI device is gone\n");
}

/**
 * pfnmap_region_locked_down - whether lockdown keeps user space from a region
 * @region: the region
 *
 * A range that the user named may belong to any device, and a BAR does belong to one.
 * Lockdown refuses both in /dev/mem and sysfs, so the module refuses them, too.
 *
 * Return: 0 or -EPERM.
 */
int pfnmap_region_locked_down(const struct pfnmap_region *region)
{
	return region->lockdown ? security_locked_down(region->lockdown) : 0;
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

static const char *origin(const struct pfnmap_backing *backing)
{
	if (backing->pdev)
		return ", a PCI BAR";

	return backing->carved.bytes ? ", carved out of System RAM" : "";
}

static int dax_fit(struct pfnmap_spec *spec, const char **why)
{
	/* One folio of the size that the user asked for, or the least that has pages. */
	if (spec->source == PFNMAP_SOURCE_AUTO && dax_align) {
		spec->source = PFNMAP_SOURCE_CARVE;
		spec->bytes = max_t(u64, dax_align, SZ_2M);
	}

	*why = "only mmio= takes a BAR";
	if (spec->source == PFNMAP_SOURCE_PCI)
		return -EINVAL;

	*why = "the kernel has no CONFIG_ZONE_DEVICE";
	return IS_ENABLED(CONFIG_ZONE_DEVICE) ? 0 : -EOPNOTSUPP;
}

static int dax_start(struct pfnmap_region *region, const char **why)
{
	return pfnmap_dax_init(region, dax_align, why);
}

static struct param_region dax_param = {
	.region = &regions[PFNMAP_TEST_REGION_DAX],
	.claim = KBUILD_MODNAME " dax",
	.fit = dax_fit,
	.start = dax_start,
};

static int region_fill(struct param_region *param, const char **why)
{
	const struct pfnmap_backing *backing = &param->backing;
	struct pfnmap_region *region = param->region;

	region->start = backing->start;
	region->bytes = backing->bytes;
	if (backing->carved.bytes)
		region->flags |= PFNMAP_TEST_DESC_CARVED;
	if (backing->pdev)
		region->flags |= PFNMAP_TEST_DESC_PCI;

	return param->start ? param->start(region, why) : 0;
}

static int region_take(struct param_region *param, struct pfnmap_spec *spec,
		       const char **why)
{
	struct pfnmap_region *region = param->region;
	int err = param->fit ? param->fit(spec, why) : 0;

	if (err)
		return err;

	if (spec->source == PFNMAP_SOURCE_FIXED)
		region->lockdown = LOCKDOWN_DEV_MEM;
	if (spec->source == PFNMAP_SOURCE_PCI)
		region->lockdown = LOCKDOWN_PCI_ACCESS;
	*why = "the kernel is locked down, and this may be a device's";
	err = pfnmap_region_locked_down(region);
	if (err)
		return err;

	err = pfnmap_backing_get(&param->backing, spec, param->claim, why);
	if (err)
		return err;

	err = region_fill(param, why);
	if (!err)
		return 0;

	pfnmap_backing_put(&param->backing);
	region->start = 0;
	region->bytes = 0;
	region->flags = 0;
	return err;
}

/*
 * Get a region's memory. If that fails for a region that the user did not ask for,
 * return 0, and leave the reason in region->error.
 */
static int region_get(struct param_region *param, const char *value)
{
	struct pfnmap_region *region = param->region;
	struct pfnmap_spec spec;
	const char *why;
	int err;

	err = pfnmap_parse_spec(value, &spec, &why);
	if (!err && spec.source == PFNMAP_SOURCE_OFF)
		return 0;
	if (!err)
		err = region_take(param, &spec, &why);
	region->error = err;
	if (err) {
		pr_err("%s=%s: %s (error %d)\n", region->name, value, why, err);
		return spec.source == PFNMAP_SOURCE_AUTO ? 0 : err;
	}

	pr_info("%s: [mem %#llx-%#llx]%s\n", region->name, (u64)region->start,
		region->start + region->bytes - 1, origin(&param->backing));
	return 0;
}

static void ram_exit(void)
{
	unsigned long i, kept = 0;

	if (ram_region->error)
		return;

	pfnmap_reserve_exit();
	/* Free write-back pages only: the next owner would not know of another mode. */
	for (i = 0; i < PHYS_PFN(ram_region->bytes); i++) {
		if (pfnmap_cachemode_get_kernel(page_address(ram_region->pages[i])) ==
		    PFNMAP_TEST_CACHE_WB)
			__free_page(ram_region->pages[i]);
		else
			kept++;
	}
	if (kept)
		pr_warn("ram: %lu pages are not write-back, and are lost until the next boot\n",
			kept);
	kvfree(ram_region->pages);
}

static int ram_alloc(void)
{
	struct page *pages = NULL;
	unsigned long i;
	int order;

	for (order = RAM_ORDER; order >= 0; order--) {
		pages = alloc_pages(GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN,
				    order);
		if (pages)
			break;
	}
	if (!pages)
		return -ENOMEM;

	ram_region->pages = kvmalloc_array(1UL << order, sizeof(*ram_region->pages),
					   GFP_KERNEL);
	if (!ram_region->pages) {
		__free_pages(pages, order);
		return -ENOMEM;
	}

	/* Mappings take a reference on each page, so free each page on its own. */
	split_page(pages, order);
	for (i = 0; i < 1UL << order; i++)
		ram_region->pages[i] = pages + i;
	ram_region->start = page_to_phys(pages);
	ram_region->bytes = PAGE_SIZE << order;
	return 0;
}

/**
 * pfnmap_regions_init - get the regions' memory
 * @mmio: the module parameter of this name
 * @dax: the module parameter of this name
 * @align: the module parameter dax_align
 *
 * Return: 0, even if the module can't get a region that the user did not ask for; a
 * negative errno if dax_align is wrong, or for a region that the user asked for.
 */
int pfnmap_regions_init(const char *mmio, const char *dax, const char *align)
{
	u32 id;
	int err;

	err = pfnmap_parse_align(align, &dax_align);
	if (err) {
		pr_err("dax_align=%s: not auto, 4K, 2M or 1G (error %d)\n", align, err);
		return err;
	}

	for (id = 1; id < ARRAY_SIZE(regions); id++)
		regions[id].id = id;

	err = region_get(&mmio_param, mmio);
	if (err)
		return err;
	if (mmio_param.backing.prefetch)
		mmio_region->cache_mode = PFNMAP_TEST_CACHE_WC;
	if (mmio_param.backing.pdev) {
		err = pfnmap_pci_watch(mmio_param.backing.pdev, mmio_gone);
		if (err) {
			pr_err("mmio=%s: the PCI device was taken from the module meanwhile (error %d)\n",
			       mmio, err);
			goto err_unwatch;
		}
	}

	err = region_get(&dax_param, dax);
	if (err)
		goto err_unwatch;

	ram_region->error = ram_alloc();
	if (ram_region->error)
		pr_err("ram: no memory\n");
	return 0;

err_unwatch:
	pfnmap_pci_unwatch();
	pfnmap_backing_put(&mmio_param.backing);
	return err;
}

static void dax_exit(void)
{
	struct pfnmap_backing *backing = &dax_param.backing;

	/* Without memory there was no pfnmap_dax_init(), and after its failure there is none. */
	if (backing->bytes && pfnmap_dax_exit() && backing->carved.bytes) {
		pr_warn("dax: a page has failed, so the memory is not given back, and is lost until the next boot\n");
		backing->carved.bytes = 0;
	}
	pfnmap_backing_put(backing);
}

/**
 * pfnmap_regions_exit - give the memory back; nothing is mapped any more
 */
void pfnmap_regions_exit(void)
{
	pfnmap_pci_unwatch();
	ram_exit();
	dax_exit();
	pfnmap_backing_put(&mmio_param.backing);
}
