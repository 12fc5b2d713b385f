// SPDX-License-Identifier: GPL-2.0-only
// Trap:	a huge_fault() that does not check its leaf. No helper looks whether the leaf is
//		inside the VMA, nor whether the pfn is as far into the leaf as the address is.
// Shown by:	"C4: a VMA that begins or ends inside of 2 MiB has small leaves there",
//		"C4: memory that is not as far into 2 MiB as the address is has small leaves"
// Fix:		leaf_fits() of patterns/large_leaf.h; VM_FAULT_FALLBACK if it does not fit
// Since:	ever. vmf_insert_pfn_pmd() in a VM_PFNMAP VMA is for kernels since 6.12.
// Files:	vmf_insert_(pfn|folio)_(pmd|pud)
//
// A check may be in the function, in what it calls, in its caller, or in what the caller calls.
// The rule takes a function of another file for a check if its name has "fit" or "align".

@initialize:python@
@@
import re
calls, inside, aligned, leaves = {}, set(), set(), []

@call@
identifier f;
position p;
@@
 f@p(...)

@script:python@
f << call.f;
p << call.p;
@@
calls.setdefault((p[0].file, p[0].current_element), set()).add(f)

@bound@
expression e;
identifier end = {vm_end, vma_end};
position p;
@@
 e->end@p

@script:python@
p << bound.p;
@@
inside.add((p[0].file, p[0].current_element))

@align@
expression a, b, c, d;
position p;
@@
(
 IS_ALIGNED@p(...)
|
 (a & b) ==@p (c & d)
|
 (a & b) !=@p (c & d)
)

@script:python@
p << align.p;
@@
aligned.add((p[0].file, p[0].current_element))

@leaf@
identifier f = {vmf_insert_pfn_pmd, vmf_insert_pfn_pud, vmf_insert_folio_pmd,
	vmf_insert_folio_pud};
position p;
@@
 f@p(...)

@script:python@
f << leaf.f;
p << leaf.p;
@@
leaves.append((p[0], f))

@finalize:python@
@@
for place, f in leaves:
    fn, file = place.current_element, place.file
    near = {fn} | {caller for at, caller in calls if at == file and fn in calls[at, caller]}
    near |= {callee for one in near for callee in calls.get((file, one), ())}
    here = {one for at, one in [*calls, *inside, *aligned] if at == file}
    by_name = any(re.search("fit|align", name) for name in near - here)
    if not by_name and not any((file, one) in inside for one in near):
        coccilib.report.print_report(place, f"{f}(): nothing here checks that the leaf is inside "
                                     "the VMA")
    elif not by_name and "pfn" in f and not any((file, one) in aligned for one in near):
        coccilib.report.print_report(place, f"{f}(): nothing here checks that the pfn is as "
                                     "aligned as the address")
