/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file of the suites' own, whose mmap() calls the helpers with arguments that they must
 * refuse. Our device checks first, so none of its mappings shows these checks.
 */
#ifndef PFNMAP_TEST_KUNIT_BOUNDS_H
#define PFNMAP_TEST_KUNIT_BOUNDS_H

#include "fixture.h"

#define PAGES	4
#define BYTES	(PAGES * PAGE_SIZE)

/**
 * struct bounds - state of a case; the file's private_data
 * @page: memory to map
 * @area: memory of the same size, by vmalloc_user()
 * @addr: where to map, with MAP_FIXED_NOREPLACE
 * @flags: flags of mmap(): MAP_SHARED, unless the case changes them
 * @prot: protection of mmap(): PROT_READ | PROT_WRITE, unless the case changes it
 * @pfn: the pfn that a case maps in place of @page
 * @call: what mmap() does
 * @ops: vm_ops by kt_bounds_by_fault(); NULL: only a fault() that gives the first page
 * @said: what @call returned
 * @left: pages that vm_insert_pages() did not insert
 * @other: a page that vm_insert_page() must refuse
 * @asked: calls of pfn_mkwrite() or page_mkwrite()
 * @mkwrite: the last of these calls had FAULT_FLAG_MKWRITE, as it must
 */
struct bounds {
	struct page *page[PAGES];
	void *area;
	unsigned long addr;
	unsigned long flags;
	unsigned long prot;
	unsigned long pfn;
	int (*call)(struct bounds *b, struct vm_area_struct *vma);
	const struct vm_operations_struct *ops;
	int said;
	unsigned long left;
	struct page *other;
	int asked;
	bool mkwrite;
};

struct bounds *kt_bounds_new(struct kunit *test);
unsigned long kt_bounds_map(struct kunit *test, struct bounds *b, unsigned long pages,
			    unsigned long pgoff,
			    int (*call)(struct bounds *b, struct vm_area_struct *vma));
int kt_bounds_pfns(struct bounds *b, struct vm_area_struct *vma);
vm_fault_t kt_bounds_fault(struct vm_fault *vmf);
int kt_bounds_by_fault(struct bounds *b, struct vm_area_struct *vma);

#endif
