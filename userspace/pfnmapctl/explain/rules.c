// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of what the kernel would do with a mapping, and why. tests/explain.bats compares each
 * answer with what really happens in the same guest.
 */
#include "explain.h"

#include "array.h"

#define U(use)		((uint32_t)1 << (USE_##use))
#define V(flag)		PFNMAP_TEST_INSPECT_##flag
#define F(fact)		FACT_##fact

/* Uses of pages: those that read the pages, and those that write to them. */
#define READS		(U(PIN) | U(LONGTERM) | U(DIRECT_WRITE) | U(PROCESS_VM))
#define WRITES		(U(PIN_WRITE) | U(LONGTERM_WRITE) | U(DIRECT_READ))
#define PINS		(READS | WRITES)
#define LONGTERMS	(U(LONGTERM) | U(LONGTERM_WRITE))
/* Uses that try get_user_pages_fast() first, which reads the page table without the VMA. */
#define FAST_READS	(U(LONGTERM) | U(DIRECT_WRITE))
#define FAST_WRITES	(U(LONGTERM_WRITE) | U(DIRECT_READ))

/* What can fill an entry that is not present. */
#define FAULTS		(V(FAULT) | V(ANON) | V(HUGETLB))
#define A_PAGE		(F(PAGE) | F(ZERO))

#define MAP_PAGES								\
	"vm_insert_page() or vm_insert_pages() for memory of the kernel's, "	\
	"vmf_insert_page_mkwrite() and vmf_insert_folio_pmd() for ZONE_DEVICE " \
	"memory: mapped so, its pages can be pinned"
#define NO_PAGES								\
	"a dma-buf that the driver exports, where the other side takes one; or pages: "	\
	"pci_p2pdma_add_resource() makes some for a BAR. Otherwise copy "	\
	"through a buffer of ordinary memory"
#define RESERVE									\
	"io_remap_pfn_range() of the whole VMA, which reserves the mode; or "	\
	"arch_io_reserve_memtype_wc() before vmf_insert_pfn()"

/*
 * The first rule that fits decides. A rule fits if every fact of @all holds, no fact of @none, and
 * at least one fact of @any, unless @any is 0.
 */
