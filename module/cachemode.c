// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cache modes: names, protection bits, and back.
 */
#include <linux/bug.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/pgtable.h>

#include "arch.h"
#include "pfnmap_test.h"

/*
 * Names as in debugfs' pat_memtype_list. Where PAT is off, several modes have the
 * same bits: then the bits stand for the mode with the lowest number.
 */
static const struct {
	const char *name;
	unsigned int pcm; /* the architecture's number */
} modes[] = {
	[PFNMAP_TEST_CACHE_WB]	     = { "write-back", PFNMAP_PCM_WB },
	[PFNMAP_TEST_CACHE_UC_MINUS] = { "uncached-minus", PFNMAP_PCM_UC_MINUS },
	[PFNMAP_TEST_CACHE_UC]	     = { "uncached", PFNMAP_PCM_UC },
	[PFNMAP_TEST_CACHE_WC]	     = { "write-combining", PFNMAP_PCM_WC },
	[PFNMAP_TEST_CACHE_WT]	     = { "write-through", PFNMAP_PCM_WT },
	[PFNMAP_TEST_CACHE_WP]	     = { "write-protected", PFNMAP_PCM_WP },
};

/**
 * pfnmap_cachemode_name - the kernel's name of a cache mode
 * @mode: enum pfnmap_test_cache_mode, or anything
 *
 * Return: the name, or NULL if there is no such mode.
 */
const char *pfnmap_cachemode_name(u32 mode)
{
	return mode < ARRAY_SIZE(modes) ? modes[mode].name : NULL;
}

/**
 * pfnmap_cachemode_exists - whether the architecture has a cache mode
 * @mode: one that has a name
 *
 * Return: true if it has, even where PAT is off and another mode takes its place.
 */
bool pfnmap_cachemode_exists(u32 mode)
{
	return !(PFNMAP_CACHE_BITS(modes[mode].pcm) & ~PFNMAP_CACHE_MASK);
}

/**
 * pfnmap_cachemode_set - replace the cache mode of a protection
 * @prot: protection of a 4 KiB entry
 * @mode: enum pfnmap_test_cache_mode that exists
 *
 * Before 6.16 pgprot_writecombine() and its siblings OR their bits in, so they
 * can't replace one mode by another.
 *
 * Return: the new protection.
 */
pgprot_t pfnmap_cachemode_set(pgprot_t prot, u32 mode)
{
	return __pgprot((pgprot_val(prot) & ~PFNMAP_CACHE_MASK) |
			PFNMAP_CACHE_BITS(modes[mode].pcm) |
			PFNMAP_CACHE_NX(modes[mode].pcm));
}

/**
 * pfnmap_cachemode_get - the cache mode of a protection
 * @prot: protection of a 4 KiB entry; for a large leaf, what pfnmap_*_pgprot()
 *	returns
 *
 * Return: enum pfnmap_test_cache_mode, or 0 for bits that stand for no mode.
 */
u32 pfnmap_cachemode_get(pgprot_t prot)
{
	unsigned long bits = pgprot_val(prot) & PFNMAP_CACHE_MASK;
	u32 mode;

	for (mode = 1; mode < ARRAY_SIZE(modes); mode++) {
		if (PFNMAP_CACHE_BITS(modes[mode].pcm) == bits)
			return mode;
	}

	return 0;
}

#ifdef CONFIG_X86
/**
 * pfnmap_cachemode_get_kernel - the cache mode of a kernel mapping
 * @addr: kernel virtual address
 *
 * Return: enum pfnmap_test_cache_mode, or 0 if nothing is mapped there.
 */
u32 pfnmap_cachemode_get_kernel(const void *addr)
{
	unsigned int level;
	pgprot_t prot;
	pte_t *pte;

	pte = lookup_address((unsigned long)addr, &level);
	if (!pte || !pte_present(*pte))
		return 0;

	/* A large leaf has its PAT bit where a small leaf has a bit of the pfn. */
	switch (level) {
	case PG_LEVEL_4K:
		prot = __pgprot(pte_flags(*pte));
		break;
	case PG_LEVEL_2M:
		prot = pfnmap_pmd_pgprot(*(pmd_t *)pte);
		break;
	default:
		prot = pfnmap_pud_pgprot(*(pud_t *)pte);
	}

	return pfnmap_cachemode_get(prot);
}
#endif

/**
 * pfnmap_cachemode_distinct - the modes that the CPU can tell apart
 *
 * Return: mask of enum pfnmap_test_cache_mode.
 */
u64 pfnmap_cachemode_distinct(void)
{
	u64 mask = 0;
	u32 mode;

	for (mode = 1; mode < ARRAY_SIZE(modes); mode++) {
		if (pfnmap_cachemode_exists(mode) &&
		    pfnmap_cachemode_get(pfnmap_cachemode_set(__pgprot(0), mode)) == mode)
			mask |= PFNMAP_TEST_BIT(mode);
	}

	return mask;
}

#ifdef CONFIG_X86
/**
 * pfnmap_cachemode_from_pat - the uapi's number of a cache mode
 * @pcm: the kernel's number
 *
 * Return: enum pfnmap_test_cache_mode, or 0 if there is no such mode.
 */
u32 pfnmap_cachemode_from_pat(enum page_cache_mode pcm)
{
	u32 mode;

	for (mode = 1; mode < ARRAY_SIZE(modes); mode++) {
		if (modes[mode].pcm == pcm)
			return mode;
	}

	return 0;
}
#endif
