// SPDX-License-Identifier: GPL-2.0-only
/* Makes the facts, by which rules.c judges, from what INSPECT tells. */
#include "explain.h"

#include <stdio.h>
#include <string.h>

#include "array.h"

/* Names of the uses, for people; in JSON they are "what". */
const char * const use_names[USES] = {
	[USE_READ] = "read",
	[USE_WRITE] = "write",
	[USE_PIN] = "pin",
	[USE_PIN_WRITE] = "pin write",
	[USE_LONGTERM] = "longterm pin",
	[USE_LONGTERM_WRITE] = "longterm pin write",
	[USE_DIRECT_WRITE] = "O_DIRECT write",
	[USE_DIRECT_READ] = "O_DIRECT read",
	[USE_PROCESS_VM] = "process_vm_readv",
	[USE_PTRACE] = "ptrace",
	[USE_FOLLOW] = "KVM and VFIO",
	[USE_HMM] = "hmm_range_fault",
	[USE_FORK] = "fork",
	[USE_MOVE] = "mremap move",
	[USE_GROW] = "mremap grow",
	[USE_MODE] = "mode",
};

/*
 * Before 6.15 ZONE_DEVICE pages have devmap entries. These look special, but GUP finds the page
 * behind a devmap entry. Only kernels with devmap entries have methods that make them.
 */
static bool has_devmap(const struct device *device)
{
	const struct pfnmap_test_describe *method;

	method = catalog_by_id(&device->catalog, PFNMAP_TEST_KIND_METHOD,
			       PFNMAP_TEST_METHOD_DEVMAP_PTE);
	return method && !method->error;
}

/* 6.5: "mm/gup: disallow FOLL_LONGTERM GUP-nonfast writing to file-backed mappings". */
static bool refuses_dirty_tracked(void)
{
	static int known = -1;
	char line[256];
	FILE *in;

	if (known >= 0)
		return known;
	known = 0;
	in = fopen("/proc/kallsyms", "re");
	if (!in)
		return false;
	while (!known && fgets(line, sizeof(line), in))
		known = !!strstr(line, " vma_needs_dirty_tracking");
	fclose(in);
	return known;
}

/* As vma_needs_dirty_tracking() decides. */
static bool dirty_tracked(uint64_t flags)
{
	const uint64_t written = PFNMAP_TEST_INSPECT_SHARED | PFNMAP_TEST_INSPECT_WRITE;
	const uint64_t told = PFNMAP_TEST_INSPECT_PAGE_MKWRITE |
			      PFNMAP_TEST_INSPECT_PFN_MKWRITE | PFNMAP_TEST_INSPECT_WRITEBACK;

	return (flags & written) == written && flags & told &&
	       !(flags & PFNMAP_TEST_INSPECT_ANON) && refuses_dirty_tracked();
}

/*
 * "io_uring: rsrc: delegate VMA file-backed check to GUP" came with the same version as the refusal
 * of vma_needs_dirty_tracking(), 6.5.
 */
static bool no_buffer(const struct vma *vma, uint64_t flags)
{
	static const char * const taken[] = { "/memfd:", "/dev/shm/", "/dev/zero", "/SYSV" };
	size_t i;

	if (!*vma->path || *vma->path == '[' || flags & PFNMAP_TEST_INSPECT_HUGETLB)
		return false;
	for (i = 0; i < ARRAY_SIZE(taken); i++)
		if (!strncmp(vma->path, taken[i], strlen(taken[i])))
			return false;
	return !refuses_dirty_tracked();
}

