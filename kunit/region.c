// SPDX-License-Identifier: GPL-2.0-only
/*
 * pfnmap_region: what is left of a region that the driver could not get as a whole. The code
 * is region.c, compiled once more; the memory that lies below it is made up here.
 */
#include <kunit/test.h>
#include <linux/ioport.h>
#include <linux/security.h>
#include <linux/sizes.h>
#include <linux/string.h>

#define pfnmap_region(_id)		kt_region(_id)
#define pfnmap_region_present		kt_region_present
#define pfnmap_region_locked_down	kt_region_locked_down
#define pfnmap_region_span		kt_region_span
#define pfnmap_regions_init		kt_regions_init
#define pfnmap_regions_exit		kt_regions_exit
#define pfnmap_mmio_get			kt_mmio_get
#define pfnmap_mmio_put			kt_mmio_put
#define pfnmap_backing_get		kt_backing_take
#define pfnmap_backing_put		kt_backing_give
#define pfnmap_dax_init			kt_dax_init
#define pfnmap_dax_exit			kt_dax_exit
#define pfnmap_pci_get			kt_pci_take
#define pfnmap_pci_put			kt_pci_give
#define pfnmap_pci_watch		kt_pci_watch
#define pfnmap_pci_unwatch		kt_pci_unwatch
#define pfnmap_reserve_exit		kt_reserve_exit

#undef pr_fmt /* region.c has its own */
#include "../module/region.c"

static struct pfnmap_region pristine[ARRAY_SIZE(regions)];
static struct pci_dev *const device = (struct pci_dev *)regions;

/* What lies below fails with, and how often it was called. */
static struct {
	int dax_err;
	int watch_err;
	unsigned int taken;
	unsigned int given;
	unsigned int dax_exits;
} below;

int kt_backing_take(struct pfnmap_backing *backing, const struct pfnmap_spec *spec,
		    const char *name, const char **why)
{
	backing->start = SZ_4G;
	backing->bytes = SZ_2M;
	if (spec->source == PFNMAP_SOURCE_PCI)
		backing->pdev = device;
	else
		backing->carved.bytes = SZ_2M;
	below.taken++;
	return 0;
}

void kt_backing_give(struct pfnmap_backing *backing)
{
	if (backing->bytes)
		below.given++;
	*backing = (struct pfnmap_backing){ };
}

int kt_dax_init(struct pfnmap_region *region, u64 align, const char **why)
{
	*why = "made up";
	return below.dax_err;
}

bool kt_dax_exit(void)
{
	below.dax_exits++;
	return false;
}

int kt_pci_watch(struct pci_dev *pdev, void (*gone)(void))
{
	return below.watch_err;
}

void kt_pci_unwatch(void)
{
}

void kt_reserve_exit(void)
{
}

static int region_suite_init(struct kunit_suite *suite)
{
	memcpy(pristine, regions, sizeof(regions));
	return 0;
}

static int region_init(struct kunit *test)
{
	memcpy(regions, pristine, sizeof(regions));
	memset(&below, 0, sizeof(below));
	return 0;
}

/* DESCRIBE tells these fields, whether the region is there or not. */
static void expect_nothing(struct kunit *test, u32 id, int err)
{
	const struct pfnmap_region *region = kt_region(id);

	KUNIT_EXPECT_EQ(test, region->error, err);
	KUNIT_EXPECT_EQ(test, region->start, 0);
	KUNIT_EXPECT_EQ(test, region->bytes, 0);
	KUNIT_EXPECT_EQ(test, region->flags, 0);
	KUNIT_EXPECT_TRUE(test, IS_ERR(kt_region_present(id)));
}

static void auto_is_whole(struct kunit *test)
{
	const struct pfnmap_region *region = kt_region(PFNMAP_TEST_REGION_DAX);

	KUNIT_ASSERT_EQ(test, kt_regions_init("off", "auto", "auto"), 0);
	KUNIT_EXPECT_EQ(test, region->error, 0);
	KUNIT_EXPECT_EQ(test, region->start, SZ_4G);
	KUNIT_EXPECT_EQ(test, region->bytes, SZ_2M);
	KUNIT_EXPECT_EQ(test, region->flags, PFNMAP_TEST_DESC_CARVED);
	kt_regions_exit();
	KUNIT_EXPECT_EQ(test, below.dax_exits, 1);
	KUNIT_EXPECT_EQ(test, below.given, 1);
}

/* The memory was there, and memremap_pages() fails: the load goes on without the region. */
static void auto_that_fails_late_leaves_nothing(struct kunit *test)
{
	below.dax_err = -ENOMEM;
	KUNIT_ASSERT_EQ(test, kt_regions_init("off", "auto", "auto"), 0);
	expect_nothing(test, PFNMAP_TEST_REGION_DAX, -ENOMEM);
	KUNIT_EXPECT_EQ(test, below.taken, 1);
	KUNIT_EXPECT_EQ(test, below.given, 1);
	kt_regions_exit();
	KUNIT_EXPECT_EQ(test, below.dax_exits, 0);
	KUNIT_EXPECT_EQ(test, below.given, 1);
}

/* A size that the user asked for: the load fails, and mmio's memory goes back, too. */
static void size_that_fails_late_fails_the_load(struct kunit *test)
{
	below.dax_err = -ENOMEM;
	KUNIT_EXPECT_EQ(test, kt_regions_init("auto", "2M", "auto"), -ENOMEM);
	expect_nothing(test, PFNMAP_TEST_REGION_DAX, -ENOMEM);
	KUNIT_EXPECT_EQ(test, below.taken, 2);
	KUNIT_EXPECT_EQ(test, below.given, 2);
}

/* Another took the device from the driver before the driver could wait for that. */
static void device_that_is_taken_away_fails_the_load(struct kunit *test)
{
	below.watch_err = -ENODEV;
	KUNIT_EXPECT_EQ(test, kt_regions_init("pci:0000:00:10.0/2", "auto", "auto"), -ENODEV);
	KUNIT_EXPECT_EQ(test, below.taken, 1);
	KUNIT_EXPECT_EQ(test, below.given, 1);
}

static struct kunit_case region_cases[] = {
	KUNIT_CASE(auto_is_whole),
	KUNIT_CASE(auto_that_fails_late_leaves_nothing),
	KUNIT_CASE(size_that_fails_late_fails_the_load),
	KUNIT_CASE(device_that_is_taken_away_fails_the_load),
	{ }
};

static struct kunit_suite region_suite = {
	.name = "pfnmap_region",
	.suite_init = region_suite_init,
	.init = region_init,
	.test_cases = region_cases,
};

kunit_test_suite(region_suite);
