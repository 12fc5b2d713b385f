// SPDX-License-Identifier: GPL-2.0-only
/*
 * pfn_address_space: which ranges the kernel registers, and of which memory failures it tells
 * their callback. Our device registers one whole region. The pfns here are of no memory. What
 * becomes of a process that maps such a pfn is in tests/pfn-poison.bats.
 */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/string.h>

#include "fixture.h"

#if PFNMAP_HAVE_PFN_ADDRESS_SPACE
#include <linux/memory-failure.h>

/* Behind all memory that a machine can have: 52 bits. */
#define FIRST	((1UL << (52 - PAGE_SHIFT)) + 8)
#define PAGES	8L

static unsigned int asked;
static unsigned long asked_pfn;

/* Refuses, so that the kernel kills nobody. */
static int refuse(struct vm_area_struct *vma, unsigned long pfn, pgoff_t *pgoff)
{
	asked++;
	asked_pfn = pfn;
	return -EFAULT;
}

static struct pfn_address_space *new_space(struct kunit *test, unsigned long first,
					   unsigned long last)
{
	struct pfn_address_space *space = kunit_kzalloc(test, sizeof(*space), GFP_KERNEL);
	struct kt *kt = test->priv;

	KUNIT_ASSERT_NOT_NULL(test, space);
	space->node.start = first;
	space->node.last = last;
	space->mapping = kt->file->f_mapping;
	space->pfn_to_vma_pgoff = refuse;
	return space;
}

KUNIT_DEFINE_ACTION_WRAPPER(unregister_action, unregister_pfn_address_space,
			    struct pfn_address_space *);

static struct pfn_address_space *registered(struct kunit *test)
{
	struct pfn_address_space *space = new_space(test, FIRST, FIRST + PAGES - 1);

	KUNIT_ASSERT_EQ(test, register_pfn_address_space(space), 0);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, unregister_action, space), 0);
	return space;
}

/* Unregisters only what was registered: the kernel does not look (poison-unregister). */
static int try(struct pfn_address_space *space)
{
	int err = register_pfn_address_space(space);

	if (!err)
		unregister_pfn_address_space(space);
	return err;
}

static const struct other {
	const char *where;
	long first;
	long last;
	int want;
} others[] = {
	{ "before it", -4, -1, 0 },
	{ "up to its first page", -4, 0, -EBUSY },
	{ "its first page", 0, 0, -EBUSY },
	{ "inside", 2, 4, -EBUSY },
	{ "the same", 0, PAGES - 1, -EBUSY },
	{ "around it", -4, PAGES + 4, -EBUSY },
	{ "its last page", PAGES - 1, PAGES - 1, -EBUSY },
	{ "from its last page on", PAGES - 1, PAGES + 4, -EBUSY },
	{ "behind it", PAGES, PAGES + 4, 0 },
};

static void other_desc(const struct other *other, char *desc)
{
	strscpy(desc, other->where, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(other, others, other_desc);

/* Whatever becomes of the second range, the first one stays registered. */
static void second(struct kunit *test)
{
	const struct other *other = test->param_value;

	registered(test);
	KUNIT_EXPECT_EQ(test, other->want, try(new_space(test, FIRST + other->first,
							 FIRST + other->last)));
	KUNIT_EXPECT_EQ(test, -EBUSY, try(new_space(test, FIRST, FIRST)));
	KUNIT_EXPECT_EQ(test, -EBUSY, try(new_space(test, FIRST + PAGES - 1,
						    FIRST + PAGES - 1)));
}

static void again(struct kunit *test)
{
	struct pfn_address_space *space = registered(test);

	KUNIT_EXPECT_EQ(test, -EBUSY, try(new_space(test, FIRST, FIRST)));
	kunit_release_action(test, unregister_action, space);
	KUNIT_EXPECT_EQ(test, 0, try(space));
}

static void no_callback(struct kunit *test)
{
	struct pfn_address_space *space = new_space(test, FIRST, FIRST);

	space->pfn_to_vma_pgoff = NULL;
	KUNIT_EXPECT_EQ(test, -EINVAL, try(space));
	KUNIT_EXPECT_EQ(test, 0, try(new_space(test, FIRST, FIRST)));
}

static void fails(struct kunit *test, unsigned long pfn, int want)
{
	asked = 0;
	asked_pfn = 0;
	KUNIT_EXPECT_EQ(test, want, memory_failure(pfn, MF_SW_SIMULATED));
	KUNIT_EXPECT_EQ(test, asked, want ? 0 : 1);
	KUNIT_EXPECT_EQ(test, asked_pfn, want ? 0 : pfn);
}

/* The kernel asks of each VMA of the address_space: the case has one. */
static void told(struct kunit *test)
{
	static const struct kt_how how = {
		PFNMAP_TEST_METHOD_VMF_INSERT_PFN, PFNMAP_TEST_REGION_RAM, PFNMAP_TEST_CACHE_WB,
	};
	struct pfn_address_space *space;
	struct kt *kt = test->priv;
	unsigned long addr;

	addr = kt_map(kt, &how, 0, PAGE_SIZE, PROT_READ, MAP_SHARED);
	space = registered(test);
	fails(test, FIRST - 1, -EBUSY);
	fails(test, FIRST, 0);
	fails(test, FIRST + PAGES - 1, 0);
	fails(test, FIRST + PAGES, -EBUSY);
	kunit_release_action(test, unregister_action, space);
	fails(test, FIRST, -EBUSY);
	kt_unmap(kt, addr, PAGE_SIZE);
}

static struct kunit_case space_cases[] = {
	KUNIT_CASE_PARAM(second, other_gen_params),
	KUNIT_CASE(again),
	KUNIT_CASE(no_callback),
	KUNIT_CASE(told),
	{}
};

static struct kunit_suite space_suite = {
	.name = "pfn_address_space",
	.init = kt_init,
	.exit = kt_exit,
	.test_cases = space_cases,
};

kunit_test_suite(space_suite);
#endif
