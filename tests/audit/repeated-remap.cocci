// SPDX-License-Identifier: GPL-2.0-only
// Trap:	remap_pfn_range() more than once over one VMA, or over a part of it. A part
//		reserves nothing and ignores the mode of vm_page_prot: outside of RAM the range
//		is uncached-minus if nobody holds it. The whole VMA a second time is -EINVAL.
// Shown by:	"remap_pfn_range: part of the VMA reserves nothing and yields uncached-minus",
//		"remap_pfn_range: twice over one VMA is refused, or on old kernels forgets the
//		first"
// Fix:		one call for the whole VMA; by fault what is in pieces
// Since:	ever; the whole VMA a second time: -EINVAL since 6.16, BUG_ON() before
// Files:	\b(io_)?remap_pfn_range\s*\(

@initialize:python@
@@
# The functions that look at the VMA's size, and the calls that remap a given size.
sized, remaps = set(), []

@again exists@
expression vma;
identifier f = {remap_pfn_range, io_remap_pfn_range};
identifier g = {remap_pfn_range, io_remap_pfn_range};
position p, q;
@@
 f@p(vma, ...)
 ... when any
 g@q(vma, ...)

@script:python@
p << again.p;
q << again.q;
g << again.g;
@@
loop = (p[0].line, p[0].column) == (q[0].line, q[0].column)
coccilib.report.print_report(q[0], f"{g}() in a loop: parts of a VMA reserve no mode" if loop else
                             f"{g}() once more over one VMA: parts reserve no mode")

@part@
struct vm_area_struct *vma;
expression E;
identifier f = {remap_pfn_range, io_remap_pfn_range};
position p != again.q;
@@
 f@p(vma, vma->vm_start + E, ...)

@script:python@
p << part.p;
f << part.f;
@@
coccilib.report.print_report(p[0], f"{f}() of a part of the VMA reserves no mode")

@bound@
expression e;
identifier end = {vm_end, end};
identifier f = {vma_pages, vma_size, vma_desc_size, vma_desc_pages};
position p;
@@
(
 e->end@p
|
 e.end@p
|
 f@p(...)
)

@script:python@
p << bound.p;
@@
sized.add((p[0].file, p[0].current_element))

@sole@
expression vma, addr, pfn, size, prot;
identifier f = {remap_pfn_range, io_remap_pfn_range};
position p != {again.q, part.p};
@@
 f@p(vma, addr, pfn, size, prot)

@script:python@
p << sole.p;
f << sole.f;
@@
remaps.append((p[0], f))

@finalize:python@
@@
for place, f in remaps:
    if (place.file, place.current_element) not in sized:
        coccilib.report.print_report(place, f"{f}() of a size that nothing here compares with "
                                     "the VMA's: a part reserves no mode")
