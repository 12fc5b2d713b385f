// SPDX-License-Identifier: GPL-2.0-only
// Trap:	pgprot_writecombine() for a VMA that is mapped by fault. vmf_insert_pfn() and
//		its like ignore the cache bits, and take the mode that the page is reserved in:
//		outside of RAM uncached-minus, if nobody holds a reservation.
// Shown by:	"vmf_insert_pfn: write-combining, unreserved, yields uncached-minus"
// Fix:		reserve first: patterns/arch_io_reserve_memtype_wc.c, io_mapping_init_wc.c
// Since:	ever, on x86 with PAT. Other architectures take the mode of vm_page_prot.
// Files:	pgprot_writecombine[\s\S]*vmf_insert_(pfn|mixed)|vmf_insert_(pfn|mixed)[\s\S]*pgprot_writecombine

@inserts@
identifier f = {vmf_insert_pfn, vmf_insert_pfn_prot, vmf_insert_pfn_pmd, vmf_insert_pfn_pud,
	vmf_insert_mixed};
@@
 f(...)

@reserves@
identifier f = {arch_io_reserve_memtype_wc, devm_arch_io_reserve_memtype_wc,
	io_mapping_init_wc, io_mapping_create_wc, ioremap_wc, devm_ioremap_wc,
	devm_ioremap_resource_wc, pci_iomap_wc, pci_iomap_wc_range, pcim_iomap_wc,
	set_memory_wc, set_pages_array_wc};
@@
 f(...)

@initialize:python@
@@
# The functions that map for the kernel: the mode that they ask for is that mapping's.
kernel, asks = set(), []

@vmaps@
position p;
@@
 vmap@p(...)

@script:python@
p << vmaps.p;
@@
kernel.add((p[0].file, p[0].current_element))

@asked depends on inserts && !reserves@
position p;
@@
 pgprot_writecombine@p(...)

@script:python@
p << asked.p;
@@
asks.append(p[0])

@finalize:python@
@@
for place in asks:
    if (place.file, place.current_element) not in kernel:
        coccilib.report.print_report(place, "write-combining is asked for by fault, and nothing "
                                     "here reserves it: x86 ignores the mode")
