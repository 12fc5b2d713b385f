// SPDX-License-Identifier: GPL-2.0-only
// Trap:	I/O memory by vmf_insert_pfn() without pgprot_decrypted(). In a guest whose RAM
//		is encrypted (SEV, TDX) the entry says that the device's memory is encrypted,
//		too: what the process writes does not reach the device.
// Shown by:	no test, which would need such a guest. io_remap_pfn_range() is the helper that
//		calls pgprot_decrypted() by itself.
// Fix:		vma->vm_page_prot = pgprot_decrypted(vma->vm_page_prot) in mmap()
// Since:	5.7
// See:		docs/audit.md#encrypted-io
// Files:	vmf_insert_pfn
//
// Memory that has a page (page_to_pfn(), a folio) is RAM: the rule leaves it alone.

@plain@
@@
 pgprot_decrypted(...)

@ram@
expression vma, addr, e;
identifier f = {vmf_insert_pfn, vmf_insert_pfn_prot, vmf_insert_pfn_pmd, vmf_insert_pfn_pud};
position p;
@@
(
 f@p(vma, addr, <+... \(page_to_pfn\|folio_pfn\)(...) ...+>)
|
 f@p(vma, addr, <+... \(page_to_pfn\|folio_pfn\)(...) ...+>, e)
)

@from_page exists@
expression pfn, E;
identifier f = {vmf_insert_pfn, vmf_insert_pfn_prot, vmf_insert_pfn_pmd, vmf_insert_pfn_pud};
position p;
@@
(
 pfn = page_to_pfn(...)
|
 pfn = folio_pfn(...)
|
 pfn = folio_pfn(...) + E
)
 ... when any
 f@p(..., pfn, ...)

@to_page exists@
expression pfn;
identifier f = {vmf_insert_pfn, vmf_insert_pfn_prot, vmf_insert_pfn_pmd, vmf_insert_pfn_pud};
position p;
@@
 pfn_to_page(pfn)
 ... when any
 f@p(..., pfn, ...)

@io depends on !plain@
identifier f = {vmf_insert_pfn, vmf_insert_pfn_prot, vmf_insert_pfn_pmd, vmf_insert_pfn_pud};
position p != {ram.p, from_page.p, to_page.p};
@@
 f@p(...)

@script:python@
f << io.f;
p << io.p;
@@
coccilib.report.print_report(p[0], f"{f}() without pgprot_decrypted(), which "
                             "vm_page_prot needs if this is I/O memory")
