// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a case looks at: VMAs, page tables, folios, and the memtype tree.
 */
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "fixture.h"

/**
 * kt_vma - look at the VMA around an address of the current mm
 * @addr: the address
 * @out: filled in if there is a VMA
 *
 * Return: true if there is a VMA.
 */
bool kt_vma(unsigned long addr, struct kt_vma *out)
{
	struct pfnmap_test_vma tracked = { };
	struct vm_area_struct *vma;

	mmap_read_lock(current->mm);
	vma = vma_lookup(current->mm, addr);
	if (vma) {
		pfnmap_vma_tracking(vma, &tracked);
		*out = (struct kt_vma){
			.start = vma->vm_start,
			.end = vma->vm_end,
			.pgoff = vma->vm_pgoff,
			.flags = vma->vm_flags,
			.refs = tracked.track_refs,
			.pfn = PHYS_PFN(tracked.track_start),
			.bytes = tracked.track_bytes,
		};
	}
	mmap_read_unlock(current->mm);

	return vma;
}

/**
 * kt_mapping - the file whose pages a VMA maps, as the rmap knows it
 * @addr: user address
 *
 * Return: the mapping, which lasts as long as the VMA; NULL if no file is mapped there.
 */
struct address_space *kt_mapping(unsigned long addr)
{
	struct address_space *mapping = NULL;
	struct vm_area_struct *vma;

	mmap_read_lock(current->mm);
	vma = vma_lookup(current->mm, addr);
	if (vma && vma->vm_file)
		mapping = vma->vm_file->f_mapping;
	mmap_read_unlock(current->mm);
	return mapping;
}

/**
 * kt_refs - how many VMAs share the range that is tracked for an address
 * @addr: the address
 *
 * Return: their number, 0 where no VMA is or nothing is tracked.
 */
unsigned int kt_refs(unsigned long addr)
{
	struct kt_vma vma;

	return kt_vma(addr, &vma) ? vma.refs : 0;
}

/**
 * kt_leaf - look at the page-table entry behind an address of the current mm
 * @addr: the address
 * @out: filled in; no PFNMAP_TEST_LEAF_PRESENT where there is none
 */
void kt_leaf(unsigned long addr, struct pfnmap_test_leaf *out)
{
	*out = (struct pfnmap_test_leaf){ .address = addr };
	if (pfnmap_leaf(NULL, out))
		out->flags = 0;
}

/**
 * kt_present - whether there is an entry behind an address of the current mm
 * @addr: the address
 *
 * Return: true if there is.
 */
bool kt_present(unsigned long addr)
{
	struct pfnmap_test_leaf leaf;

	kt_leaf(addr, &leaf);
	return leaf.flags & PFNMAP_TEST_LEAF_PRESENT;
}

/**
 * kt_folio - the folio that an address of the current mm maps
 * @addr: the address
 *
 * Return: the folio, without a reference for the caller, or NULL where nothing is
 * mapped or there is no struct page.
 */
struct folio *kt_folio(unsigned long addr)
{
	struct pfnmap_test_leaf leaf;

	kt_leaf(addr, &leaf);
	if (!(leaf.flags & PFNMAP_TEST_LEAF_PRESENT) || !pfn_valid(leaf.pfn))
		return NULL;

	return page_folio(pfn_to_page(leaf.pfn));
}

/* Calls MEMTYPE_LIST once. The entries go to user memory, a page after the argument. */
static long list(struct kt *kt, u64 start, u64 last, u32 room,
		 struct pfnmap_test_memtype_list *out)
{
	*out = (struct pfnmap_test_memtype_list){
		.start = start,
		.last = last,
		.count = room,
		.entries = (unsigned long)kt->arg + PAGE_SIZE,
	};

	return kt_ioctl(kt, kt->file, PFNMAP_TEST_MEMTYPE_LIST, out, sizeof(*out));
}

/**
 * kt_reservations - how many reservations overlap a physical range
 * @kt: the case
 * @start: first address
 * @last: last address
 *
 * Return: their number; 0 without a memtype query; or a negative errno.
 */
