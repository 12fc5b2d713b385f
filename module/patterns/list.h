/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * METHOD(id, name, have): one line for each method, in the order of their numbers. The id is
 * the rest of an enum pfnmap_test_method_id. The name is what DESCRIBE says, and that of the
 * object, struct pfnmap_method pfnmap_NAME, which is in a file here or in ../kernel-only.
 * "have" is whether the kernel at hand has the method, as compat.h puts it.
 * No include guard: it is included for each use of the list.
 */
METHOD(REMAP_PFN_RANGE, remap_pfn_range, true)
METHOD(VMF_INSERT_PFN, vmf_insert_pfn, true)
METHOD(IO_REMAP_PFN_RANGE, io_remap_pfn_range, true)
METHOD(VM_IOMAP_MEMORY, vm_iomap_memory, true)
METHOD(VMF_INSERT_PFN_PROT, vmf_insert_pfn_prot, true)
METHOD(IO_MAPPING_INIT_WC, io_mapping_init_wc, true)
METHOD(ARCH_IO_RESERVE_MEMTYPE_WC, arch_io_reserve_memtype_wc, true)
METHOD(VMF_INSERT_PFN_PMD, vmf_insert_pfn_pmd, PFNMAP_HAVE_PMD)
METHOD(VMF_INSERT_PFN_PUD, vmf_insert_pfn_pud, PFNMAP_HAVE_PUD)
METHOD(VMF_INSERT_MIXED, vmf_insert_mixed, true)
METHOD(VM_INSERT_PAGE, vm_insert_page, true)
METHOD(VM_INSERT_PAGES, vm_insert_pages, true)
METHOD(VMF_INSERT_PAGE_MKWRITE, vmf_insert_page_mkwrite, PFNMAP_HAVE_FOLIO)
METHOD(VMF_INSERT_FOLIO_PMD, vmf_insert_folio_pmd, PFNMAP_HAVE_FOLIO && PFNMAP_HAVE_PMD)
METHOD(VMF_INSERT_FOLIO_PUD, vmf_insert_folio_pud, PFNMAP_HAVE_FOLIO && PFNMAP_HAVE_PUD)
METHOD(HUGE_ZERO_FOLIO, huge_zero_folio, PFNMAP_HAVE_HUGE_ZERO)
METHOD(DEVMAP_PTE, devmap_pte, PFNMAP_HAVE_DEVMAP)
METHOD(DEVMAP_PMD, devmap_pmd, PFNMAP_HAVE_DEVMAP && PFNMAP_HAVE_PMD)
METHOD(DEVMAP_PUD, devmap_pud, PFNMAP_HAVE_DEVMAP && PFNMAP_HAVE_PUD)
METHOD(FIND_NORMAL_PAGE, find_normal_page, PFNMAP_HAVE_FIND_NORMAL_PAGE)
METHOD(MMAP_ACTION_REMAP, mmap_action_remap, PFNMAP_HAVE_MMAP_ACTION)
METHOD(MMAP_ACTION_IOREMAP, mmap_action_ioremap, PFNMAP_HAVE_MMAP_ACTION)
METHOD(MMAP_ACTION_MAP_KERNEL_PAGES, mmap_action_map_kernel_pages, PFNMAP_HAVE_MMAP_ACTION_PAGES)
METHOD(VFIO_PCI_VMF_INSERT_PFN, vfio_pci_vmf_insert_pfn, true)
METHOD(VM_MAP_PAGES, vm_map_pages, true)
METHOD(VM_MAP_PAGES_ZERO, vm_map_pages_zero, true)
METHOD(EXTENTS_VMF_INSERT_PFN, extents_vmf_insert_pfn, true)
METHOD(PFN_ADDRESS_SPACE, pfn_address_space, PFNMAP_HAVE_PFN_ADDRESS_SPACE)
