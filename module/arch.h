/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Everything that depends on the architecture, but for what x86 alone has: the
 * memtype tree (memtype.c, reserve.c), and carving boot memory (carve.c).
 */
#ifndef PFNMAP_TEST_ARCH_H
#define PFNMAP_TEST_ARCH_H

#include <linux/bits.h>
#include <linux/ioport.h>
#include <linux/minmax.h>
#include <linux/pgtable.h>

#ifdef CONFIG_X86
#include <asm/memtype.h>
#include <asm/pgtable_types.h>
#else
#define pat_enabled()	false
#endif

#ifdef CONFIG_ARM64
#include <asm/cpufeature.h>
#endif

/*
 * Cache modes by x86's names: cachemode2protval() makes the bits of an entry from one,
 * and _PAGE_CACHE_MASK has all of these bits. NO_CACHE_MODE stands for each mode that
 * the architecture lacks; no entry has its bits.
 */
#if defined(CONFIG_ARM64)
#define NO_CACHE_MODE	8

/* Indexes into MAIR_EL1, the ones that pgprot_*() choose. */
enum page_cache_mode {
	_PAGE_CACHE_MODE_WB = MT_NORMAL,
	_PAGE_CACHE_MODE_WC = MT_NORMAL_NC,
	_PAGE_CACHE_MODE_UC_MINUS = NO_CACHE_MODE,
	_PAGE_CACHE_MODE_UC = MT_DEVICE_nGnRnE,
	_PAGE_CACHE_MODE_WT = NO_CACHE_MODE,
	_PAGE_CACHE_MODE_WP = NO_CACHE_MODE,
};

#define _PAGE_CACHE_MASK	PTE_ATTRINDX_MASK
#define cachemode2protval(pcm)	PTE_ATTRINDX(pcm)

/* pgprot_*() also take the right to execute away, except for write-back. */
#define PFNMAP_CACHE_NX(pcm)						\
	((pcm) == _PAGE_CACHE_MODE_WB ? 0 : PTE_PXN | PTE_UXN)
#elif !defined(CONFIG_X86)
/* UML's entries have no bits for a cache mode, so all modes are the same. */
enum page_cache_mode {
	_PAGE_CACHE_MODE_WB,
	_PAGE_CACHE_MODE_WC,
	_PAGE_CACHE_MODE_UC_MINUS,
	_PAGE_CACHE_MODE_UC,
	_PAGE_CACHE_MODE_WT,
	_PAGE_CACHE_MODE_WP,
};

#define _PAGE_CACHE_MASK	0UL
#define cachemode2protval(pcm)	((pcm) * 0UL)
#endif

#ifndef PFNMAP_CACHE_NX
#define PFNMAP_CACHE_NX(pcm)	0UL
#endif

/* The last physical address that the CPU can have; x86 sets iomem_resource to it. */
#ifdef CONFIG_ARM64
static inline u64 pfnmap_phys_last(void)
{
	u64 range = cpuid_feature_extract_unsigned_field(read_cpuid(ID_AA64MMFR0_EL1),
							 ID_AA64MMFR0_EL1_PARANGE_SHIFT);

	return min_t(u64, PHYS_MASK,
		     BIT_ULL(id_aa64mmfr0_parange_to_phys_shift(range)) - 1);
}
#else
static inline u64 pfnmap_phys_last(void)
{
	return iomem_resource.end;
}
#endif

/* The cache mode that pgprot_noncached() sets. */
#ifdef CONFIG_ARM64
#define PFNMAP_CACHE_NONCACHED	PFNMAP_TEST_CACHE_UC
#else
#define PFNMAP_CACHE_NONCACHED	PFNMAP_TEST_CACHE_UC_MINUS
#endif

/*
 * The protection of a large leaf, with its bits where a small leaf has them. UML has no
 * large leaves, and lacks some of the kernel's functions about them.
 */
#if defined(CONFIG_X86)
#define PFNMAP_HAVE_LARGE_LEAVES

static inline pgprot_t pfnmap_pmd_pgprot(pmd_t pmd)
{
	return pgprot_large_2_4k(__pgprot(pmd_flags(pmd)));
}

static inline pgprot_t pfnmap_pud_pgprot(pud_t pud)
{
	return pgprot_large_2_4k(__pgprot(pud_flags(pud)));
}
#elif defined(CONFIG_ARM64)
#define PFNMAP_HAVE_LARGE_LEAVES
#define pud_dirty(pud)	pte_dirty(pud_pte(pud))

static inline pgprot_t pfnmap_pmd_pgprot(pmd_t pmd)
{
	return pte_pgprot(pmd_pte(pmd));
}

static inline pgprot_t pfnmap_pud_pgprot(pud_t pud)
{
	return pte_pgprot(pud_pte(pud));
}
#endif

#endif /* PFNMAP_TEST_ARCH_H */
