// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a page-table entry really says.
 *
 * The kernel exports a walker for PFNMAP VMAs only. This one serves any VMA: it
 * reads each level once, and checks the entry for a leaf before it goes on. The
 * mmap lock keeps the VMA and most of its tables. The kernel frees other tables
 * without the mmap lock, but not while interrupts are off on this CPU:
 * get_user_pages_fast() needs the same.
 */
#include <linux/irqflags.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/sched.h>

#include "arch.h"
#include "compat.h"
#include "pfnmap_test.h"

static const unsigned long *huge_zero;

/**
 * pfnmap_leaf_init - find the variable that holds the huge zero folio's pfn
 */
void pfnmap_leaf_init(void)
{
	huge_zero = pfnmap_resolve("huge_zero_pfn");
}

static u32 leaf_flags(bool writable, bool dirty, bool young, bool special)
{
	return PFNMAP_TEST_LEAF_PRESENT |
	       (writable ? PFNMAP_TEST_LEAF_WRITABLE : 0) |
	       (dirty ? PFNMAP_TEST_LEAF_DIRTY : 0) |
	       (young ? PFNMAP_TEST_LEAF_YOUNG : 0) |
	       (special ? PFNMAP_TEST_LEAF_SPECIAL : 0);
}

#ifdef PFNMAP_HAVE_LARGE_LEAVES
static void leaf_pud(pud_t pud, struct pfnmap_test_leaf *out)
{
	out->level = PFNMAP_TEST_LEVEL_PUD;
	out->flags = leaf_flags(pud_write(pud), pfnmap_pud_dirty(pud), pud_young(pud),
				compat_pud_special(pud));
	out->pfn = pud_pfn(pud) + PHYS_PFN(out->address & ~PUD_MASK);
	out->cache_mode = pfnmap_cachemode_get(pfnmap_pud_pgprot(pud));
}

static void leaf_pmd(pmd_t pmd, struct pfnmap_test_leaf *out)
{
	out->level = PFNMAP_TEST_LEVEL_PMD;
	out->flags = leaf_flags(pmd_write(pmd), pmd_dirty(pmd), pmd_young(pmd),
				compat_pmd_special(pmd));
	out->pfn = pmd_pfn(pmd) + PHYS_PFN(out->address & ~PMD_MASK);
	out->cache_mode = pfnmap_cachemode_get(pfnmap_pmd_pgprot(pmd));
	if (huge_zero && pmd_pfn(pmd) == READ_ONCE(*huge_zero))
		out->flags |= PFNMAP_TEST_LEAF_HUGE_ZERO;
}
#else
static void leaf_pud(pud_t pud, struct pfnmap_test_leaf *out)
{
}

static void leaf_pmd(pmd_t pmd, struct pfnmap_test_leaf *out)
{
}
#endif

static void leaf_pte(pte_t pte, struct pfnmap_test_leaf *out)
{
	out->level = PFNMAP_TEST_LEVEL_PTE;
	out->flags = leaf_flags(pte_write(pte), pte_dirty(pte), pte_young(pte),
				pte_special(pte));
	out->pfn = pte_pfn(pte);
	out->cache_mode = pfnmap_cachemode_get(pte_pgprot(pte));
}

/* Returns how many bytes the last entry of the walk covers, whether it is present or not. */
static u64 walk(struct mm_struct *mm, struct pfnmap_test_leaf *out)
{
	unsigned long addr = out->address;
	pgd_t *pgd = pgd_offset(mm, addr);
	p4d_t *p4dp, p4d;
	pud_t *pudp, pud;
	pmd_t *pmdp, pmd;
	pte_t pte;

	if (pgd_none(*pgd) || pgd_bad(*pgd))
		return PGDIR_SIZE;

	p4dp = p4d_offset(pgd, addr);
	p4d = READ_ONCE(*p4dp);
	if (p4d_none(p4d) || p4d_bad(p4d))
		return P4D_SIZE;

	pudp = pud_offset_lockless(p4dp, p4d, addr);
	pud = READ_ONCE(*pudp);
	if (!pud_present(pud))
		return PUD_SIZE;
	if (pud_leaf(pud)) {
		leaf_pud(pud, out);
		return PUD_SIZE;
	}
	if (pud_bad(pud))
		return PUD_SIZE;

	pmdp = pmd_offset_lockless(pudp, pud, addr);
	pmd = READ_ONCE(*pmdp);
	if (!pmd_present(pmd))
		return PMD_SIZE;
	if (pmd_leaf(pmd)) {
		leaf_pmd(pmd, out);
		return PMD_SIZE;
	}
	if (pmd_bad(pmd))
		return PMD_SIZE;

	pte = ptep_get(pte_offset_kernel(&pmd, addr));
	if (pte_present(pte))
		leaf_pte(pte, out);
	return PAGE_SIZE;
}

/**
 * pfnmap_leaf_of - the entry behind an address
 * @mm: the address space; the caller holds its mmap lock, and a VMA is at the
 *	address
 * @out: the caller sets @out->address; all else but @out->size is filled in
 *
 * Return: how many bytes the entry covers, also where nothing is present.
 */
u64 pfnmap_leaf_of(struct mm_struct *mm, struct pfnmap_test_leaf *out)
{
	unsigned long irq;
	u64 bytes;

	out->flags = 0;
	out->known = PFNMAP_TEST_LEAF_PRESENT | PFNMAP_TEST_LEAF_WRITABLE |
		     PFNMAP_TEST_LEAF_DIRTY | PFNMAP_TEST_LEAF_YOUNG |
		     PFNMAP_TEST_LEAF_SPECIAL;
	if (huge_zero)
		out->known |= PFNMAP_TEST_LEAF_HUGE_ZERO;
	out->level = 0;
	out->cache_mode = 0;
	out->pfn = 0;

	local_irq_save(irq);
	bytes = walk(mm, out);
	local_irq_restore(irq);

	return bytes;
}

/**
 * pfnmap_leaf - PFNMAP_TEST_LEAF
 * @pf: the open file
 * @arg: struct pfnmap_test_leaf
 *
 * Return: 0; -EINVAL for a reserved field that is not zero; -EFAULT where no VMA is.
 */
int pfnmap_leaf(struct pfnmap_file *pf, void *arg)
{
	struct pfnmap_test_leaf *out = arg;
	struct mm_struct *mm = current->mm;
	int err = 0;

	if (out->reserved)
		return -EINVAL;

	mmap_read_lock(mm);
	if (vma_lookup(mm, out->address))
		pfnmap_leaf_of(mm, out);
	else
		err = -EFAULT;
	mmap_read_unlock(mm);

	return err;
}
