// SPDX-License-Identifier: GPL-2.0-only
/*
 * zone_device_last: what the kernel does at the last put of a ZONE_DEVICE page, which
 * depends on the page map's type. No munmap() or unpin of such a page is the last put: the
 * driver has the last reference. Other cases show in which mode the kernel has the memory of
 * each type, and what it leaves of a page map that it refuses half-way. Our module never asks
 * for one.
 */
#include <linux/fs.h>
#include <linux/memremap.h>
#include <linux/numa.h>
#include <linux/overflow.h>
#include <linux/percpu-refcount.h>
#include <linux/sizes.h>
#include <linux/wait_bit.h>

#include "bounds.h"

#define MMIO	PFNMAP_TEST_REGION_MMIO
#define INDEX	7

#ifdef CONFIG_ZONE_DEVICE
static const struct type {
	const char *name;
	enum memory_type type;
	bool have;
	int idle;	/* references when nobody uses the page */
	bool told;	/* the kernel calls the driver's callback */
	bool held;	/* each page in use holds a reference to the page map */
	bool keeps;	/* the folio keeps its mapping */
	unsigned int order;
} types[] = {
	{ "private", MEMORY_DEVICE_PRIVATE, IS_ENABLED(CONFIG_DEVICE_PRIVATE),
	  .told = true, .held = true },
	{ "coherent", MEMORY_DEVICE_COHERENT, true, .told = true, .held = true },
	{ "fs_dax", MEMORY_DEVICE_FS_DAX, IS_ENABLED(CONFIG_FS_DAX), .keeps = true },
	{ "generic", MEMORY_DEVICE_GENERIC, true, .idle = 1, .keeps = true },
	{ "pci_p2pdma", MEMORY_DEVICE_PCI_P2PDMA, IS_ENABLED(CONFIG_PCI_P2PDMA),
	  .told = true },
	{ "fs_dax, 2 MiB", MEMORY_DEVICE_FS_DAX, IS_ENABLED(CONFIG_FS_DAX), .keeps = true,
	  .order = COMPAT_PMD_ORDER },
	{ "generic, 2 MiB", MEMORY_DEVICE_GENERIC, true, .idle = 1, .keeps = true,
	  .order = COMPAT_PMD_ORDER },
	/* Before 6.19 the kernel puts one reference to the page map for a whole folio. */
	{ "private, 2 MiB", MEMORY_DEVICE_PRIVATE,
	  IS_ENABLED(CONFIG_DEVICE_PRIVATE) && PFNMAP_HAVE_LARGE_PRIVATE,
	  .told = true, .held = true, .order = COMPAT_PMD_ORDER },
	{ "coherent, 2 MiB", MEMORY_DEVICE_COHERENT, PFNMAP_HAVE_LARGE_PRIVATE,
	  .told = true, .held = true, .order = COMPAT_PMD_ORDER },
};

static void type_desc(const struct type *type, char *desc)
{
	strscpy(desc, type->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(type, types, type_desc);

/**
 * struct last - a case's page map
 * @pgmap: over 2 MiB of the mmio region
 * @told: calls of the driver's callback
 * @folio: the argument of the last of these calls
 */
struct last {
	struct dev_pagemap pgmap;
	unsigned int told;
	struct folio *folio;
};

static void last_free(struct folio *folio)
{
	struct last *last = container_of(compat_page_pgmap(&folio->page), struct last,
					 pgmap);

	last->told++;
	last->folio = folio;
}

PFNMAP_DEFINE_FOLIO_FREE(last_free)

static vm_fault_t last_migrate(struct vm_fault *vmf)
{
	return VM_FAULT_SIGBUS;
}

static const struct dev_pagemap_ops last_ops = {
	PFNMAP_FOLIO_FREE(last_free),
	.migrate_to_ram = last_migrate,
};

static void last_unmap(void *pgmap)
{
	memunmap_pages(pgmap);
}

KUNIT_DEFINE_ACTION_WRAPPER(last_unmap_action, last_unmap, void *);

static struct last *last_map(struct kunit *test, const struct type *type)
{
	struct kt *kt = test->priv;
	struct last *last;
	void *addr;
	u64 start;

	if (!type->have)
		kunit_skip(test, "this kernel has no pages of this type");
	kt_need_region(kt, MMIO, 2 * SZ_2M);
	start = ALIGN(kt->regions[MMIO].start, SZ_2M);

	last = kunit_kzalloc(test, sizeof(*last), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, last);
	last->pgmap.type = type->type;
	last->pgmap.range.start = start;
	last->pgmap.range.end = start + SZ_2M - 1;
	last->pgmap.nr_range = 1;
	last->pgmap.vmemmap_shift = type->order;
	last->pgmap.owner = last;
	/* The kernel calls no driver back for the other types. */
	if (type->told)
		last->pgmap.ops = &last_ops;
	addr = memremap_pages(&last->pgmap, NUMA_NO_NODE);
	KUNIT_ASSERT_FALSE_MSG(test, IS_ERR(addr), "memremap_pages: %ld", PTR_ERR(addr));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, last_unmap_action,
							   &last->pgmap));
	return last;
}

