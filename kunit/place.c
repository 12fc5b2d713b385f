// SPDX-License-Identifier: GPL-2.0-only
/*
 * thp_place: where thp_get_unmapped_area() puts a mapping. Our device has a function of its own,
 * which knows 1 GiB leaves, too.
 */
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/string.h>

#include "fixture.h"

#if PFNMAP_HAVE_PMD
static int place_mmap(struct file *file, struct vm_area_struct *vma)
{
	return 0;
}

static const struct file_operations place_fops = {
	.mmap = place_mmap,
	.get_unmapped_area = thp_get_unmapped_area,
};

static void put_file(void *file)
{
	fput(file);
	flush_delayed_fput();
}

static struct file *new_file(struct kunit *test)
{
	struct file *file = anon_inode_getfile("[thp_place]", &place_fops, NULL, O_RDWR);

	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, put_file, file));
	return file;
}

/* A mapping that has 2 MiB of the file, aligned, begins as far behind 2 MiB as in the file. */
static const struct place {
	const char *what;
	unsigned long pgoff;
	unsigned long pages;
} places[] = {
	{ "2 MiB", 0, PTRS_PER_PMD },
	{ "4 MiB from the second page on", 1, 2 * PTRS_PER_PMD },
	{ "4 MiB from the last page of 2 MiB on", PTRS_PER_PMD - 1, 2 * PTRS_PER_PMD },
	{ "2 MiB and a page, before 2 MiB", 3 * PTRS_PER_PMD - 1, PTRS_PER_PMD + 1 },
	{ "16 MiB and three pages", 5, 8 * PTRS_PER_PMD + 3 },
};

static void place_desc(const struct place *place, char *desc)
{
	strscpy(desc, place->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(place, places, place_desc);

static void aligned(struct kunit *test)
{
	const struct place *place = test->param_value;
	unsigned long addr[3], off = place->pgoff * PAGE_SIZE;
	struct file *file = new_file(test);
	int i;

	for (i = 0; i < ARRAY_SIZE(addr); i++) {
		addr[i] = vm_mmap(file, 0, place->pages * PAGE_SIZE, PROT_READ, MAP_SHARED, off);
		KUNIT_ASSERT_FALSE_MSG(test, IS_ERR_VALUE(addr[i]), "mmap: %ld", (long)addr[i]);
		KUNIT_EXPECT_EQ(test, addr[i] % PMD_SIZE, off % PMD_SIZE);
	}
	for (i = 0; i < ARRAY_SIZE(addr); i++)
		KUNIT_EXPECT_EQ(test, vm_munmap(addr[i], place->pages * PAGE_SIZE), 0);
}

/* An address that the program asks for is better than one that suits a leaf. */
static void hinted(struct kunit *test)
{
	unsigned long hint = KT_FREE + 3 * PAGE_SIZE;
	struct file *file = new_file(test);

	KUNIT_EXPECT_EQ(test, vm_mmap(file, hint, 2 * PMD_SIZE, PROT_READ, MAP_SHARED, 0), hint);
	KUNIT_EXPECT_EQ(test, vm_munmap(hint, 2 * PMD_SIZE), 0);
}

static struct kunit_case place_cases[] = {
	KUNIT_CASE_PARAM(aligned, place_gen_params),
	KUNIT_CASE(hinted),
	{}
};

static struct kunit_suite place_suite = {
	.name = "thp_place",
	.init = kt_init,
	.exit = kt_exit,
	.test_cases = place_cases,
};

kunit_test_suite(place_suite);
#endif
