// SPDX-License-Identifier: GPL-2.0-only
// Trap:	a VM_PFNMAP VMA that may be private. vmf_insert_pfn() and its like have a
//		BUG_ON() for a private mapping with VM_MAYWRITE: any process that can open the
//		node stops the kernel.
// Shown by:	"private: vmf_insert_pfn is refused in mmap, also read-only"
// Fix:		refuse in mmap() a VMA for which vma_is_cow_mapping() is true
// Since:	ever
// Files:	vmf_insert_pfn

@refuses@
identifier f = {is_cow_mapping, vma_is_cow_mapping, vma_desc_is_cow_mapping,
	compat_vma_is_cow_mapping, compat_vma_desc_is_cow_mapping};
@@
 f(...)

@looks@
@@
(
 VM_SHARED
|
 VM_MAYSHARE
|
 VM_MAYWRITE
|
 VMA_SHARED_BIT
|
 VMA_MAYSHARE_BIT
|
 VMA_MAYWRITE_BIT
)

@mixed@
@@
(
 VM_MIXEDMAP
|
 VMA_MIXEDMAP_BIT
)

@inserts depends on !refuses && !looks && !mixed@
identifier f = {vmf_insert_pfn, vmf_insert_pfn_prot, vmf_insert_pfn_pmd, vmf_insert_pfn_pud};
position p;
@@
 f@p(...)

@script:python@
p << inserts.p;
f << inserts.f;
@@
coccilib.report.print_report(p[0], f"{f}() is a BUG_ON() in a private mapping, and nothing here "
                             "refuses one")
