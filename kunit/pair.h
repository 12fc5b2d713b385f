/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A region that is mapped twice: by the mmap() of /dev/pfnmap_test, which is the model, and
 * by the mmap_prepare() of a file of the suite's own, with the model's operations.
 */
#ifndef PFNMAP_TEST_KUNIT_PAIR_H
#define PFNMAP_TEST_KUNIT_PAIR_H

#include "fixture.h"

/**
 * struct kt_fields - the fields of a VMA that kt_vma() leaves out
 * @flags: vm_flags
 * @ops: vm_ops
 * @private: vm_private_data
 * @prot: vm_page_prot
 * @file: vm_file, without a reference
 */
struct kt_fields {
	unsigned long flags;
	const struct vm_operations_struct *ops;
	void *private;
	pgprot_t prot;
	struct file *file;
};

/**
 * struct kt_pair - two mappings of the same memory
 * @like: user address of the model, by mmap()
 * @fields: of the model
 * @addr: user address of the second mapping, by mmap_prepare()
 * @file: the suite's file, which is mapped at @addr
 */
struct kt_pair {
	unsigned long like;
	struct kt_fields fields;
	unsigned long addr;
	struct file *file;
};

void kt_fields(unsigned long addr, struct kt_fields *out);
void kt_pair_map(struct kunit *test, struct kt_pair *p, const struct kt_how *how,
		 unsigned long bytes, void (*set_flags)(struct vm_area_desc *desc),
		 bool stacked);

#endif /* PFNMAP_TEST_KUNIT_PAIR_H */
