// SPDX-License-Identifier: GPL-2.0-only
/*
 * A tracked mapping, and what a case can expect of it.
 */
#include <linux/mman.h>

#include "fixture.h"
#include "tracked.h"

/* What the cases about VMAs map. */
const struct kt_how kt_remap_wc = {
	.method = PFNMAP_TEST_METHOD_REMAP_PFN_RANGE,
	.region = MMIO,
	.mode = PFNMAP_TEST_CACHE_WC,
};

/**
 * kt_expect_calls - expect how often the kernel has tracked and untracked the range
 * @test: the case
 * @tracks: expected calls of pfnmap_track()
 * @untracks: expected calls of pfnmap_untrack()
 */
void kt_expect_calls(struct kunit *test, unsigned int tracks,
		     unsigned int untracks)
{
	KUNIT_EXPECT_EQ_MSG(test, kt_tracks(), tracks, "calls of pfnmap_track()");
	KUNIT_EXPECT_EQ_MSG(test, kt_untracks(), untracks,
			    "calls of pfnmap_untrack()");
}

/**
 * kt_expect_reserved - expect reservations of the range in the memtype tree
 * @test: the case
 * @count: expected reservations, all of BYTES
 * @mode: their mode, enum pfnmap_test_cache_mode
 */
void kt_expect_reserved(struct kunit *test, int count, u32 mode)
{
	struct pfnmap_test_memtype_entry entry = { };
	struct kt *kt = test->priv;

	KUNIT_EXPECT_EQ_MSG(test, kt_reserved(kt, MMIO, 0, BYTES, &entry), count,
			    "reservations of the range");
	if (!count)
		return;

	KUNIT_EXPECT_EQ(test, entry.start, kt->regions[MMIO].start);
	KUNIT_EXPECT_EQ(test, entry.end, entry.start + BYTES);
	KUNIT_EXPECT_STREQ(test, kt_mode_name(entry.cache_mode),
			   kt_mode_name(mode));
}

/**
 * kt_expect_untracked - expect that the kernel has untracked the range of one mapping
 * @test: the case
 */
void kt_expect_untracked(struct kunit *test)
{
	kt_expect_calls(test, 1, 1);
	kt_expect_reserved(test, 0, 0);
}

/**
 * kt_map_tracked - make a tracked mapping of BYTES, and count its calls
 * @test: the case; skipped where the kernel tracks nothing
 *
 * Return: its address.
 */
unsigned long kt_map_tracked(struct kunit *test)
{
	struct kt *kt = test->priv;
	unsigned long addr;

	kt_need_tracking(kt);
	kt_need_region(kt, MMIO, BYTES);
	kt_probe_reset(kt_region_pfn(kt, MMIO, 0), PAGES);
	addr = kt_map(kt, &kt_remap_wc, 0, BYTES, RW, MAP_SHARED);
	KUNIT_EXPECT_EQ(test, kt_refs(addr), 1);
	kt_expect_calls(test, 1, 0);
	kt_expect_reserved(test, 1, PFNMAP_TEST_CACHE_WC);
	return addr;
}