/* Unmaps the page map before kt_exit(), which looks for reservations. */
static void last_done(struct kunit *test, struct last *last)
{
	kunit_release_action(test, last_unmap_action, &last->pgmap);
}

/*
 * Returns the number of references to the page map. The kernel knows it in atomic mode only.
 * Without allow_reinit the switch to this mode frees the percpu counters for good.
 */
static long held(struct last *last)
{
	struct percpu_ref *ref = &last->pgmap.ref;

	ref->data->allow_reinit = true;
	percpu_ref_switch_to_atomic_sync(ref);
	return atomic_long_read(&ref->data->count);
}

/* Puts references that should not be there: memunmap_pages() would wait for them for ever. */
static void expect_held(struct kunit *test, struct last *last, long want)
{
	long have = held(last);

	KUNIT_EXPECT_EQ_MSG(test, have, want, "references to the page map");
	if (have > want)
		percpu_ref_put_many(&last->pgmap.ref, have - want);
}

/* Hands the page out with one reference, as its driver does. */
static void take(struct kunit *test, const struct type *type, struct last *last,
		 struct page *page)
{
	if (type->held)
		KUNIT_ASSERT_TRUE(test, percpu_ref_tryget_many(&last->pgmap.ref,
							       1UL << type->order));
	if (!type->idle)
		set_page_count(compound_head(page), 1);
}

static void goes(struct kunit *test)
{
	const struct type *type = test->param_value;
	struct last *last = last_map(test, type);
	struct page *page = pfn_to_page(PHYS_PFN(last->pgmap.range.start));
	struct folio *folio = page_folio(page);
	long idle = held(last), pages = 1L << type->order;
	struct kt *kt = test->priv;

	KUNIT_EXPECT_EQ(test, folio_ref_count(folio), type->idle);
	KUNIT_EXPECT_EQ(test, folio_order(folio), type->order);
	take(test, type, last, page);
	expect_held(test, last, type->held ? idle + pages : idle);
	folio->mapping = kt->file->f_mapping;
	folio->index = INDEX;

	/* Take and put a second reference, through a tail page if the folio has one. */
	if (type->order)
		page = folio_page(folio, 1);
	get_page(page);
	KUNIT_EXPECT_EQ(test, folio_ref_count(folio), 2);
	put_page(page);
	KUNIT_EXPECT_EQ(test, folio_ref_count(folio), 1);
	KUNIT_EXPECT_EQ(test, last->told, 0);
	expect_held(test, last, type->held ? idle + pages : idle);

	put_page(page);
	expect_held(test, last, idle);
	KUNIT_EXPECT_EQ(test, folio_ref_count(folio), type->idle);
	KUNIT_EXPECT_EQ(test, last->told, type->told);
	KUNIT_EXPECT_PTR_EQ(test, last->folio, type->told ? folio : NULL);
	KUNIT_EXPECT_PTR_EQ(test, folio->mapping,
			    type->keeps ? kt->file->f_mapping : NULL);
	KUNIT_EXPECT_EQ(test, folio->index, INDEX);
	KUNIT_EXPECT_EQ(test, folio_order(folio), type->order);
	folio->mapping = NULL;
	last_done(test, last);
}

