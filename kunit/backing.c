// SPDX-License-Identifier: GPL-2.0-only
/*
 * pfnmap_backing: memory that the driver must not take, and what it gives back when it can't
 * have the rest. The code is backing.c, compiled once more; what lies below it is made up
 * here, as no machine to test on encrypts its memory.
 */
#include <kunit/test.h>
#include <linux/cc_platform.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/security.h>
#include <linux/sizes.h>

#include "arch.h"

static bool encrypted;

static void *kt_memremap(resource_size_t start, size_t bytes, unsigned long flags)
{
	return NULL;
}

#define cc_platform_has(_attr)	((_attr) == CC_ATTR_MEM_ENCRYPT && encrypted)
#define memremap		kt_memremap
#define pfnmap_backing_get	kt_backing_get
#define pfnmap_backing_put	kt_backing_put
#define pfnmap_carve		kt_carve
#define pfnmap_uncarve		kt_uncarve
#define pfnmap_pci_get		kt_pci_get
#define pfnmap_pci_put		kt_pci_put

#include "../module/backing.c"

/* What hot-remove gives, and what it was asked for. */
static struct {
	int err;
	struct pfnmap_carved carved;
	u64 bytes;
	u64 most;
	unsigned int carves;
	unsigned int uncarves;
} below;

int kt_carve(u64 bytes, u64 most, struct pfnmap_carved *carved, const char **why)
{
	below.carves++;
	below.bytes = bytes;
	below.most = most;
	if (!below.err)
		*carved = below.carved;
	return below.err;
}

void kt_uncarve(const struct pfnmap_carved *carved)
{
	if (carved->bytes)
		below.uncarves++;
}

#ifdef CONFIG_PCI
struct pci_dev *kt_pci_get(const struct pfnmap_bar *bar, u64 *start, u64 *bytes,
			   bool *prefetch, const char **why)
{
	return ERR_PTR(-ENODEV);
}

void kt_pci_put(struct pci_dev *pdev, unsigned int bar)
{
}
#endif

static const struct pfnmap_spec automatic = { .source = PFNMAP_SOURCE_AUTO };
static const struct pfnmap_spec sized = { .source = PFNMAP_SOURCE_CARVE, .bytes = SZ_2M };

static int backing_init(struct kunit *test)
{
	memset(&below, 0, sizeof(below));
	encrypted = false;
	return 0;
}

/* Fails with @err, says @reason, and leaves nothing in the backing. */
static void refused(struct kunit *test, const struct pfnmap_spec *spec, int err,
		    const char *reason)
{
	struct pfnmap_backing backing = { };
	const char *why = NULL;

	KUNIT_EXPECT_EQ(test, kt_backing_get(&backing, spec, "kt", &why), err);
	if (reason)
		KUNIT_EXPECT_STREQ(test, why, reason);
	KUNIT_EXPECT_EQ(test, backing.bytes, 0);
	KUNIT_EXPECT_EQ(test, backing.carved.bytes, 0);
	KUNIT_EXPECT_NULL(test, backing.res);
}

static void takes_no_encrypted_memory(struct kunit *test)
{
	encrypted = true;
	refused(test, &automatic, -EOPNOTSUPP, "memory is encrypted here");
	refused(test, &sized, -EOPNOTSUPP, "memory is encrypted here");
	KUNIT_EXPECT_EQ(test, below.carves, 0);
}

static void takes_what_was_asked_for(struct kunit *test)
{
	u64 all = (u64)totalram_pages() << PAGE_SHIFT;

	below.err = -EBUSY;
	refused(test, &automatic, -EBUSY, NULL);
	KUNIT_EXPECT_EQ(test, below.bytes, 1);
	KUNIT_EXPECT_LE(test, below.most, all / 4);
	refused(test, &sized, -EBUSY, NULL);
	KUNIT_EXPECT_EQ(test, below.bytes, SZ_2M);
	KUNIT_EXPECT_EQ(test, below.carves, 2);
	KUNIT_EXPECT_EQ(test, below.uncarves, 0);
}

/* System RAM is busy, as would be a range that another driver is quick to claim. */
static void gives_back_what_it_cant_claim(struct kunit *test)
{
	struct page *page = alloc_page(GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, page);
	below.carved.start = page_to_phys(page);
	below.carved.bytes = PAGE_SIZE;
	refused(test, &automatic, -EBUSY, "the range is busy, see /proc/iomem");
	KUNIT_EXPECT_EQ(test, below.uncarves, 1);
	__free_page(page);
}

/* Hardly anybody has the last page of the physical address space. */
static void gives_back_what_it_cant_clear(struct kunit *test)
{
	below.carved.start = iomem_resource.end & PAGE_MASK;
	below.carved.bytes = PAGE_SIZE;
	refused(test, &automatic, -ENOMEM, "the memory can't be mapped to be cleared");
	KUNIT_EXPECT_EQ(test, below.uncarves, 1);

	/* The claim is gone, too. */
	refused(test, &automatic, -ENOMEM, "the memory can't be mapped to be cleared");
	KUNIT_EXPECT_EQ(test, below.uncarves, 2);
}

static void takes_no_range_of_system_ram(struct kunit *test)
{
	struct pfnmap_spec spec = { .source = PFNMAP_SOURCE_FIXED, .bytes = PAGE_SIZE };
	struct page *page = alloc_page(GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, page);
	spec.start = page_to_phys(page);
	refused(test, &spec, -EBUSY, "the range overlaps System RAM");
	__free_page(page);

	spec.start = pfnmap_phys_last() + 1;
	refused(test, &spec, -ERANGE, "the range passes the end of physical memory space");
}

static struct kunit_case backing_cases[] = {
	KUNIT_CASE(takes_no_encrypted_memory),
	KUNIT_CASE(takes_what_was_asked_for),
	KUNIT_CASE(gives_back_what_it_cant_claim),
	KUNIT_CASE(gives_back_what_it_cant_clear),
	KUNIT_CASE(takes_no_range_of_system_ram),
	{ }
};

static struct kunit_suite backing_suite = {
	.name = "pfnmap_backing",
	.init = backing_init,
	.test_cases = backing_cases,
};

kunit_test_suite(backing_suite);
