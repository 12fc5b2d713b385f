/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * METHOD(id, name, family, have): one line for each method, in the order of their numbers.
 * The id is what follows PFNMAP_TEST_METHOD_ in enum pfnmap_test_method_id. DESCRIBE gives
 * the name. The object is struct pfnmap_method pfnmap_NAME, in a file here or in
 * ../kernel-only. "have" says whether the kernel at hand has the method (compat.h).
 *
 * Tests, KUnit suites and the fuzzer choose methods by family:
 *
 *	remap	pfns, all at once: VM_PFNMAP, tracked, copied on write
 *	pfn	pfns, by fault: VM_PFNMAP
 *	wc	pfns, by fault: write-combining by the method's own reservation
 *	large	pfns, by fault: leaves of 2 MiB or 1 GiB, the name ends with the level
 *	mixed	VM_MIXEDMAP, special entries, by fault
 *	page	VM_MIXEDMAP, counted pages, all at once
 *	folio	ZONE_DEVICE folios, counted
 *	devmap	ZONE_DEVICE pages before 6.15: not counted
 *	zero	the huge zero folio
 *	hook	VM_MIXEDMAP, special entries whose pages find_normal_page() gives
 *
 * FEATURE(have, since, until, option): one need of a feature, which doctor prints: the
 * first version that has the feature, the first that no longer has it, or an option. With
 * an option, "since" is the first version that asks for the option.
 *
 * No include guard: each use of the list includes this file.
 */
#ifdef METHOD
METHOD(REMAP_PFN_RANGE, remap_pfn_range, remap, true)
METHOD(VMF_INSERT_PFN, vmf_insert_pfn, pfn, true)
METHOD(IO_REMAP_PFN_RANGE, io_remap_pfn_range, remap, true)
METHOD(VM_IOMAP_MEMORY, vm_iomap_memory, remap, true)
METHOD(VMF_INSERT_PFN_PROT, vmf_insert_pfn_prot, pfn, true)
METHOD(IO_MAPPING_INIT_WC, io_mapping_init_wc, wc, true)
METHOD(ARCH_IO_RESERVE_MEMTYPE_WC, arch_io_reserve_memtype_wc, wc, true)
METHOD(VMF_INSERT_PFN_PMD, vmf_insert_pfn_pmd, large, PFNMAP_HAVE_PMD)
METHOD(VMF_INSERT_PFN_PUD, vmf_insert_pfn_pud, large, PFNMAP_HAVE_PUD)
METHOD(VMF_INSERT_MIXED, vmf_insert_mixed, mixed, true)
METHOD(VM_INSERT_PAGE, vm_insert_page, page, true)
METHOD(VM_INSERT_PAGES, vm_insert_pages, page, true)
METHOD(VMF_INSERT_PAGE_MKWRITE, vmf_insert_page_mkwrite, folio, PFNMAP_HAVE_FOLIO)
METHOD(VMF_INSERT_FOLIO_PMD, vmf_insert_folio_pmd, folio, PFNMAP_HAVE_FOLIO && PFNMAP_HAVE_PMD)
METHOD(VMF_INSERT_FOLIO_PUD, vmf_insert_folio_pud, folio, PFNMAP_HAVE_FOLIO && PFNMAP_HAVE_PUD)
METHOD(HUGE_ZERO_FOLIO, huge_zero_folio, zero, PFNMAP_HAVE_HUGE_ZERO)
METHOD(DEVMAP_PTE, devmap_pte, devmap, PFNMAP_HAVE_DEVMAP)
METHOD(DEVMAP_PMD, devmap_pmd, devmap, PFNMAP_HAVE_DEVMAP && PFNMAP_HAVE_PMD)
METHOD(DEVMAP_PUD, devmap_pud, devmap, PFNMAP_HAVE_DEVMAP && PFNMAP_HAVE_PUD)
METHOD(FIND_NORMAL_PAGE, find_normal_page, hook, PFNMAP_HAVE_FIND_NORMAL_PAGE)
METHOD(MMAP_ACTION_REMAP, mmap_action_remap, remap, PFNMAP_HAVE_MMAP_ACTION)
METHOD(MMAP_ACTION_IOREMAP, mmap_action_ioremap, remap, PFNMAP_HAVE_MMAP_ACTION)
METHOD(MMAP_ACTION_MAP_KERNEL_PAGES, mmap_action_map_kernel_pages, page, PFNMAP_HAVE_MMAP_PAGES)
METHOD(VFIO_PCI_VMF_INSERT_PFN, vfio_pci_vmf_insert_pfn, pfn, true)
METHOD(VM_MAP_PAGES, vm_map_pages, page, true)
METHOD(VM_MAP_PAGES_ZERO, vm_map_pages_zero, page, true)
METHOD(EXTENTS_VMF_INSERT_PFN, extents_vmf_insert_pfn, wc, true)
METHOD(PFN_ADDRESS_SPACE, pfn_address_space, pfn, PFNMAP_HAVE_PFN_ADDRESS_SPACE)
METHOD(MMAP_ACTION_SIMPLE_IOREMAP, mmap_action_simple_ioremap, remap, PFNMAP_HAVE_SIMPLE_IOREMAP)
METHOD(MMAP_PREPARE_VMF_INSERT_PFN, mmap_prepare_vmf_insert_pfn, pfn, PFNMAP_HAVE_PREPARE_FLAGS)
#endif

