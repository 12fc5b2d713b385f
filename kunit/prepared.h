/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files whose mmap_prepare() is a case's own. Each case maps them in two ways. Directly,
 * the core calls the hook. Stacked, compat_vma_mmap() does: the mmap() of another file
 * passes its VMA on, as overlayfs does.
 */
#ifndef PFNMAP_TEST_KUNIT_PREPARED_H
#define PFNMAP_TEST_KUNIT_PREPARED_H

#include "fixture.h"

#define PAGES	4
#define BYTES	(PAGES * PAGE_SIZE)

/**
 * struct kt_prepared - state of a case; private_data of its files
 * @test: the case
 * @file: has mmap_prepare()
 * @outer: has mmap(), which passes the VMA on to @file
 * @other: a file that a hook may put in place of @file
 * @page: memory to map, physically in one piece
 * @array: the same pages, as an argument of actions
 * @hook: what mmap_prepare() does
 * @refusal: what mapped() returns
 * @seen: the descriptor as the hook found it
 * @prepared: calls of mmap_prepare()
 * @mapped: calls of mapped()
 * @closed: calls of close()
 * @start: argument of mapped()
 * @end: argument of mapped()
 * @pgoff: argument of mapped()
 * @private: what mapped()'s argument private_data pointed to
 * @in_tree: the mm had the VMA when the core called mapped()
 * @hidden: the rmap lock was held when the core called mapped()
 */
struct kt_prepared {
	struct kunit *test;
	struct file *file;
	struct file *outer;
	struct file *other;
	struct page *page[PAGES];
	struct page *array[PAGES];
	void (*hook)(struct kt_prepared *p, struct vm_area_desc *desc);
	int refusal;
	struct vm_area_desc seen;
	unsigned int prepared;
	unsigned int mapped;
	unsigned int closed;
	unsigned long start;
	unsigned long end;
	pgoff_t pgoff;
	void *private;
	bool in_tree;
	bool hidden;
};

/**
 * struct kt_way - how the kernel calls the hook
 * @what: in words
 * @stacked: by compat_vma_mmap(), not directly
 */
struct kt_way {
	const char *what;
	bool stacked;
};

/* mmap_prepare() points private_data to the first; mapped() then points it to the second. */
extern int kt_private_first, kt_private_later;

struct file *kt_stacked_file(struct kunit *test, struct file *file);
bool kt_stacked(const struct kunit *test);
struct kt_prepared *
kt_prepared_new(struct kunit *test,
		void (*hook)(struct kt_prepared *p, struct vm_area_desc *desc));
long kt_prepared_map_at(struct kt_prepared *p, unsigned long addr, unsigned long pages,
			unsigned long pgoff, unsigned long flags);
unsigned long kt_prepared_map(struct kt_prepared *p);
void kt_prepared_unmap(struct kt_prepared *p, unsigned long addr);
void kt_prepared_gone(struct kt_prepared *p, unsigned long addr);
void kt_prepared_refused(struct kt_prepared *p, long err, unsigned long flags);

#endif /* PFNMAP_TEST_KUNIT_PREPARED_H */
