// SPDX-License-Identifier: GPL-2.0-only
// Trap:	the driver moves vm_start or vm_end so that a helper takes a part of the VMA for
//		all of it. The helper reserves memory for a VMA that does not exist.
// Shown by:	the finding buffers-move-vma
// Fix:		map one extent after the other by fault: patterns/extents_vmf_insert_pfn.c
// Since:	ever. Since 6.16 the second call is -EINVAL, where the kernel tracks pfns (x86);
//		before, munmap() gives back one reservation of many.
// Files:	\bvm_(start|end)\s*[-+]?=[^=]

@moved exists@
struct vm_area_struct *vma;
expression E;
identifier f = {remap_pfn_range, io_remap_pfn_range, vm_iomap_memory, remap_vmalloc_range,
	dma_mmap_coherent, dma_mmap_attrs, dma_mmap_wc, dma_mmap_pages,
	dma_mmap_noncoherent, dma_mmap_noncontiguous};
position p;
@@
(
 vma->vm_start = E
|
 vma->vm_end = E
|
 vma->vm_start += E
|
 vma->vm_end += E
|
 vma->vm_start -= E
|
 vma->vm_end -= E
)
 ... when any
 f@p(...)

@script:python@
p << moved.p;
f << moved.f;
@@
coccilib.report.print_report(p[0], f"{f}() is called with vm_start or vm_end moved; "
                             "map by fault what is not in one piece")
