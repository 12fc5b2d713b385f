// SPDX-License-Identifier: GPL-2.0-only
// Trap:	a copy of the VMA, often on the stack and with other ends, is given to a helper.
//		The helper sets the copy's flags, and since 6.16 the copy has the reservation:
//		the VMA itself is not VM_PFNMAP, and nothing ever frees the reservation.
// Shown by:	the finding copied-vma. The finding buffers-move-vma has the same aim with the
//		VMA itself.
// Fix:		map one extent after the other by fault: patterns/extents_vmf_insert_pfn.c
// Since:	ever
// See:		docs/audit.md#copied-vma
// Files:	struct\s+vm_area_struct\s+[a-z_]+\s*[;=,]|sizeof\s*\(\s*(struct\s+vm_area_struct|\*\s*\w*vma)\s*\)

@local@
type T = struct vm_area_struct;
identifier v;
position p;
@@
(
 T v@p;
|
 T v@p = ...;
)

@use@
identifier v;
identifier f = {remap_pfn_range, io_remap_pfn_range, vm_iomap_memory, vm_insert_page,
	vm_insert_pages, vm_map_pages, vm_map_pages_zero, remap_vmalloc_range,
	dma_mmap_coherent, dma_mmap_attrs, dma_mmap_wc, dma_mmap_pages,
	dma_mmap_noncoherent, dma_mmap_noncontiguous, vmf_insert_pfn, vmf_insert_pfn_prot,
	vmf_insert_mixed, vmf_insert_page};
position q;
@@
 f@q(..., &v, ...)

@script:python@
v << use.v;
f << use.f;
q << use.q;
@@
coccilib.report.print_report(q[0], f"{f}() is given {v}, a copy of a VMA; the VMA itself stays "
                             "as it was")