static uint64_t of_vma(const struct vma *vma, const struct pfnmap_test_inspect *at,
		       const struct pfnmap_test_inspect *first)
{
	uint64_t facts = at->flags;

	if (!(facts & PFNMAP_TEST_INSPECT_SHARED) && facts & PFNMAP_TEST_INSPECT_MAYWRITE)
		facts |= FACT_COW;
	if (!strncmp(vma->path, "/secretmem", strlen("/secretmem")))
		facts |= FACT_SECRETMEM;
	if (no_buffer(vma, facts))
		facts |= FACT_NO_BUFFER;
	if (dirty_tracked(facts))
		facts |= FACT_DIRTY_TRACKED;
	if (at->tracking != PFNMAP_TEST_TRACK_NONE)
		facts |= FACT_TRACKED;
	if (at->tracking == PFNMAP_TEST_TRACK_VM_PAT)
		facts |= FACT_VM_PAT;
	if (first->folio_flags & PFNMAP_TEST_FOLIO_ANON)
		facts |= FACT_FIRST_COPIED;
	return facts;
}

/*
 * The zero page's entry is special in every VMA. A VMA that takes neither pfns nor special entries
 * has no other special entry.
 */
static bool is_zero(const struct pfnmap_test_inspect *at)
{
	const uint64_t others = PFNMAP_TEST_INSPECT_IO | PFNMAP_TEST_INSPECT_PFNMAP |
				PFNMAP_TEST_INSPECT_MIXEDMAP | PFNMAP_TEST_INSPECT_DAX |
				PFNMAP_TEST_INSPECT_NORMAL_PAGE;

	return at->entry_flags & PFNMAP_TEST_LEAF_HUGE_ZERO ||
	       (at->entry_flags & PFNMAP_TEST_LEAF_SPECIAL && !(at->flags & others));
}

static uint64_t of_page(const struct device *device, const struct pfnmap_test_inspect *at)
{
	uint64_t facts = FACT_STRUCT_PAGE;

	if (!(at->entry_flags & PFNMAP_TEST_LEAF_SPECIAL) ||
	    at->flags & PFNMAP_TEST_INSPECT_NORMAL_PAGE)
		facts |= FACT_PAGE;
	if (at->flags & PFNMAP_TEST_INSPECT_DAX && at->pgmap && has_devmap(device))
		facts |= FACT_PAGE;
	if (at->folio_flags & PFNMAP_TEST_FOLIO_ANON)
		facts |= FACT_ANON_PAGE;
	if (at->folio_flags & PFNMAP_TEST_FOLIO_ZONE_DEVICE)
		facts |= FACT_ZONE_DEVICE;
	if (at->pgmap == PFNMAP_TEST_PGMAP_PCI_P2PDMA)
		facts |= FACT_P2PDMA;
	return facts;
}

/**
 * facts_of() - what is true of an entry and its VMA
 * @device: open device
 * @vma: the VMA by name
 * @at: what INSPECT says of the entry
 * @first: what INSPECT says of the VMA's first address
 *
 * Return: PFNMAP_TEST_INSPECT_* and FACT_*
 */
uint64_t facts_of(const struct device *device, const struct vma *vma,
		  const struct pfnmap_test_inspect *at, const struct pfnmap_test_inspect *first)
{
	uint64_t facts = of_vma(vma, at, first);

	if (!at->follow_error)
		facts |= FACT_FOLLOWED;
	if (!(at->entry_flags & PFNMAP_TEST_LEAF_PRESENT))
		return facts;
	facts |= FACT_PRESENT;
	if (at->entry_flags & PFNMAP_TEST_LEAF_WRITABLE)
		facts |= FACT_WRITABLE;
	if (at->entry_flags & PFNMAP_TEST_LEAF_SPECIAL)
		facts |= FACT_SPECIAL;
	if (is_zero(at))
		facts |= FACT_ZERO;
	if (at->level == PFNMAP_TEST_LEVEL_PMD)
		facts |= FACT_PMD;
	if (at->level == PFNMAP_TEST_LEVEL_PUD)
		facts |= FACT_PUD;
	if (at->cache_mode != at->prot_mode)
		facts |= FACT_OTHER_MODE;
	return at->folio_error ? facts : facts | of_page(device, at);
}
