/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the suites about tracking share: the interface of tracked.c.
 */
#ifndef PFNMAP_TEST_KUNIT_TRACKED_H
#define PFNMAP_TEST_KUNIT_TRACKED_H

#include "fixture.h"

#define PAGES	4UL
#define BYTES	(PAGES * PAGE_SIZE)
#define MMIO	PFNMAP_TEST_REGION_MMIO
#define RW	(PROT_READ | PROT_WRITE)

extern const struct kt_how kt_remap_wc;

void kt_expect_calls(struct kunit *test, unsigned int tracks,
		     unsigned int untracks);
void kt_expect_reserved(struct kunit *test, int count, u32 mode);
void kt_expect_untracked(struct kunit *test);
unsigned long kt_map_tracked(struct kunit *test);

#endif /* PFNMAP_TEST_KUNIT_TRACKED_H */