static const struct rule {
	uint32_t uses;
	uint64_t all;
	uint64_t none;
	uint64_t any;
	struct verdict verdict;
} rules[] = {
	/* Users of pages. */
	{ FAST_READS, F(PRESENT) | F(ANON_PAGE), 0, PFNS,
	  { "ok", "This page is a private copy. get_user_pages_fast() takes it out of the page "
	    "table and looks at no VMA; pin_user_pages() looks at the VMA, and "
	    "refuses it.", NULL } },
	{ FAST_WRITES, F(PRESENT) | F(ANON_PAGE) | F(WRITABLE), 0, PFNS,
	  { "ok", "This page is a private copy. get_user_pages_fast() takes it out of the page "
	    "table and looks at no VMA; pin_user_pages() looks at the VMA, and "
	    "refuses it.", NULL } },
	{ PINS, F(STRUCT_PAGE), 0, PFNS,
	  { "EFAULT", "The VMA has VM_IO or VM_PFNMAP: the driver has mapped page frame numbers, "
	    "and get_user_pages() refuses the whole VMA (check_vma_flags()), though the memory "
	    "has struct pages.", MAP_PAGES } },
	{ PINS, 0, 0, PFNS,
	  { "EFAULT", "The VMA has VM_IO or VM_PFNMAP: the driver has mapped page frame numbers. A "
	    "pin is a reference to a struct page, and there is none that get_user_pages() could "
	    "take: it refuses the whole VMA (check_vma_flags()).", NO_PAGES } },
	{ LONGTERMS, V(FSDAX), 0, 0,
	  { "EOPNOTSUPP", "The file system may move the file's blocks, and could not wait for a "
	    "pin without end: get_user_pages() refuses FOLL_LONGTERM of fs/dax.",
	    "memory of device-dax" } },
	{ PINS, F(SECRETMEM), 0, 0,
	  { "EFAULT", "memfd_secret() keeps its pages out of the kernel's reach.", NULL } },
	{ U(LONGTERM_WRITE), F(DIRTY_TRACKED), 0, 0,
	  { "EFAULT", "Somebody has to know of each write to this shared mapping: its file is "
	    "written back, or page_mkwrite() or pfn_mkwrite() is asked. A device that writes "
	    "through a pin tells nobody.", "memfd_create(), or anonymous memory" } },
	{ WRITES, 0, V(WRITE), 0,
	  { "EFAULT", "The mapping is not writable.", NULL } },
	{ READS, 0, V(READ), 0,
	  { "EFAULT", "The mapping is not readable.", NULL } },
	{ U(PROCESS_VM), F(P2PDMA), 0, 0,
	  { "EFAULT", "The page is a PCI BAR's (PCI_P2PDMA): process_vm_readv() does not ask for "
	    "P2PDMA pages.", NULL } },
	{ PINS, F(P2PDMA), 0, 0,
	  { "EREMOTEIO", "The page is a PCI BAR's (PCI_P2PDMA), and only GUP with "
	    "FOLL_PCI_P2PDMA may take the page.", "a driver that asks so, as NVMe's does" } },
	{ PINS, 0, F(PRESENT) | FAULTS, 0,
	  { "EFAULT", "Nothing is mapped here, and the VMA has no fault() to map something.",
	    "map the whole VMA at mmap, or by fault()" } },
	{ WRITES, F(COW) | F(SPECIAL), A_PAGE, 0,
	  { "ok", "The write fault puts a private copy in the place of the pfn, and the copy is "
	    "pinned: a device does not reach the driver's memory so.", NULL } },
	{ U(PROCESS_VM), F(SPECIAL), A_PAGE, 0,
	  { "EFAULT", "The entry is special (vmf_insert_mixed() makes such entries): "
	    "vm_normal_page() gives no page for it. process_vm_readv() says EFAULT whatever the "
	    "reason.", MAP_PAGES } },
	{ PINS, F(SPECIAL), A_PAGE, 0,
	  { "EEXIST", "The entry is special (vmf_insert_mixed() makes such entries): "
	    "vm_normal_page() gives no page for it, whether the memory has one or not.",
	    MAP_PAGES } },
	{ PINS, V(MIXEDMAP), F(PRESENT), 0,
	  { "depends", "Nothing is mapped here yet. In a VMA with VM_MIXEDMAP fault() may map a "
	    "page, which can be pinned, or a pfn, which can't.", "touch it, and ask again" } },
	{ WRITES, F(COW), F(ANON_PAGE) | V(ANON), 0,
	  { "ok", "The write fault makes a private copy, and the copy is pinned.", NULL } },
	{ PINS, F(ZONE_DEVICE), 0, 0,
	  { "ok", "The entry maps a ZONE_DEVICE page, which is counted as others are.", NULL } },
	{ PINS, 0, F(PRESENT), 0,
	  { "ok", "Nothing is mapped here yet: get_user_pages() faults a page in.", NULL } },
	{ PINS, 0, 0, 0,
	  { "ok", "The entry maps a page.", NULL } },

	/* ptrace, /proc/PID/mem, gdb: pages first, then the driver's access(). */
	{ U(PTRACE), V(ACCESS) | F(PRESENT), 0, PFNS,
	  { "access()", "There is no page to read, so the kernel calls the driver's access().",
	    NULL } },
	{ U(PTRACE), V(ACCESS), F(PRESENT), PFNS,
	  { "EIO", "There is no page to read, so the kernel calls the driver's access(). "
	    "generic_access_phys() finds nothing mapped yet.", "touch it first" } },
	{ U(PTRACE), 0, 0, PFNS,
	  { "EIO", "There is no page to read, and the driver has no access().",
	    ".access = generic_access_phys in vm_operations_struct, for I/O memory" } },
	{ U(PTRACE), F(SECRETMEM), 0, 0,
	  { "EIO", "memfd_secret() keeps its pages out of the kernel's reach.", NULL } },
	{ U(PTRACE), F(P2PDMA), 0, 0,
	  { "EIO", "The page is a PCI BAR's (PCI_P2PDMA): ptrace does not ask for P2PDMA "
	    "pages.", NULL } },
	{ U(PTRACE), 0, F(PRESENT) | FAULTS, 0,
	  { "EIO", "Nothing is mapped here, and the VMA has no fault() to map something.", NULL } },
	{ U(PTRACE), F(SPECIAL) | V(ACCESS), A_PAGE, 0,
	  { "access()", "The entry is special: there is no page to read, so the kernel calls the "
	    "driver's access().", NULL } },
	{ U(PTRACE), F(SPECIAL), A_PAGE, 0,
	  { "EIO", "The entry is special: there is no page to read, and the driver has no "
	    "access().", ".access in vm_operations_struct" } },
	{ U(PTRACE), V(MIXEDMAP), F(PRESENT), 0,
	  { "depends", "Nothing is mapped here yet: fault() may map a page, or a pfn.",
	    "touch it, and ask again" } },
	{ U(PTRACE), 0, V(READ) | V(MAYREAD), 0,
	  { "EIO", "The mapping must not be read.", NULL } },
	{ U(PTRACE), 0, 0, 0,
	  { "ok", "The kernel reads the page, whatever the mapping's protection.", NULL } },

	/* KVM and VFIO, which follow pfns by follow_pfnmap_start(). */
	{ U(FOLLOW), F(FOLLOWED), 0, 0,
	  { "ok", "The VMA has VM_PFNMAP or VM_IO, and the entry is present: follow_pfnmap_start() "
	    "gives the pfn to KVM for a guest, and to VFIO for a device.", NULL } },
	{ U(FOLLOW), 0, PFNS, 0,
	  { "EINVAL", "The VMA has neither VM_PFNMAP nor VM_IO. KVM and VFIO pin pages of such a "
	    "mapping, see above, and do not follow its entries.", NULL } },
	{ U(FOLLOW), V(FAULT), F(PRESENT), 0,
	  { "EINVAL", "Nothing is mapped here yet. KVM and VFIO call fixup_user_fault(), and ask "
	    "again.", NULL } },
	{ U(FOLLOW), 0, F(PRESENT), 0,
	  { "EINVAL", "Nothing is mapped here, and the VMA has no fault() to map something.",
	    "map the whole VMA at mmap, or by fault()" } },
	{ U(FOLLOW), 0, 0, 0,
	  { "EINVAL", "This kernel does not follow an entry of that size.", NULL } },

	/* Device drivers that mirror a page table: amdgpu, nouveau, mlx5's on-demand paging. */
	{ U(HMM), 0, 0, PFNS,
	  { "EFAULT", "The VMA has VM_IO or VM_PFNMAP: hmm_range_fault() refuses it "
	    "(hmm_vma_walk_test()).", NO_PAGES } },
	{ U(HMM), 0, V(READ), 0,
	  { "EFAULT", "hmm_range_fault() takes only mappings that can be read.", NULL } },
	{ U(HMM), 0, F(PRESENT) | FAULTS, 0,
	  { "EFAULT", "Nothing is mapped here, and the VMA has no fault() to map something.",
	    NULL } },
	{ U(HMM), F(SPECIAL), A_PAGE, 0,
	  { "EFAULT", "The entry is special: there is no page.", MAP_PAGES } },
	{ U(HMM), V(MIXEDMAP), F(PRESENT), 0,
	  { "depends", "Nothing is mapped here yet: fault() may map a page, or a pfn.",
	    "touch it, and ask again" } },
	{ U(HMM), 0, 0, 0,
	  { "ok", "The entry maps a page, or a fault will.", NULL } },

	/* A touch by the CPU. */
	{ U(READ), 0, V(READ) | V(WRITE) | V(EXEC), 0,
	  { "SIGSEGV", "The mapping has no protection but PROT_NONE.", NULL } },
	{ U(WRITE), 0, V(WRITE), 0,
	  { "SIGSEGV", "The mapping is not writable.", NULL } },
	{ U(READ), F(PRESENT), 0, 0,
	  { "ok", "The entry is present.", NULL } },
	{ U(READ) | U(WRITE), 0, F(PRESENT) | FAULTS, 0,
	  { "SIGBUS", "Nothing is mapped here, and the VMA has no fault() to map something.",
	    "map the whole VMA at mmap, or by fault()" } },
	{ U(READ), V(ANON), F(PRESENT), 0,
	  { "ok", "The kernel maps the zero page, or a page of zeros.", NULL } },
	{ U(READ), 0, 0, 0,
	  { "fault()", "Nothing is present: fault() decides.", NULL } },
	{ U(WRITE), 0, 0, V(ANON) | F(ANON_PAGE),
	  { "ok", "The page is the process's own, or becomes so.", NULL } },
	{ U(WRITE), F(COW) | F(SPECIAL), 0, 0,
	  { "copied", "The mapping is private: the kernel reads a page through the mapping into a "
	    "copy, and maps that. The driver's memory does not change, and the process sees "
	    "nothing more of it there.", "MAP_SHARED" } },
	{ U(WRITE), F(COW), 0, 0,
	  { "copied", "The mapping is private: the kernel copies the page, and maps the copy.",
	    "MAP_SHARED, if others are to see it" } },
	{ U(WRITE), F(WRITABLE), 0, 0,
	  { "ok", "The entry is writable: the write goes to the memory.", NULL } },
	{ U(WRITE), F(PRESENT), 0, V(PAGE_MKWRITE) | V(PFN_MKWRITE),
	  { "ok", "The entry is read-only, so that page_mkwrite() or pfn_mkwrite() is asked first.",
	    NULL } },
	{ U(WRITE), F(PRESENT), 0, 0,
	  { "ok", "A fault makes the entry writable, and the write goes to the memory.", NULL } },
	{ U(WRITE), 0, 0, 0,
	  { "fault()", "Nothing is present: fault() decides.", NULL } },

	{ U(FORK), V(DONTCOPY), 0, 0,
	  { "left out", "VM_DONTCOPY (or MADV_DONTFORK): the child has nothing there.", NULL } },
	{ U(FORK), V(WIPEONFORK), 0, 0,
	  { "zeros", "MADV_WIPEONFORK: the child has zeros there.", NULL } },
	{ U(FORK), F(VM_PAT) | F(COW) | F(FIRST_COPIED), 0, 0,
	  { "ENOMEM", "fork() fails: before 6.16 the kernel looks for the tracked memory in the "
	    "first entry, which is a private copy by now (get_pat_info()).",
	    "madvise(MADV_DONTFORK)" } },
	{ U(FORK), 0, F(PRESENT), 0,
	  { "fault()", "Nothing is present here, so the child has nothing here either but the VMA.",
	    NULL } },
	{ U(FORK), F(PMD), F(SPECIAL) | V(ANON) | V(HUGETLB), 0,
	  { "fault()", "The child has the VMA without this entry, which a fault can make again.",
	    NULL } },
	{ U(FORK), F(ZERO), V(ANON), 0,
	  { "fault()", "The child has the VMA without this entry, which a fault can make again.",
	    NULL } },
	{ U(FORK), F(COW), 0, V(PFNMAP) | V(MIXEDMAP) | V(ANON_VMA),
	  { "entries", "The child has the entry, too, and neither may write to it: a process "
	    "that writes gets a copy.", NULL } },
	{ U(FORK), 0, 0, V(PFNMAP) | V(MIXEDMAP) | V(ANON_VMA),
	  { "entries", "The child has the entry, too: both write to the same memory. PAT holds a "
	    "tracked range once more for the child before 6.16, and since then for both.",
	    NULL } },
	{ U(FORK), 0, 0, 0,
	  { "fault()", "The child has the VMA without its entries, which faults make again.",
	    NULL } },

	{ U(MOVE), 0, 0, 0,
	  { "ok", "The entries go along, and so does what PAT tracks.", NULL } },

	{ U(GROW), V(HUGETLB), 0, 0,
	  { "EINVAL", "Huge pages are reserved at mmap.", NULL } },
	{ U(GROW), 0, 0, V(PFNMAP) | V(DONTEXPAND),
	  { "EFAULT", "VM_PFNMAP or VM_DONTEXPAND: the driver was asked for so much, and not more.",
	    "munmap(), and mmap() more" } },
	{ U(GROW), 0, 0, 0,
	  { "ok", "The VMA gets larger. What is past the end of the file is SIGBUS.", NULL } },

	/* report_uses() replaces the empty answer by the entry's mode. */
	{ U(MODE), 0, F(PRESENT), 0,
	  { "", "Nothing is present, so nothing has a mode yet.", "touch it, and ask again" } },
	{ U(MODE), 0, F(OTHER_MODE), 0,
	  { "", "The entry has the mode that vm_page_prot asks for.", NULL } },
	{ U(MODE), F(TRACKED), 0, 0,
	  { "", "Somebody held this memory before, in the mode that came out: remap_pfn_range() "
	    "asked for another, and was granted that one. You get no error.",
	    "the holder is named above: let the holder ask for the same mode" } },
	{ U(MODE), F(HELD), F(PAGE), 0,
	  { "", "vmf_insert_pfn(), vmf_insert_mixed() and remap_pfn_range() of a part of the VMA "
	    "take the mode that the memory is held in, and not vm_page_prot's. You get no error.",
	    RESERVE } },
	{ U(MODE), F(STRUCT_PAGE), F(PAGE), 0,
	  { "", "The mode of this memory is its direct map's: the kernel does not let a second "
	    "mapping differ.", "set_memory_wc() or set_pages_array_wc(), then map the pages" } },
	{ U(MODE), 0, F(PAGE), 0,
	  { "", "vmf_insert_pfn(), vmf_insert_mixed() and remap_pfn_range() of a part of the VMA "
	    "look the mode up in PAT's tree, whatever vm_page_prot says. Nobody holds this memory "
	    "there, which means uncached-minus. You get no error.", RESERVE } },
	{ U(MODE), 0, 0, 0,
	  { "", "The page was mapped in another mode than vm_page_prot asks for now.", NULL } },
};