/* A waiter that stays in its queue and counts how often the kernel wakes it. */
struct waiter {
	struct wait_bit_queue_entry entry;
	unsigned int woken;
};

static int count_wake(struct wait_queue_entry *entry, unsigned int mode, int sync,
		      void *arg)
{
	struct waiter *waiter = container_of(entry, struct waiter, entry.wq_entry);
	const struct wait_bit_key *key = arg;

	/* Other variables share the queue. */
	if (key->flags == waiter->entry.key.flags)
		waiter->woken++;
	return 0;
}

/* A file system that waits until nobody uses a page waits on &folio->page. */
static void wakes(struct kunit *test)
{
	const struct type *type = test->param_value;
	struct last *last = last_map(test, type);
	struct page *page = pfn_to_page(PHYS_PFN(last->pgmap.range.start));
	struct folio *folio = page_folio(page);
	struct wait_queue_head *queue = __var_waitqueue(&folio->page);
	struct waiter waiter = {};

	init_wait_var_entry(&waiter.entry, &folio->page, 0);
	waiter.entry.wq_entry.func = count_wake;
	add_wait_queue(queue, &waiter.entry.wq_entry);
	take(test, type, last, page);
	get_page(page);
	put_page(page);
	KUNIT_EXPECT_EQ_MSG(test, waiter.woken, 0, "woken while a reference is left");
	put_page(page);
	KUNIT_EXPECT_EQ(test, waiter.woken, type->type == MEMORY_DEVICE_FS_DAX);
	remove_wait_queue(queue, &waiter.entry.wq_entry);
	last_done(test, last);
}

/* Whether a page map has the page at @start. */
static bool has_page(u64 start)
{
	struct dev_pagemap *found = compat_get_dev_pagemap(PHYS_PFN(start));

	if (found)
		put_dev_pagemap(found);
	return found;
}

/* The memory of P2PDMA is a device's own, so the kernel does not cache it. */
static void mode(struct kunit *test)
{
	const struct type *type = test->param_value;
	struct pfnmap_test_memtype m;
	struct kt *kt = test->priv;
	struct last *last;
	u32 want, got;

	kt_need_memtype(kt);
	last = last_map(test, type);
	want = type->type == MEMORY_DEVICE_PCI_P2PDMA ? PFNMAP_TEST_CACHE_UC_MINUS :
							PFNMAP_TEST_CACHE_WB;
	kt_lookup(test, last->pgmap.range.start, &m);
	KUNIT_EXPECT_STREQ(test, kt_mode_name(m.cache_mode), kt_mode_name(want));
	KUNIT_EXPECT_EQ(test, m.end - m.start, SZ_2M);
	/* The kernel itself can't reach private memory. */
	if (type->type != MEMORY_DEVICE_PRIVATE) {
		got = pfnmap_cachemode_get_kernel(__va(last->pgmap.range.start));
		KUNIT_EXPECT_STREQ(test, kt_mode_name(got), kt_mode_name(want));
	}
	last_done(test, last);
}

/*
 * A page map of two ranges. The kernel refuses the second range, which the case holds in two
 * modes, and leaves nothing of either range.
 */
