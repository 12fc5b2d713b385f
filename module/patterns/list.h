/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PATTERN(method, name, the kernel has it): one line for each method, in the order of
 * their numbers. The method is the rest of an enum pfnmap_test_method_id, the name both
 * what DESCRIBE says and that of the object, struct pfnmap_pattern pfnmap_NAME, which is
 * in a file here or in ../kernel-only.
 * No include guard: it is included for each use of the list.
 */
PATTERN(REMAP_PFN_RANGE, remap_pfn_range, true)
PATTERN(VMF_INSERT_PFN, vmf_insert_pfn, true)
PATTERN(IO_REMAP_PFN_RANGE, io_remap_pfn_range, true)
PATTERN(VM_IOMAP_MEMORY, vm_iomap_memory, true)
PATTERN(VMF_INSERT_PFN_PROT, vmf_insert_pfn_prot, true)
PATTERN(IO_MAPPING_INIT_WC, io_mapping_init_wc, true)
PATTERN(ARCH_IO_RESERVE_MEMTYPE_WC, arch_io_reserve_memtype_wc, true)
PATTERN(VMF_INSERT_PFN_PMD, vmf_insert_pfn_pmd, PFNMAP_HAVE_PMD)
PATTERN(VMF_INSERT_PFN_PUD, vmf_insert_pfn_pud, PFNMAP_HAVE_PUD)
PATTERN(VMF_INSERT_MIXED, vmf_insert_mixed, true)
PATTERN(VM_INSERT_PAGE, vm_insert_page, true)
PATTERN(VM_INSERT_PAGES, vm_insert_pages, true)
PATTERN(VMF_INSERT_PAGE_MKWRITE, vmf_insert_page_mkwrite, PFNMAP_HAVE_FOLIO)
PATTERN(VMF_INSERT_FOLIO_PMD, vmf_insert_folio_pmd, PFNMAP_HAVE_FOLIO && PFNMAP_HAVE_PMD)
PATTERN(VMF_INSERT_FOLIO_PUD, vmf_insert_folio_pud, PFNMAP_HAVE_FOLIO && PFNMAP_HAVE_PUD)
PATTERN(HUGE_ZERO_FOLIO, huge_zero_folio, PFNMAP_HAVE_HUGE_ZERO)
PATTERN(DEVMAP_PTE, devmap_pte, PFNMAP_HAVE_DEVMAP)
PATTERN(DEVMAP_PMD, devmap_pmd, PFNMAP_HAVE_DEVMAP && PFNMAP_HAVE_PMD)
PATTERN(DEVMAP_PUD, devmap_pud, PFNMAP_HAVE_DEVMAP && PFNMAP_HAVE_PUD)
PATTERN(FIND_NORMAL_PAGE, find_normal_page, PFNMAP_HAVE_FIND_NORMAL_PAGE)
PATTERN(MMAP_ACTION_REMAP, mmap_action_remap, PFNMAP_HAVE_MMAP_ACTION)
PATTERN(MMAP_ACTION_IOREMAP, mmap_action_ioremap, PFNMAP_HAVE_MMAP_ACTION)
PATTERN(MMAP_ACTION_MAP_KERNEL_PAGES, mmap_action_map_kernel_pages, PFNMAP_HAVE_MMAP_ACTION_PAGES)
PATTERN(VFIO_PCI_VMF_INSERT_PFN, vfio_pci_vmf_insert_pfn, true)
PATTERN(VM_MAP_PAGES, vm_map_pages, true)
PATTERN(VM_MAP_PAGES_ZERO, vm_map_pages_zero, true)
PATTERN(EXTENTS_VMF_INSERT_PFN, extents_vmf_insert_pfn, true)
PATTERN(PFN_ADDRESS_SPACE, pfn_address_space, PFNMAP_HAVE_PFN_ADDRESS_SPACE)
