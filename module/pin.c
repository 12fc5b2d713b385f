// SPDX-License-Identifier: GPL-2.0-only
/*
 * PIN: pins pages of the calling process, as a driver does before DMA.
 */
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "compat.h"
#include "pfnmap_test.h"

/**
 * struct pfnmap_pin - pages that an open file has pinned
 * @how: enum pfnmap_test_pin_how; tells how to drop them
 * @n: number of pages
 * @pages: the pages
 */
struct pfnmap_pin {
	u32 how;
	unsigned long n;
	struct page *pages[];
};

static void drop(struct pfnmap_pin *pin, long n)
{
	if (pin->how != PFNMAP_TEST_PIN_FAST) {
		if (n > 0)
			unpin_user_pages(pin->pages, n);
		return;
	}

	while (n-- > 0)
		put_page(pin->pages[n]);
}

static int grab(struct pfnmap_pin *pin, unsigned long addr, u32 flags)
{
	unsigned int gup = flags & PFNMAP_TEST_PIN_WRITE ? FOLL_WRITE : 0;
	long n;

	if (flags & PFNMAP_TEST_PIN_LONGTERM)
		gup |= FOLL_LONGTERM;
	if (flags & PFNMAP_TEST_PIN_P2PDMA)
		gup |= COMPAT_FOLL_PCI_P2PDMA;

	switch (pin->how) {
	case PFNMAP_TEST_PIN_SLOW:
		mmap_read_lock(current->mm);
		n = compat_pin_user_pages(addr, pin->n, gup, pin->pages);
		mmap_read_unlock(current->mm);
		break;
	case PFNMAP_TEST_PIN_EITHER:
		n = pin_user_pages_fast(addr, pin->n, gup, pin->pages);
		break;
	default:
		n = get_user_pages_fast_only(addr, pin->n, gup, pin->pages);
	}
	if (n == pin->n)
		return 0;

	drop(pin, n);
	return n < 0 ? n : -EFAULT;
}

static u64 first_word(struct page *page)
{
	void *addr = kmap_local_page(page);
	u64 word = READ_ONCE(*(u64 *)addr);

	kunmap_local(addr);
	return word;
}

static int check(const struct pfnmap_test_pin *req)
{
	u64 end;

	if (req->flags & ~(PFNMAP_TEST_PIN_WRITE | PFNMAP_TEST_PIN_LONGTERM |
			   PFNMAP_TEST_PIN_P2PDMA))
		return -EINVAL;
	/* The kernel warns of both flags together. */
	if (req->flags & PFNMAP_TEST_PIN_LONGTERM &&
	    req->flags & PFNMAP_TEST_PIN_P2PDMA)
		return -EINVAL;
	if (req->flags & PFNMAP_TEST_PIN_P2PDMA && !COMPAT_FOLL_PCI_P2PDMA)
		return -EOPNOTSUPP;
	if (!req->how || req->how > PFNMAP_TEST_PIN_EITHER)
		return -EINVAL;
	if (req->how == PFNMAP_TEST_PIN_FAST &&
	    req->flags & PFNMAP_TEST_PIN_LONGTERM)
		return -EINVAL;
	if (!req->bytes || !PAGE_ALIGNED(req->address) ||
	    !PAGE_ALIGNED(req->bytes) || req->bytes > SZ_1G)
		return -EINVAL;

	return check_add_overflow(req->address, req->bytes, &end) ? -EOVERFLOW : 0;
}

/**
 * pfnmap_pin - PFNMAP_TEST_PIN
 * @pf: the open file
 * @arg: struct pfnmap_test_pin
 *
 * Return: 0, -EINVAL, -EOPNOTSUPP, -EOVERFLOW, -ENOMEM, -EFAULT, or the kernel's
 * error.
 */
int pfnmap_pin(struct pfnmap_file *pf, void *arg)
{
	struct pfnmap_test_pin *req = arg;
	struct pfnmap_pin *pin;
	int err;

	err = check(req);
	if (err)
		return err;

	pin = pfnmap_fail_point() ? NULL :
	      kvzalloc(struct_size(pin, pages, PHYS_PFN(req->bytes)),
		       GFP_KERNEL_ACCOUNT);
	if (!pin)
		return -ENOMEM;

	pin->how = req->how;
	pin->n = PHYS_PFN(req->bytes);
	err = grab(pin, req->address, req->flags);
	if (err)
		goto err_free;

	err = pfnmap_id_new(&pf->pins, &req->id, pin);
	if (err)
		goto err_drop;

	req->pfn = page_to_pfn(pin->pages[0]);
	req->word = pfnmap_poisoned(pin->pages[0]) ? 0 : first_word(pin->pages[0]);
	return 0;

err_drop:
	drop(pin, pin->n);
err_free:
	kvfree(pin);
	return err;
}

/**
 * pfnmap_drop_pin - unpin what one PFNMAP_TEST_PIN has pinned
 * @object: struct pfnmap_pin, which has no id any more
 */
void pfnmap_drop_pin(void *object)
{
	struct pfnmap_pin *pin = object;

	drop(pin, pin->n);
	kvfree(pin);
}

/**
 * pfnmap_unpin - PFNMAP_TEST_UNPIN
 * @pf: the open file
 * @arg: struct pfnmap_test_unpin
 *
 * Return: 0, or -ENOENT.
 */
int pfnmap_unpin(struct pfnmap_file *pf, void *arg)
{
	const struct pfnmap_test_unpin *req = arg;
	struct pfnmap_pin *pin = pfnmap_id_take(&pf->pins, req->id);

	if (!pin)
		return -ENOENT;

	pfnmap_drop_pin(pin);
	return 0;
}

/**
 * pfnmap_unpin_all - unpin all that an open file has pinned
 * @pf: the open file, which is being closed
 */
void pfnmap_unpin_all(struct pfnmap_file *pf)
{
	struct pfnmap_pin *pin;
	unsigned long id;

	xa_for_each(&pf->pins, id, pin)
		pfnmap_drop_pin(pin);
	xa_destroy(&pf->pins);
}