long kt_reservations(struct kt *kt, u64 start, u64 last)
{
	struct pfnmap_test_memtype_list out;
	long err;

	err = list(kt, start, last, 1024, &out);
	if (err == -EOPNOTSUPP)
		return 0;

	return err ?: out.count;
}

/**
 * kt_reserved - the reservations that overlap part of a region
 * @kt: the case
 * @region: enum pfnmap_test_region_id
 * @offset: in the region
 * @bytes: size
 * @first: set to the first of them; or NULL
 *
 * Return: their number or a negative errno.
 */
int kt_reserved(struct kt *kt, u32 region, u64 offset, u64 bytes,
		struct pfnmap_test_memtype_entry *first)
{
	u64 start = kt->regions[region].start + offset;
	struct pfnmap_test_memtype_list out;
	long err;

	err = list(kt, start, start + bytes - 1, 16, &out);
	if (err)
		return err;
	if (first && out.count &&
	    copy_from_user(first, u64_to_user_ptr(out.entries), sizeof(*first)))
		return -EFAULT;

	return out.count;
}

/**
 * kt_read - read a byte of the current mm
 * @addr: its address
 * @value: set to the byte
 *
 * Return: 0, or -EFAULT where a program would have got a signal.
 */
int kt_read(unsigned long addr, u8 *value)
{
	return get_user(*value, (u8 __user *)addr);
}

/**
 * kt_write - write a byte of the current mm
 * @addr: its address
 * @value: what to write
 *
 * Return: 0, or -EFAULT where a program would have got a signal.
 */
int kt_write(unsigned long addr, u8 value)
{
	return put_user(value, (u8 __user *)addr);
}

/**
 * kt_mode_name - the kernel's name of a cache mode
 * @mode: enum pfnmap_test_cache_mode
 *
 * Return: the name.
 */
const char *kt_mode_name(u32 mode)
{
	return pfnmap_cachemode_name(mode) ?: "no mode";
}

/* The driver's names, for which the suites need not call the driver. */
static const char *const methods[] = {
#define METHOD(_method, _name, _family, _have)	\
	[PFNMAP_TEST_METHOD_##_method] = #_name,
#include "patterns/list.h"
#undef METHOD
};

/**
 * kt_method_name - the kernel's name of a method
 * @method: enum pfnmap_test_method_id
 *
 * Return: the name.
 */
const char *kt_method_name(u32 method)
{
	return method < ARRAY_SIZE(methods) && methods[method] ?
	       methods[method] : "no method";
}

/**
 * kt_how_desc - name a parameter of a case by its method, for KUNIT_ARRAY_PARAM()
 * @how: the parameter
 * @desc: where to put the name, of KUNIT_PARAM_DESC_SIZE bytes
 */
void kt_how_desc(const struct kt_how *how, char *desc)
{
	strscpy(desc, kt_method_name(how->method), KUNIT_PARAM_DESC_SIZE);
}

/**
 * kt_lookup - MEMTYPE_LOOKUP, which must succeed
 * @test: the case
 * @address: physical
 * @out: what the tree has there
 */
void kt_lookup(struct kunit *test, u64 address, struct pfnmap_test_memtype *out)
{
	struct kt *kt = test->priv;

	*out = (struct pfnmap_test_memtype){ .address = address };
	KUNIT_ASSERT_EQ(test, 0, kt_ioctl(kt, kt->file, PFNMAP_TEST_MEMTYPE_LOOKUP,
					  out, sizeof(*out)));
}

/**
 * kt_release - MEMTYPE_RELEASE
 * @test: the case
 * @id: of a reservation
 *
 * Return: 0 or a negative errno.
 */
long kt_release(struct kunit *test, u32 id)
{
	struct pfnmap_test_release req = { .id = id };
	struct kt *kt = test->priv;

	return kt_ioctl(kt, kt->file, PFNMAP_TEST_MEMTYPE_RELEASE, &req, sizeof(req));
}