const struct question questions[] = {
	{ "ibv_reg_mr", USE_LONGTERM_WRITE,
	  "ibv_reg_mr() pins for writing and for long (ib_umem_get(), FOLL_LONGTERM).",
	  "ibv_reg_dmabuf_mr() with a dma-buf of the device that has the memory", 0, { 0 } },
	{ "cudaHostRegister", USE_LONGTERM_WRITE,
	  "cudaHostRegister() pins for writing and for long. With cudaHostRegisterIoMemory the "
	  "driver follows pfns instead, see KVM and VFIO.",
	  "cudaHostRegisterIoMemory, if the memory is contiguous; or a dma-buf", 0, { 0 } },
	{ "hipHostRegister", USE_HMM,
	  "hipHostRegister() has amdgpu mirror the page table (userptr, hmm_range_fault()).",
	  "a dma-buf, imported as external memory", 0, { 0 } },
	{ "io_uring buffers", USE_LONGTERM_WRITE,
	  "IORING_REGISTER_BUFFERS pins for writing and for long.", NULL, FACT_NO_BUFFER,
	  { "EOPNOTSUPP", "Before 6.5 io_uring registers no mapping of a file but shmem's and "
	    "hugetlb's.", "read() and write(), which copy" } },
	{ 0 }
};

/**
 * judge() - what the kernel would do
 * @use: what happens to the mapping
 * @facts: PFNMAP_TEST_INSPECT_* and FACT_* of the mapping
 * @verdict: filled in
 */
void judge(enum use use, uint64_t facts, struct verdict *verdict)
{
	const struct rule *rule;
	size_t i;

	*verdict = (struct verdict){ "?", "No rule tells.", NULL };
	for (i = 0; i < ARRAY_SIZE(rules); i++) {
		rule = &rules[i];
		if (!(rule->uses & (uint32_t)1 << use) || (facts & rule->all) != rule->all ||
		    facts & rule->none || (rule->any && !(facts & rule->any)))
			continue;
		*verdict = rule->verdict;
		return;
	}
}
