// SPDX-License-Identifier: GPL-2.0-only
// Trap:	a fixed protection in place of vm_page_prot. PAGE_SHARED makes the memory of a
//		read-only mapping writable. Any of them loses the process's protection key, and
//		on arm64 with addresses of 52 bits (LPA2) it also has bits of the pfn.
// Shown by:	"pkeys: what faults in later has the VMA's key"
// Fix:		pass vma->vm_page_prot, or what pgprot_noncached() and its like make of it
// Since:	ever. Protection keys are there since 4.6, LPA2 since 6.9.
// See:		docs/audit.md#fixed-protection
// Files:	\bPAGE_(SHARED|READONLY|COPY|KERNEL)

@fixed@
identifier f = {remap_pfn_range, io_remap_pfn_range, vmf_insert_pfn_prot};
constant c = {PAGE_SHARED, PAGE_SHARED_EXEC, PAGE_READONLY, PAGE_READONLY_EXEC, PAGE_COPY,
	PAGE_COPY_EXEC, PAGE_KERNEL, PAGE_KERNEL_RO, PAGE_KERNEL_IO, PAGE_KERNEL_NOCACHE};
position p;
@@
 f@p(..., <+... c ...+>)

@script:python@
f << fixed.f;
c << fixed.c;
p << fixed.p;
@@
coccilib.report.print_report(p[0], f"{f}() is given {c}, not the protection of the VMA")

@stored@
expression vma;
constant c = {PAGE_SHARED, PAGE_SHARED_EXEC, PAGE_READONLY, PAGE_READONLY_EXEC, PAGE_COPY,
	PAGE_COPY_EXEC, PAGE_KERNEL, PAGE_KERNEL_RO, PAGE_KERNEL_IO, PAGE_KERNEL_NOCACHE};
position p;
@@
 vma->vm_page_prot@p = <+... c ...+>

@script:python@
c << stored.c;
p << stored.p;
@@
coccilib.report.print_report(p[0], f"vm_page_prot becomes {c}, not the protection of the VMA")
