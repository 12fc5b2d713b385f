// SPDX-License-Identifier: GPL-2.0-only
/*
 * Operations that the fuzzer avoids, because the kernel is known to go wrong in them, whatever our
 * module does. docs/findings.md and the tests named below tell more.
 */
#include "fuzz.h"

#include <sys/mman.h>

#include <array.h>

#define RELEASE(major, minor)	((major) << 16 | (minor))

/* True if leaves of @level may map the slot. SET_MAP's level limits leaves of folios, too. */
static bool may_have(const struct slot *slot, uint32_t level)
{
	return slot->mapped && slot->file >= 0 && (!slot->known || slot->map.level >= level);
}

enum family {
	FAMILY_remap = 1,
	FAMILY_pfn,
	FAMILY_wc,
	FAMILY_large,
	FAMILY_mixed,
	FAMILY_page,
	FAMILY_folio,
	FAMILY_devmap,
	FAMILY_zero,
	FAMILY_hook,
};

static enum family family_of(const struct slot *slot)
{
	static const enum family families[] = {
#define METHOD(id, name, family, have)	\
	[PFNMAP_TEST_METHOD_##id] = FAMILY_##family,
#include "../../module/patterns/list.h"
#undef METHOD
	};

	return slot->map.method < ARRAY_SIZE(families) ? families[slot->map.method] : 0;
}

static bool is_devmap(const struct slot *slot)
{
	return !slot->known || family_of(slot) == FAMILY_devmap;
}

/* True for remap_pfn_range() and its callers, and for methods that reserve a mode themselves. */
static bool may_be_tracked(const struct slot *slot)
{
	enum family family = family_of(slot);

	if (!slot->mapped || slot->file < 0)
		return false;
	if (!slot->known)
		return true;
	return (family == FAMILY_remap || family == FAMILY_wc) &&
	       slot->map.region != PFNMAP_TEST_REGION_RAM;
}

static bool warnings_panic(void)
{
	return fuzz.warnings_panic;
}

static bool has_vm_pat(void)
{
	return fuzz.info.flags & PFNMAP_TEST_INFO_VM_PAT;
}

static bool before_6_12(void)
{
	return fuzz.release < RELEASE(6, 12);
}

static bool no_access_to_pud(const struct intent *intent)
{
	return intent->kind == KIND_MPROTECT && intent->prot == PROT_NONE &&
	       may_have(intent->slot, PFNMAP_TEST_LEVEL_PUD);
}

static bool splits_tracked(const struct intent *intent)
{
	return intent->part && intent->slot && may_be_tracked(intent->slot);
}

static bool forks_copies(const struct intent *intent)
{
	int i;

	if (intent->kind != KIND_FORK)
		return false;
	for (i = 0; i < SLOTS; i++)
		if (may_be_tracked(&fuzz.slots[i]) && !fuzz.slots[i].shared)
			return true;
	return false;
}

static bool reclaims_devmap(const struct intent *intent)
{
	return intent->kind == KIND_MADVISE && may_have(intent->slot, PFNMAP_TEST_LEVEL_PMD) &&
	       is_devmap(intent->slot) &&
	       (intent->advice == MADV_COLD || intent->advice == MADV_PAGEOUT);
}

static const struct {
	const char *why;
	bool (*here)(void);
	bool (*hits)(const struct intent *intent);
} traps[] = {
	/* pudp_invalidate(): zone-device-refs.bats */
	{ "a 1 GiB leaf without access warns at the next mprotect()",
	  warnings_panic, no_access_to_pud },
	/* untrack_pfn() by the VMA that is left: tracking.bats, tracking-mremap.bats */
	{ "a tracked VMA that is split leaks its reservation", has_vm_pat, splits_tracked },
	/* get_pat_info() of a page that was copied: cow-fork.bats */
	{ "fork of a tracked private VMA leaks its reservation", has_vm_pat, forks_copies },
	/* madvise_cold_or_pageout_pte_range(): module/kernel-only/devmap.c */
	{ "a 2 MiB devmap leaf is taken for a broken table", before_6_12, reclaims_devmap },
};

/**
 * avoid() - is an operation a trap?
 * @intent: what the operation is about to do
 *
 * Says which operations it avoids, and counts them.
 *
 * Return: true if the caller must not do the operation
 */
bool avoid(const struct intent *intent)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(traps); i++) {
		if (!traps[i].here() || !traps[i].hits(intent))
			continue;
		say("avoided: %s\n", traps[i].why);
		__atomic_fetch_add(&fuzz.counts->avoided, 1, __ATOMIC_RELAXED);
		return true;
	}
	return false;
}