#ifdef FEATURE
FEATURE(PFNMAP_HAVE_PMD, 0, 0, "CONFIG_TRANSPARENT_HUGEPAGE")
FEATURE(PFNMAP_HAVE_PUD, 0, 0, "CONFIG_TRANSPARENT_HUGEPAGE")
FEATURE(PFNMAP_HAVE_PUD, 0, 0, "CONFIG_HAVE_ARCH_TRANSPARENT_HUGEPAGE_PUD")
FEATURE(PFNMAP_HAVE_FOLIO, KERNEL(6, 15), 0, NULL)
FEATURE(PFNMAP_HAVE_FOLIO, 0, 0, "CONFIG_ZONE_DEVICE")
FEATURE(PFNMAP_HAVE_FOLIO, 0, 0, "CONFIG_FS_DAX")
FEATURE(PFNMAP_HAVE_DEVMAP, 0, KERNEL(6, 15), NULL)
FEATURE(PFNMAP_HAVE_DEVMAP, 0, 0, "CONFIG_ZONE_DEVICE")
FEATURE(PFNMAP_HAVE_DEVMAP, 0, 0, "CONFIG_FS_DAX")
FEATURE(PFNMAP_HAVE_HUGE_ZERO, KERNEL(6, 18), 0, NULL)
FEATURE(PFNMAP_HAVE_HUGE_ZERO, 0, 0, "CONFIG_ZONE_DEVICE")
FEATURE(PFNMAP_HAVE_HUGE_ZERO, 0, 0, "CONFIG_FS_DAX")
FEATURE(PFNMAP_HAVE_HUGE_ZERO, 0, 0, "CONFIG_TRANSPARENT_HUGEPAGE")
FEATURE(PFNMAP_HAVE_FIND_NORMAL_PAGE, 0, 0, "CONFIG_MMU_NOTIFIER")
FEATURE(PFNMAP_HAVE_FIND_NORMAL_PAGE, KERNEL(6, 18), 0, "CONFIG_FIND_NORMAL_PAGE")
FEATURE(PFNMAP_HAVE_PFN_ADDRESS_SPACE, KERNEL(6, 19), 0, NULL)
FEATURE(PFNMAP_HAVE_PFN_ADDRESS_SPACE, 0, 0, "CONFIG_MEMORY_FAILURE")
FEATURE(PFNMAP_HAVE_MMAP_ACTION, KERNEL(6, 19), 0, NULL)
FEATURE(PFNMAP_HAVE_MMAP_PAGES, KERNEL(7, 1), 0, NULL)
FEATURE(PFNMAP_HAVE_SIMPLE_IOREMAP, KERNEL(7, 1), 0, NULL)
FEATURE(PFNMAP_HAVE_PREPARE_FLAGS, KERNEL(7, 1), 0, NULL)
#endif
