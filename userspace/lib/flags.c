// SPDX-License-Identifier: GPL-2.0-only
/* What the programs call each flag that the module sets, and each type of page map. */
#include "flags.h"

#include <stdio.h>

#include <pfnmap_test.h>

#include "array.h"

const struct flag desc_flags[] = {
	{ PFNMAP_TEST_DESC_COW, "cow" },
	{ PFNMAP_TEST_DESC_FAULT, "fault" },
	{ PFNMAP_TEST_DESC_CARVED, "carved" },
	{ PFNMAP_TEST_DESC_PREPARE, "prepare" },
	{ PFNMAP_TEST_DESC_FOLIO, "folio" },
	{ PFNMAP_TEST_DESC_PCI, "pci" },
	{ PFNMAP_TEST_DESC_ACCESS, "access" },
	{ PFNMAP_TEST_DESC_RESERVES, "reserves" },
	{ 0 }
};

const struct flag map_flags[] = {
	{ PFNMAP_TEST_MAP_PARTIAL, "partial" },
	{ PFNMAP_TEST_MAP_CHUNKED, "chunked" },
	{ PFNMAP_TEST_MAP_TWICE, "twice" },
	{ PFNMAP_TEST_MAP_PGPROT_WC, "pgprot_writecombine" },
	{ PFNMAP_TEST_MAP_FAIL, "fail" },
	{ PFNMAP_TEST_MAP_NO_MAYWRITE, "no_maywrite" },
	{ PFNMAP_TEST_MAP_MOVED, "moved" },
	{ PFNMAP_TEST_MAP_MKWRITE, "mkwrite" },
	{ PFNMAP_TEST_MAP_IO, "io" },
	{ PFNMAP_TEST_MAP_BY_FAULT, "by_fault" },
	{ PFNMAP_TEST_MAP_AGAIN, "again" },
	{ PFNMAP_TEST_MAP_AROUND, "around" },
	{ PFNMAP_TEST_MAP_AROUND_OTHER, "around_other" },
	{ PFNMAP_TEST_MAP_NARROWED, "narrowed" },
	{ PFNMAP_TEST_MAP_PRIVATE, "private" },
	{ 0 }
};

const struct flag folio_flags[] = {
	{ PFNMAP_TEST_FOLIO_ZONE_DEVICE, "zone-device" },
	{ PFNMAP_TEST_FOLIO_DIRTY, "dirty" },
	{ PFNMAP_TEST_FOLIO_MAPPING, "mapping" },
	{ PFNMAP_TEST_FOLIO_TAIL, "tail" },
	{ PFNMAP_TEST_FOLIO_ANON, "anon" },
	{ PFNMAP_TEST_FOLIO_HWPOISON, "hwpoison" },
	{ 0 }
};

const struct flag info_flags[] = {
	{ PFNMAP_TEST_INFO_PAT, "pat" },
	{ PFNMAP_TEST_INFO_MEMTYPE, "memtype-query" },
	{ PFNMAP_TEST_INFO_TRACK_CTX, "track-ctx" },
	{ PFNMAP_TEST_INFO_VM_PAT, "vm-pat" },
	{ 0 }
};

const struct flag inspect_flags[] = {
	{ PFNMAP_TEST_INSPECT_READ, "read" },
	{ PFNMAP_TEST_INSPECT_WRITE, "write" },
	{ PFNMAP_TEST_INSPECT_EXEC, "exec" },
	{ PFNMAP_TEST_INSPECT_SHARED, "shared" },
	{ PFNMAP_TEST_INSPECT_MAYREAD, "mayread" },
	{ PFNMAP_TEST_INSPECT_MAYWRITE, "maywrite" },
	{ PFNMAP_TEST_INSPECT_MAYSHARE, "mayshare" },
	{ PFNMAP_TEST_INSPECT_IO, "io" },
	{ PFNMAP_TEST_INSPECT_PFNMAP, "pfnmap" },
	{ PFNMAP_TEST_INSPECT_MIXEDMAP, "mixedmap" },
	{ PFNMAP_TEST_INSPECT_DONTCOPY, "dontcopy" },
	{ PFNMAP_TEST_INSPECT_DONTEXPAND, "dontexpand" },
	{ PFNMAP_TEST_INSPECT_DONTDUMP, "dontdump" },
	{ PFNMAP_TEST_INSPECT_HUGETLB, "hugetlb" },
	{ PFNMAP_TEST_INSPECT_LOCKED, "locked" },
	{ PFNMAP_TEST_INSPECT_WIPEONFORK, "wipeonfork" },
	{ PFNMAP_TEST_INSPECT_ANON, "anon" },
	{ PFNMAP_TEST_INSPECT_ANON_VMA, "anon_vma" },
	{ PFNMAP_TEST_INSPECT_DAX, "dax" },
	{ PFNMAP_TEST_INSPECT_FSDAX, "fsdax" },
	{ PFNMAP_TEST_INSPECT_WRITEBACK, "writeback" },
	{ PFNMAP_TEST_INSPECT_FAULT, "fault()" },
	{ PFNMAP_TEST_INSPECT_HUGE_FAULT, "huge_fault()" },
	{ PFNMAP_TEST_INSPECT_ACCESS, "access()" },
	{ PFNMAP_TEST_INSPECT_PAGE_MKWRITE, "page_mkwrite()" },
	{ PFNMAP_TEST_INSPECT_PFN_MKWRITE, "pfn_mkwrite()" },
	{ PFNMAP_TEST_INSPECT_NORMAL_PAGE, "find_normal_page()" },
	{ 0 }
};

/**
 * flags_text() - names of the bits that are set, for display
 * @flags: names of the bits; others are left out
 * @value: the bits
 * @between: what separates two names
 *
 * Return: the names, which the caller frees, or NULL
 */
char *flags_text(const struct flag *flags, uint64_t value, const char *between)
{
	char *text = NULL;
	size_t len;
	FILE *out;

	out = open_memstream(&text, &len);
	if (!out)
		return NULL;
	for (; flags->name; flags++)
		if (value & flags->bit)
			fprintf(out, "%s%s", ftell(out) ? between : "", flags->name);
	fclose(out);
	return text;
}

/**
 * pgmap_name() - name a type of page map, for display
 * @pgmap: enum pfnmap_test_pgmap
 *
 * Return: as the kernel's enum memory_type has it, "none", or "?"
 */
const char *pgmap_name(uint32_t pgmap)
{
	static const char * const names[] = {
		[PFNMAP_TEST_PGMAP_NONE] = "none",
		[PFNMAP_TEST_PGMAP_PRIVATE] = "private",
		[PFNMAP_TEST_PGMAP_COHERENT] = "coherent",
		[PFNMAP_TEST_PGMAP_FS_DAX] = "fs_dax",
		[PFNMAP_TEST_PGMAP_GENERIC] = "generic",
		[PFNMAP_TEST_PGMAP_PCI_P2PDMA] = "pci_p2pdma",
	};

	return pgmap < ARRAY_SIZE(names) ? names[pgmap] : "?";
}
