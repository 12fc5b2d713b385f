// SPDX-License-Identifier: GPL-2.0-only
// Trap:	a fault handler remaps: remap_pfn_range() changes the VMA's flags, for which
//		a fault does not hold the lock, and hits a BUG_ON() where another thread has
//		been faster.
// Shown by:	the findings remap-in-fault and remap-in-fault-race
// Fix:		map in mmap(), or by vmf_insert_pfn() in fault()
// Since:	ever. The missing lock: a warning from 6.9 to 7.0.
// Files:	\b(remap_pfn_range|vm_iomap_memory)\s*\(

@initialize:python@
@@
# Within a file: the fault handlers, which function calls which, and the remaps.
faults, calls, remaps = set(), {}, []

@handler@
identifier fn, vmf;
@@
 fn(..., struct vm_fault *vmf, ...) { ... }

@script:python@
fn << handler.fn;
@@
faults.add(fn)

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

@remap@
identifier f = {remap_pfn_range, io_remap_pfn_range, vm_iomap_memory};
position p;
@@
 f@p(...)

@script:python@
f << remap.f;
p << remap.p;
@@
remaps.append((p[0], f))

@finalize:python@
@@
for place, f in remaps:
    fn = place.current_element
    if fn in faults or any(fn in calls.get((place.file, fault), ()) for fault in faults):
        coccilib.report.print_report(place, f"{f}() in a fault handler; "
                                     "vmf_insert_pfn() is for faults")
