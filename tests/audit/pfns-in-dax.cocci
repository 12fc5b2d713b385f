// SPDX-License-Identifier: GPL-2.0-only
// Trap:	pfns in a mapping whose inode is S_DAX. The kernel takes a 1 GiB leaf of pfns
//		there for a folio.
// Shown by:	the finding pfnmap-pud-in-dax
// Fix:		S_DAX only for what inserts folios; an inode for each open file, if the driver
//		offers both
// Since:	6.15
// Files:	\bS_DAX\b

@dax@
expression e;
@@
(
 e->i_flags = <+... S_DAX ...+>
|
 e->i_flags |= <+... S_DAX ...+>
|
 inode_set_flags(e, <+... S_DAX ...+>, ...)
)

@pfns depends on dax@
identifier f = {vmf_insert_pfn, vmf_insert_pfn_prot, vmf_insert_pfn_pmd, vmf_insert_pfn_pud,
	vmf_insert_mixed, remap_pfn_range, io_remap_pfn_range, vm_iomap_memory};
position p;
@@
 f@p(...)

@script:python@
f << pfns.f;
p << pfns.p;
@@
coccilib.report.print_report(p[0], f"{f}() where an inode is made S_DAX; pfns need "
                             "an inode without S_DAX")