static void refused_half_way(struct kunit *test)
{
	struct kt *kt = test->priv;
	struct dev_pagemap *pgmap;
	u64 start, second;
	void *addr;
	int i;

	kt_need_memtype(kt);
	kt_need_region(kt, MMIO, 3 * SZ_2M);
	start = ALIGN(kt->regions[MMIO].start, SZ_2M);
	second = start + SZ_2M - kt->regions[MMIO].start;
	KUNIT_ASSERT_GT(test, kt_reserve(kt, MMIO, PFNMAP_TEST_CACHE_WC, second,
					 PAGE_SIZE, NULL), 0);
	KUNIT_ASSERT_GT(test, kt_reserve(kt, MMIO, PFNMAP_TEST_CACHE_WB,
					 second + PAGE_SIZE, PAGE_SIZE, NULL), 0);

	pgmap = kunit_kzalloc(test, struct_size(pgmap, ranges, 2), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, pgmap);
	pgmap->type = MEMORY_DEVICE_GENERIC;
	pgmap->nr_range = 2;
	for (i = 0; i < 2; i++) {
		pgmap->ranges[i].start = start + i * SZ_2M;
		pgmap->ranges[i].end = start + (i + 1) * SZ_2M - 1;
	}
	addr = memremap_pages(pgmap, NUMA_NO_NODE);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(addr), -EBUSY);
	if (!IS_ERR(addr)) {
		memunmap_pages(pgmap);
		return;
	}

	KUNIT_EXPECT_EQ_MSG(test, pgmap->nr_range, 2, "the caller's number of ranges changed");
	KUNIT_EXPECT_FALSE(test, has_page(start));
	KUNIT_EXPECT_EQ(test, kt_reserved(kt, MMIO, second - SZ_2M, 2 * SZ_2M, NULL), 2);

	/* The kernel takes the first range alone. No page map has the second range any more. */
	pgmap->nr_range = 1;
	addr = memremap_pages(pgmap, NUMA_NO_NODE);
	KUNIT_ASSERT_FALSE_MSG(test, IS_ERR(addr), "memremap_pages: %ld", PTR_ERR(addr));
	KUNIT_EXPECT_TRUE(test, has_page(start));
	KUNIT_EXPECT_TRUE(test, has_page(start + SZ_2M - PAGE_SIZE));
	KUNIT_EXPECT_FALSE(test, has_page(start + SZ_2M));
	memunmap_pages(pgmap);
	KUNIT_EXPECT_FALSE(test, has_page(start));
}

#if PFNMAP_HAVE_FOLIO
static const struct type large_p2pdma = {
	"pci_p2pdma, 2 MiB", MEMORY_DEVICE_PCI_P2PDMA, IS_ENABLED(CONFIG_PCI_P2PDMA),
	.told = true, .order = COMPAT_PMD_ORDER,
};

static int call_insert(struct bounds *b, struct vm_area_struct *vma)
{
	return vm_insert_page(vma, vma->vm_start, b->other);
}

/*
 * The fast way must leave P2PDMA memory to the slow way, which refuses it to a caller that can't
 * cope. Of small pages without a mapping, as P2PDMA's are, the fast way knows that they could be
 * secretmem's; large folios never are.
 */
static void got_p2pdma(struct kunit *test)
{
	struct last *last = last_map(test, &large_p2pdma);
	struct bounds *b = kt_bounds_new(test);
	struct page *page = NULL;
	unsigned long addr;

	b->other = pfn_to_page(PHYS_PFN(last->pgmap.range.start));
	take(test, &large_p2pdma, last, b->other);
	addr = kt_bounds_map(test, b, 1, 0, call_insert);
	KUNIT_EXPECT_EQ(test, b->said, 0);
	KUNIT_EXPECT_EQ(test, get_user_pages_fast(addr, 1, 0, &page), -EREMOTEIO);
	if (page)
		put_page(page);
	page = NULL;
	KUNIT_EXPECT_EQ(test, get_user_pages_fast(addr, 1, COMPAT_FOLL_PCI_P2PDMA, &page), 1);
	KUNIT_EXPECT_PTR_EQ(test, page, b->other);
	if (page)
		put_page(page);

	KUNIT_EXPECT_EQ(test, vm_munmap(addr, PAGE_SIZE), 0);
	KUNIT_EXPECT_EQ(test, page_count(b->other), 1);
	put_page(b->other);
	KUNIT_EXPECT_EQ(test, last->told, 1);
	last_done(test, last);
}
#endif

static struct kunit_case last_cases[] = {
	KUNIT_CASE_PARAM(goes, type_gen_params),
	KUNIT_CASE_PARAM(wakes, type_gen_params),
	KUNIT_CASE_PARAM(mode, type_gen_params),
#if PFNMAP_HAVE_FOLIO
	KUNIT_CASE(got_p2pdma),
#endif
	KUNIT_CASE(refused_half_way),
	{}
};
#else
static void goes(struct kunit *test)
{
	kunit_skip(test, "this kernel has no ZONE_DEVICE");
}

static struct kunit_case last_cases[] = {
	KUNIT_CASE(goes),
	{}
};
#endif

static struct kunit_suite last_suite = {
	.name = "zone_device_last",
	.init = kt_init,
	.exit = kt_exit,
	.test_cases = last_cases,
};

kunit_test_suite(last_suite);
