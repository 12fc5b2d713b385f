/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Everything that depends on the architecture, except what only x86 has: the
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
#endif

#ifdef CONFIG_ARM64
#include <asm/cpufeature.h>
#endif

/* Whether PAT is on. Only x86 has PAT. */
static inline bool pfnmap_pat_enabled(void)
{
#ifdef CONFIG_X86
	return pat_enabled();
#else
	return false;
#endif
}

/*
 * Cache modes, by the architecture's numbers: PFNMAP_CACHE_BITS() turns a number into the
 * bits of an entry, and PFNMAP_CACHE_MASK has all of these bits. PFNMAP_PCM_NONE stands for
 * each mode that the architecture lacks; no entry has its bits.
 */
#if defined(CONFIG_X86)
#define PFNMAP_PCM_WB		_PAGE_CACHE_MODE_WB
#define PFNMAP_PCM_WC		_PAGE_CACHE_MODE_WC
#define PFNMAP_PCM_UC_MINUS	_PAGE_CACHE_MODE_UC_MINUS
#define PFNMAP_PCM_UC		_PAGE_CACHE_MODE_UC
#define PFNMAP_PCM_WT		_PAGE_CACHE_MODE_WT
#define PFNMAP_PCM_WP		_PAGE_CACHE_MODE_WP

#define PFNMAP_CACHE_MASK	_PAGE_CACHE_MASK
#define PFNMAP_CACHE_BITS(pcm)	cachemode2protval(pcm)
#elif defined(CONFIG_ARM64)
#define PFNMAP_PCM_NONE	8

/* Indexes into MAIR_EL1, as pgprot_*() choose them. */
#define PFNMAP_PCM_WB		MT_NORMAL
#define PFNMAP_PCM_WC		MT_NORMAL_NC
#define PFNMAP_PCM_UC_MINUS	PFNMAP_PCM_NONE
#define PFNMAP_PCM_UC		MT_DEVICE_nGnRnE
#define PFNMAP_PCM_WT		PFNMAP_PCM_NONE
#define PFNMAP_PCM_WP		PFNMAP_PCM_NONE

#define PFNMAP_CACHE_MASK	PTE_ATTRINDX_MASK
#define PFNMAP_CACHE_BITS(pcm)	PTE_ATTRINDX(pcm)

/* pgprot_*() also forbid execution, except for write-back. */
#define PFNMAP_CACHE_NX(pcm)						\
	((pcm) == PFNMAP_PCM_WB ? 0 : PTE_PXN | PTE_UXN)
#else
/* UML's entries have no bits for a cache mode, so all modes are the same. */
#define PFNMAP_PCM_WB		0
#define PFNMAP_PCM_WC		1
#define PFNMAP_PCM_UC_MINUS	2
#define PFNMAP_PCM_UC		3
#define PFNMAP_PCM_WT		4
#define PFNMAP_PCM_WP		5

#define PFNMAP_CACHE_MASK	0UL
#define PFNMAP_CACHE_BITS(pcm)	((pcm) * 0UL)
#endif

#ifndef PFNMAP_CACHE_NX
#define PFNMAP_CACHE_NX(pcm)	0UL
#endif

/* The last physical address that the CPU has. On x86 iomem_resource ends there. */
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

static inline bool pfnmap_pud_dirty(pud_t pud)
{
	return pud_dirty(pud);
}
#elif defined(CONFIG_ARM64)
#define PFNMAP_HAVE_LARGE_LEAVES

static inline pgprot_t pfnmap_pmd_pgprot(pmd_t pmd)
{
	return pte_pgprot(pmd_pte(pmd));
}

static inline pgprot_t pfnmap_pud_pgprot(pud_t pud)
{
	return pte_pgprot(pud_pte(pud));
}

/* arm64 has no pud_dirty(). */
static inline bool pfnmap_pud_dirty(pud_t pud)
{
	return pte_dirty(pud_pte(pud));
}
#endif

#endif /* PFNMAP_TEST_ARCH_H */
