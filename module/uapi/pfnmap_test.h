/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * Userspace interface of the pfnmap_test module, /dev/pfnmap_test.
 *
 * Every argument begins with its own size in bytes. The module and the program
 * may know different sizes: what the program leaves out reads as zero, what the
 * module does not know must be zero. All ioctls return 0 on success, and
 *
 *	ENOTTY		there is no such ioctl
 *	EINVAL		a size below the first version's, a non-zero reserved
 *			field, an unknown value, an unaligned or empty range
 *	E2BIG		a field that this module does not know is not zero
 *	EFAULT		an argument, or an address asked about, is not mapped
 *	ENXIO		the region is not there (see PFNMAP_TEST_DESCRIBE)
 *	EBUSY		somebody holds what the ioctl asks for
 *	ENOMEM		there is no memory for the request
 *	EOVERFLOW	a range passes the end of its region or address space
 *	EOPNOTSUPP	this kernel or machine can't do what the ioctl asks for
 *	EPERM		the kernel is locked down, and the region is a PCI BAR or a
 *			range that the user named by its address: nobody can
 *			map the region, nor read or write it by WORD. Or the
 *			caller has no CAP_SYS_ADMIN. Each ioctl that shows
 *			physical addresses or changes kernel state needs this
 *			capability at the time of the call: all but GET_INFO,
 *			DESCRIBE, and SET_MAP of methods that neither reserve a
 *			mode nor map folios
 *
 * Sizes are in bytes and ends are exclusive unless a name says otherwise.
 */
#ifndef _UAPI_PFNMAP_TEST_H
#define _UAPI_PFNMAP_TEST_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define PFNMAP_TEST_DEVICE		"/dev/pfnmap_test"
#define PFNMAP_TEST_DEVICE_PREPARE	"/dev/pfnmap_test_prepare"

/* The number grows when the interface does; nothing is ever taken away. */
#define PFNMAP_TEST_ABI		4

/*
 * Zero is never a valid region, method, cache mode or level, so the module
 * catches a field that the program has not filled in. PFNMAP_TEST_DESCRIBE gives
 * the name of each.
 */
enum pfnmap_test_region_id {
	PFNMAP_TEST_REGION_MMIO = 1,
	PFNMAP_TEST_REGION_RAM,
	PFNMAP_TEST_REGION_DAX,
};

enum pfnmap_test_method_id {
	PFNMAP_TEST_METHOD_REMAP_PFN_RANGE = 1,
	PFNMAP_TEST_METHOD_VMF_INSERT_PFN,
	PFNMAP_TEST_METHOD_IO_REMAP_PFN_RANGE,
	PFNMAP_TEST_METHOD_VM_IOMAP_MEMORY,
	PFNMAP_TEST_METHOD_VMF_INSERT_PFN_PROT,
	PFNMAP_TEST_METHOD_IO_MAPPING_INIT_WC,
	PFNMAP_TEST_METHOD_ARCH_IO_RESERVE_MEMTYPE_WC,
	PFNMAP_TEST_METHOD_VMF_INSERT_PFN_PMD,
	PFNMAP_TEST_METHOD_VMF_INSERT_PFN_PUD,
	PFNMAP_TEST_METHOD_VMF_INSERT_MIXED,
	PFNMAP_TEST_METHOD_VM_INSERT_PAGE,
	PFNMAP_TEST_METHOD_VM_INSERT_PAGES,
	PFNMAP_TEST_METHOD_VMF_INSERT_PAGE_MKWRITE,
	PFNMAP_TEST_METHOD_VMF_INSERT_FOLIO_PMD,
	PFNMAP_TEST_METHOD_VMF_INSERT_FOLIO_PUD,
	PFNMAP_TEST_METHOD_HUGE_ZERO_FOLIO,
	PFNMAP_TEST_METHOD_DEVMAP_PTE,
	PFNMAP_TEST_METHOD_DEVMAP_PMD,
	PFNMAP_TEST_METHOD_DEVMAP_PUD,
	PFNMAP_TEST_METHOD_FIND_NORMAL_PAGE,
	PFNMAP_TEST_METHOD_MMAP_ACTION_REMAP,
	PFNMAP_TEST_METHOD_MMAP_ACTION_IOREMAP,
	PFNMAP_TEST_METHOD_MMAP_ACTION_MAP_KERNEL_PAGES,
	PFNMAP_TEST_METHOD_VFIO_PCI_VMF_INSERT_PFN,
	PFNMAP_TEST_METHOD_VM_MAP_PAGES,
	PFNMAP_TEST_METHOD_VM_MAP_PAGES_ZERO,
	PFNMAP_TEST_METHOD_EXTENTS_VMF_INSERT_PFN,
	PFNMAP_TEST_METHOD_PFN_ADDRESS_SPACE,
	PFNMAP_TEST_METHOD_MMAP_ACTION_SIMPLE_IOREMAP,
	PFNMAP_TEST_METHOD_MMAP_PREPARE_VMF_INSERT_PFN,
};

enum pfnmap_test_cache_mode {
	PFNMAP_TEST_CACHE_WB = 1,
	PFNMAP_TEST_CACHE_UC_MINUS,
	PFNMAP_TEST_CACHE_UC,
	PFNMAP_TEST_CACHE_WC,
	PFNMAP_TEST_CACHE_WT,
	PFNMAP_TEST_CACHE_WP,
};

enum pfnmap_test_level {
	PFNMAP_TEST_LEVEL_PTE = 1,
	PFNMAP_TEST_LEVEL_PMD,
	PFNMAP_TEST_LEVEL_PUD,
};

/* The bit of a region, method, cache mode or level in a mask. */
#define PFNMAP_TEST_BIT(id)	((__u64)1 << (id))

/* struct pfnmap_test_info.flags */
#define PFNMAP_TEST_INFO_PAT		0x01 /* PAT is on */
#define PFNMAP_TEST_INFO_MEMTYPE	0x02 /* MEMTYPE_LOOKUP and _LIST work */
#define PFNMAP_TEST_INFO_TRACK_CTX	0x04 /* VMAs share counted ranges (6.16) */
#define PFNMAP_TEST_INFO_VM_PAT		0x08 /* VM_PAT per VMA (before 6.16) */

/**
 * struct pfnmap_test_info - PFNMAP_TEST_GET_INFO: what there is
 * @size: (in) bytes of this struct
 * @abi: (out) PFNMAP_TEST_ABI of the module
 * @flags: (out) PFNMAP_TEST_INFO_*
 * @memtype_error: (out) 0, or the errno that says why there is no memtype query
 * @regions: (out) mask of the regions that can be mapped
 * @methods: (out) mask of the methods that this kernel has
 * @cache_modes: (out) mask of the cache modes that the CPU can tell apart
 */
struct pfnmap_test_info {
	__u32 size;
	__u32 abi;
	__u32 flags;
	__u32 memtype_error;
	__u64 regions;
	__u64 methods;
	__u64 cache_modes;
};

/* struct pfnmap_test_describe.kind */
enum pfnmap_test_kind {
	PFNMAP_TEST_KIND_REGION = 1,
	PFNMAP_TEST_KIND_METHOD,
	PFNMAP_TEST_KIND_CACHE_MODE,
	PFNMAP_TEST_KIND_LEVEL,
};

/* struct pfnmap_test_describe.flags */
#define PFNMAP_TEST_DESC_COW		0x01 /* method: private mappings too */
#define PFNMAP_TEST_DESC_FAULT		0x02 /* method: maps at fault, not at mmap */
#define PFNMAP_TEST_DESC_CARVED		0x04 /* region: taken out of System RAM */
#define PFNMAP_TEST_DESC_PREPARE	0x08 /* method: on PFNMAP_TEST_DEVICE_PREPARE */
#define PFNMAP_TEST_DESC_FOLIO		0x10 /* method: maps the region's folios; not private */
#define PFNMAP_TEST_DESC_PCI		0x20 /* region: a PCI BAR */
#define PFNMAP_TEST_DESC_ACCESS		0x40 /* method: ptrace reaches its shared mappings */
#define PFNMAP_TEST_DESC_RESERVES	0x80 /* method: reserves its memory write-combining */

/**
 * struct pfnmap_test_describe - PFNMAP_TEST_DESCRIBE: one thing and its name
 * @size: (in) bytes of this struct
 * @kind: (in) enum pfnmap_test_kind
 * @id: (in) 1, 2, ... of the kind; the ioctl returns -ENOENT after the last
 * @flags: (out) PFNMAP_TEST_DESC_*
 * @error: (out) 0, or the errno that says why it is not available: EOPNOTSUPP for
 *	a method that this kernel lacks. Such a method has a name, too
 * @reserved: zero
 * @name: (out) as the kernel names it, NUL terminated
 * @regions: (out) method: mask of the regions that it maps
 * @levels: (out) method: mask of the page-table levels that it can reach
 * @map_flags: (out) method: mask of PFNMAP_TEST_MAP_* that it takes
 * @start: (out) region: physical address; 0 without CAP_SYS_ADMIN
 * @bytes: (out) region: size
 */
struct pfnmap_test_describe {
	__u32 size;
	__u32 kind;
	__u32 id;
	__u32 flags;
	__u32 error;
	__u32 reserved;
	char name[32];
	__u64 regions;
	__u64 levels;
	__u64 map_flags;
	__u64 start;
	__u64 bytes;
};

/* struct pfnmap_test_map.flags */
#define PFNMAP_TEST_MAP_PARTIAL	0x01 /* leave the last page of the VMA out */
#define PFNMAP_TEST_MAP_CHUNKED	0x02 /* one call for each chunk of chunk_bytes */
#define PFNMAP_TEST_MAP_TWICE	0x04 /* zap what was mapped, then map again */
#define PFNMAP_TEST_MAP_PGPROT_WC 0x08 /* pgprot_writecombine() on top of cache_mode */
#define PFNMAP_TEST_MAP_FAIL	0x10 /* map, then fail the mmap with EIO */
#define PFNMAP_TEST_MAP_NO_MAYWRITE 0x20 /* never writable: see PFNMAP_TEST_SET_MAP */
#define PFNMAP_TEST_MAP_MOVED	0x40 /* add the region's size in pages to vm_pgoff */
#define PFNMAP_TEST_MAP_MKWRITE	0x80 /* add mkwrite operations that allow all writes */
#define PFNMAP_TEST_MAP_IO	0x100 /* set VM_IO, too */
#define PFNMAP_TEST_MAP_BY_FAULT 0x200 /* map at fault what the method maps at mmap */
#define PFNMAP_TEST_MAP_AGAIN	0x400 /* each fault() inserts its page twice */
#define PFNMAP_TEST_MAP_AROUND	0x800 /* each fault() inserts the 16 pages around, too */
#define PFNMAP_TEST_MAP_AROUND_OTHER 0x1000 /* AROUND, and tries another pfn over each entry */
#define PFNMAP_TEST_MAP_NARROWED 0x2000 /* with CHUNKED: narrow the VMA to the chunk */
#define PFNMAP_TEST_MAP_PRIVATE	0x4000 /* let a mapping be private, which the method refuses */

/**
 * struct pfnmap_test_map - PFNMAP_TEST_SET_MAP: how later mmaps of this open
 * file map
 * @size: (in) bytes of this struct
 * @region: (in) enum pfnmap_test_region_id; the offset of mmap counts from its
 *	start
 * @method: (in) enum pfnmap_test_method_id
 * @cache_mode: (in) enum pfnmap_test_cache_mode to ask for; PFNMAP_TEST_LEAF
 *	tells the one that came out
 * @level: (in) largest page-table level, enum pfnmap_test_level. Addresses
 *	that mmap chooses are aligned to suit it
 * @flags: (in) PFNMAP_TEST_MAP_*
 * @chunk_bytes: (in) with PFNMAP_TEST_MAP_CHUNKED, a multiple of the page size;
 *	zero without
 *
 * Mappings that exist stay as they are. Without this ioctl an open file maps the
 * mmio region, or the ram region if there is no mmio, by remap_pfn_range (or
 * mmap_action_remap) in the mode that suits the region.
 *
 * A method with PFNMAP_TEST_DESC_RESERVES reserves its memory here. The reservation lasts
 * until the file is closed, whatever method the file maps by afterwards.
 *
 * With PFNMAP_TEST_MAP_NO_MAYWRITE mmap() of a writable mapping fails with EACCES, and
 * so does an mprotect() that would make a mapping writable. Then the kernel never copies
 * a page of a private mapping.
 *
 * With PFNMAP_TEST_MAP_MKWRITE the kernel makes vm_page_prot of a shared mapping read-only
 * after the file operation, and calls pfn_mkwrite() or page_mkwrite() before it makes an
 * entry writable. PFNMAP_TEST_CALLS counts these calls. A method that maps at mmap has
 * made its entries before, and they are writable. mmap_action_map_kernel_pages makes them
 * later.
 *
 * With PFNMAP_TEST_MAP_FAIL on PFNMAP_TEST_DEVICE_PREPARE, mmap_prepare() succeeds, and
 * mapped() of the vm_operations_struct fails when the core has mapped all.
 *
 * With PFNMAP_TEST_MAP_AROUND or _AROUND_OTHER, which exclude each other, a fault()
 * inserts the VMA's pages in the 64 KiB around the address, as drivers do that look ahead.
 * So it meets entries that are present. With _AROUND_OTHER it then tries, as for a read, to
 * insert the even page's pfn over the odd page's, and the other way round.
 * These flags and _AGAIN need PFNMAP_TEST_LEVEL_PTE, and a method that maps at fault.
 *
 * With PFNMAP_TEST_MAP_NARROWED, which needs _CHUNKED, vm_start and vm_end are the chunk's
 * during each call, as in drivers that map several buffers. Where x86 tracks cache modes,
 * mmap() fails with EINVAL at the second call since 6.16. Before, the kernel leaks the
 * reservations of all chunks when the VMA goes. mmap() of a private mapping that can become
 * writable fails with EINVAL.
 *
 * With PFNMAP_TEST_MAP_PRIVATE the method takes a private mapping for a shared one. Its
 * fault() makes an entry writable at a write, and so a process that has the file open for
 * reading alone writes to the region.
 *
 * A method that maps the dax region's folios needs them as large as @level says. This
 * ioctl makes the folios anew if nobody has one mapped or pinned, and returns -EBUSY
 * otherwise. A later mmap fails with EBUSY if another file has had them made anew since.
 * The ioctl returns -EOPNOTSUPP if the dax_align parameter fixes another size, if the
 * method belongs to the other device, if this kernel does not have the method, and if the
 * architecture does not have the cache mode.
 */
struct pfnmap_test_map {
	__u32 size;
	__u32 region;
	__u32 method;
	__u32 cache_mode;
	__u32 level;
	__u32 flags;
	__u64 chunk_bytes;
};

/* struct pfnmap_test_memtype.flags */
#define PFNMAP_TEST_MEMTYPE_TRACKED	0x01 /* in the tree: start, end and count are filled */
#define PFNMAP_TEST_MEMTYPE_RAM		0x02 /* System RAM: never in the tree */

/**
 * struct pfnmap_test_memtype - PFNMAP_TEST_MEMTYPE_LOOKUP: what PAT has on
 * record for one physical page
 * @size: (in) bytes of this struct
 * @cache_mode: (out) the mode that vmf_insert_pfn() would get there. System RAM: the
 *	direct map's. Outside RAM and outside the tree: uncached-minus
 * @flags: (out) PFNMAP_TEST_MEMTYPE_*
 * @count: (out) reservations that overlap the page, counted up to 512
 * @address: (in) any physical address in the page
 * @start: (out) physical start of the first of these reservations
 * @end: (out) its physical end
 */
struct pfnmap_test_memtype {
	__u32 size;
	__u32 cache_mode;
	__u32 flags;
	__u32 count;
	__u64 address;
	__u64 start;
	__u64 end;
};

/**
 * struct pfnmap_test_memtype_entry - one reservation in the tree
 * @start: physical start
 * @end: physical end
 * @cache_mode: enum pfnmap_test_cache_mode
 * @reserved: zero
 */
struct pfnmap_test_memtype_entry {
	__u64 start;
	__u64 end;
	__u32 cache_mode;
	__u32 reserved;
};

/* struct pfnmap_test_memtype_list.flags */
#define PFNMAP_TEST_LIST_MORE	0x01 /* there is more: set count, and call again */

/**
 * struct pfnmap_test_memtype_list - PFNMAP_TEST_MEMTYPE_LIST: reservations that
 * overlap a physical range, by ascending start
 * @size: (in) bytes of this struct
 * @flags: (out) PFNMAP_TEST_LIST_*; ignored on input
 * @start: (in) first address of the range
 * @last: (in) last address of the range, inclusive; all ones for everything
 * @key_start: (in/out) zero at first; then where the next call goes on
 * @key_skip: (in/out) zero at first; then how many entries that begin at @key_start
 *	the ioctl has returned already
 * @count: (in/out) room in @entries; entries filled in
 * @entries: (in) address of an array of struct pfnmap_test_memtype_entry
 *
 * The module reads batches of at most 170 entries, and drops the tree's lock between
 * two batches. If a batch ends among entries with the same start, the next batch
 * walks past these once more under the lock. Entries that come or go between two
 * batches may be in the list or not; all others are.
 */
struct pfnmap_test_memtype_list {
	__u32 size;
	__u32 flags;
	__u64 start;
	__u64 last;
	__u64 key_start;
	__u32 key_skip;
	__u32 count;
	__u64 entries;
};

/**
 * struct pfnmap_test_reserve - PFNMAP_TEST_MEMTYPE_RESERVE: hold a cache mode
 * on part of a region until it is released or the file is closed
 * @size: (in) bytes of this struct
 * @region: (in) enum pfnmap_test_region_id. For ram the kernel has page flags in
 *	place of reservations: the ioctl sets the pages' mode, also in the direct
 *	map, by set_memory_wc(), or by set_memory_uc() for uncached-minus. No
 *	exported function sets another mode: -EOPNOTSUPP
 * @cache_mode: (in/out) enum pfnmap_test_cache_mode: the mode to ask for, then the
 *	mode that the kernel granted. If somebody holds the range already, the two
 *	may differ. No exported function reserves write-protected: -EOPNOTSUPP
 * @id: (out) for PFNMAP_TEST_MEMTYPE_RELEASE
 * @offset: (in) in the region, a multiple of the page size
 * @bytes: (in) size of the range, a multiple of the page size
 *
 * Returns -EBUSY where the kernel refuses because of a conflicting reservation, and for
 * pages of ram whose mode an earlier call holds.
 */
struct pfnmap_test_reserve {
	__u32 size;
	__u32 region;
	__u32 cache_mode;
	__u32 id;
	__u64 offset;
	__u64 bytes;
};

/**
 * struct pfnmap_test_release - PFNMAP_TEST_MEMTYPE_RELEASE: give a mode or
 * pages back
 * @size: (in) bytes of this struct
 * @id: (in) the @id that PFNMAP_TEST_MEMTYPE_RESERVE or PFNMAP_TEST_MEMREMAP_PAGES
 *	of this open file returned; -ENOENT for any other
 *
 * If the kernel has no memory to set pages of ram to write-back, they keep their mode.
 * Later opens, and the unload of the module, try again.
 */
struct pfnmap_test_release {
	__u32 size;
	__u32 id;
};

/**
 * struct pfnmap_test_memremap - PFNMAP_TEST_MEMREMAP_PAGES: make ZONE_DEVICE
 * pages of part of the mmio region, until they are released or the file is closed
 * @size: (in) bytes of this struct
 * @region: (in) enum pfnmap_test_region_id; -EOPNOTSUPP for all but mmio: the
 *	dax region has its pages, the ram region is RAM
 * @id: (out) for PFNMAP_TEST_MEMTYPE_RELEASE
 * @reserved: zero
 * @offset: (in) in the region; the physical address must be a multiple of 2 MiB
 * @bytes: (in) a multiple of 2 MiB
 *
 * memremap_pages() reserves the range write-back, or takes the mode that others
 * hold it in. -EBUSY if the range has pages already, or if others hold it
 * write-through or write-protected: the kernel would warn. -EINVAL also if others
 * hold the range in more than one mode.
 */
struct pfnmap_test_memremap {
	__u32 size;
	__u32 region;
	__u32 id;
	__u32 reserved;
	__u64 offset;
	__u64 bytes;
};

/* struct pfnmap_test_leaf.flags */
#define PFNMAP_TEST_LEAF_PRESENT	0x01
#define PFNMAP_TEST_LEAF_WRITABLE	0x02
#define PFNMAP_TEST_LEAF_DIRTY		0x04
#define PFNMAP_TEST_LEAF_YOUNG		0x08
#define PFNMAP_TEST_LEAF_SPECIAL	0x10
#define PFNMAP_TEST_LEAF_HUGE_ZERO	0x20

/**
 * struct pfnmap_test_leaf - PFNMAP_TEST_LEAF: the page-table entry behind an
 * address of the calling process
 * @size: (in) bytes of this struct
 * @flags: (out) PFNMAP_TEST_LEAF_*; without _PRESENT @flags, @level, @cache_mode and
 *	@pfn are zero
 * @known: (out) the PFNMAP_TEST_LEAF_* that this kernel lets the module see
 * @level: (out) enum pfnmap_test_level
 * @cache_mode: (out) enum pfnmap_test_cache_mode, from the entry's bits
 * @reserved: zero
 * @address: (in) any mapped user address
 * @pfn: (out) page frame number of the page at @address, also in a larger leaf
 */
struct pfnmap_test_leaf {
	__u32 size;
	__u32 flags;
	__u32 known;
	__u32 level;
	__u32 cache_mode;
	__u32 reserved;
	__u64 address;
	__u64 pfn;
};

/* struct pfnmap_test_vma.tracking */
enum pfnmap_test_tracking {
	PFNMAP_TEST_TRACK_NONE,
	PFNMAP_TEST_TRACK_CTX,		/* a counted range, shared by VMAs (6.16) */
	PFNMAP_TEST_TRACK_VM_PAT,	/* a VMA flag (before 6.16) */
};

/**
 * struct pfnmap_test_vma - PFNMAP_TEST_VMA: the VMA around an address of the
 * calling process
 * @size: (in) bytes of this struct
 * @tracking: (out) enum pfnmap_test_tracking
 * @track_refs: (out) VMAs that share the tracked range; 0 if the range is not counted
 * @cache_mode: (out) enum pfnmap_test_cache_mode of vm_page_prot
 * @address: (in) any mapped user address
 * @start: (out) user address where the VMA begins
 * @end: (out) user address where the VMA ends
 * @pgoff: (out) vm_pgoff, in pages
 * @vm_flags: (out) as this kernel numbers them; /proc/PID/smaps has names
 * @track_start: (out) physical start of the tracked range; 0 if it is not counted
 * @track_bytes: (out) its size; 0 if it is not counted
 */
struct pfnmap_test_vma {
	__u32 size;
	__u32 tracking;
	__u32 track_refs;
	__u32 cache_mode;
	__u64 address;
	__u64 start;
	__u64 end;
	__u64 pgoff;
	__u64 vm_flags;
	__u64 track_start;
	__u64 track_bytes;
};

/* struct pfnmap_test_zap.how */
enum pfnmap_test_zap_how {
	PFNMAP_TEST_ZAP_VMA = 1,	/* zap_special_vma_range(), zap_vma_ptes() before 7.1 */
	PFNMAP_TEST_ZAP_MAPPING,	/* unmap_mapping_range() */
};

/* struct pfnmap_test_zap.flags */
#define PFNMAP_TEST_ZAP_EVEN_COWS	0x01 /* MAPPING: private copies too */

/**
 * struct pfnmap_test_zap - PFNMAP_TEST_ZAP: empty page-table entries, keep the
 * VMA
 * @size: (in) bytes of this struct
 * @how: (in) enum pfnmap_test_zap_how
 * @flags: (in) PFNMAP_TEST_ZAP_*
 * @reserved: zero
 * @start: (in) VMA: user address, inside one mapping of this open file.
 *	The kernel zaps nothing of a VMA that is neither VM_PFNMAP nor, since 7.1,
 *	VM_MIXEDMAP: the ioctl then succeeds all the same.
 *	MAPPING: file offset; the ioctl zaps every process's mappings of this open
 *	file. The kernel sets vm_pgoff of a private remap_pfn_range mapping to the
 *	pfn, so its file offset is the physical address.
 *	All folios of the dax region have one address_space: if SET_MAP's method
 *	maps folios, the ioctl zaps the folio mappings of every open file.
 *	The kernel zaps a 1 GiB leaf as a whole. Before 6.19 it warns if the range
 *	has only part of a leaf: on these kernels the ioctl widens the range to whole
 *	blocks of 1 GiB if such leaves may be mapped
 * @bytes: (in) a multiple of the page size; with MAPPING 0 means up to the end
 */
struct pfnmap_test_zap {
	__u32 size;
	__u32 how;
	__u32 flags;
	__u32 reserved;
	__u64 start;
	__u64 bytes;
};

/**
 * struct pfnmap_test_enabled - PFNMAP_TEST_SET_ENABLED: turn the device that an
 * open file stands for on or off, a region at a time
 * @size: (in) bytes of this struct
 * @region: (in) enum pfnmap_test_region_id
 * @enabled: (in) 1 for on, as after open, or 0 for off
 * @reserved: zero
 *
 * While a region is off, access through mappings made by the method
 * vfio_pci_vmf_insert_pfn gives SIGBUS, in every process that has them. Other
 * methods map a region that is off, too. Turning off again zaps once more.
 *
 * Turning off zaps all mappings of the open file, also those of other regions and
 * methods, since offsets don't tell regions apart. Entries that methods insert by
 * fault come back, entries that they made at mmap do not. The ioctl does not zap
 * private copies and folios of the dax region.
 */
struct pfnmap_test_enabled {
	__u32 size;
	__u32 region;
	__u32 enabled;
	__u32 reserved;
};

/* struct pfnmap_test_folio.flags */
#define PFNMAP_TEST_FOLIO_ANON		0x01
#define PFNMAP_TEST_FOLIO_ZONE_DEVICE	0x02
#define PFNMAP_TEST_FOLIO_DIRTY		0x04
#define PFNMAP_TEST_FOLIO_MAPPING	0x08 /* has an address_space */
#define PFNMAP_TEST_FOLIO_TAIL		0x10 /* the page asked about is a tail page */
#define PFNMAP_TEST_FOLIO_HWPOISON	0x20 /* its first page had a memory failure */

/* struct pfnmap_test_folio.pgmap, as the kernel's enum memory_type */
enum pfnmap_test_pgmap {
	PFNMAP_TEST_PGMAP_NONE,
	PFNMAP_TEST_PGMAP_PRIVATE,
	PFNMAP_TEST_PGMAP_COHERENT,
	PFNMAP_TEST_PGMAP_FS_DAX,
	PFNMAP_TEST_PGMAP_GENERIC,
	PFNMAP_TEST_PGMAP_PCI_P2PDMA,
};

/**
 * struct pfnmap_test_folio - PFNMAP_TEST_FOLIO: the folio behind a page
 * @size: (in) bytes of this struct
 * @region: (in) enum pfnmap_test_region_id, or 0 for a user address
 * @address: (in) offset in the region; without one, an address of the calling
 *	process
 * @flags: (out) PFNMAP_TEST_FOLIO_*
 * @order: (out) log2 of the folio's pages
 * @refs: (out) its reference count
 * @mapcount: (out) page-table entries that map it; an entry for the whole folio is one
 * @page_refs: (out) reference count of the page itself; 0 for a tail
 * @pgmap: (out) enum pfnmap_test_pgmap
 * @index: (out) page offset in its address_space
 * @pfn: (out) page frame number of its first page
 *
 * -ENODATA where nothing is mapped, or where there is no struct page: in the mmio
 * region, unless PFNMAP_TEST_MEMREMAP_PAGES made pages there.
 */
struct pfnmap_test_folio {
	__u32 size;
	__u32 region;
	__u64 address;
	__u32 flags;
	__u32 order;
	__u32 refs;
	__u32 mapcount;
	__u32 page_refs;
	__u32 pgmap;
	__u64 index;
	__u64 pfn;
};

/* struct pfnmap_test_pin.how */
enum pfnmap_test_pin_how {
	PFNMAP_TEST_PIN_SLOW = 1,	/* pin_user_pages() */
	PFNMAP_TEST_PIN_FAST,		/* get_user_pages_fast_only(): never falls back */
	PFNMAP_TEST_PIN_EITHER,		/* pin_user_pages_fast(): fast, or else slow */
};

/* struct pfnmap_test_pin.flags */
#define PFNMAP_TEST_PIN_WRITE		0x01 /* FOLL_WRITE */
#define PFNMAP_TEST_PIN_LONGTERM	0x02 /* FOLL_LONGTERM; not with FAST */
#define PFNMAP_TEST_PIN_P2PDMA		0x04 /* FOLL_PCI_P2PDMA (6.2); not with LONGTERM */

/**
 * struct pfnmap_test_pin - PFNMAP_TEST_PIN: pin pages of the calling process
 * until they are unpinned or the file is closed
 * @size: (in) bytes of this struct
 * @how: (in) enum pfnmap_test_pin_how
 * @flags: (in) PFNMAP_TEST_PIN_*
 * @id: (out) for PFNMAP_TEST_UNPIN
 * @address: (in) user address, a multiple of the page size
 * @bytes: (in) a multiple of the page size, at most 1 GiB
 * @pfn: (out) of the first page
 * @word: (out) the first 8 bytes of the first page, as the kernel reads them; 0 if the
 *	kernel knows that the page's memory has failed, which GUP may pin all the same
 *
 * The ioctl pins the whole range or nothing. It returns the kernel's error, such as
 * -EREMOTEIO for P2PDMA memory without PFNMAP_TEST_PIN_P2PDMA; or -EFAULT if the kernel
 * pins only part of the range. PFNMAP_TEST_PIN_P2PDMA is -EOPNOTSUPP before 6.2.
 */
struct pfnmap_test_pin {
	__u32 size;
	__u32 how;
	__u32 flags;
	__u32 id;
	__u64 address;
	__u64 bytes;
	__u64 pfn;
	__u64 word;
};

/**
 * struct pfnmap_test_unpin - PFNMAP_TEST_UNPIN: undo one PFNMAP_TEST_PIN
 * @size: (in) bytes of this struct
 * @id: (in) the @id that PFNMAP_TEST_PIN of this open file returned; -ENOENT for any
 *	other
 */
struct pfnmap_test_unpin {
	__u32 size;
	__u32 id;
};

/* struct pfnmap_test_word.flags */
#define PFNMAP_TEST_WORD_WRITE	0x01 /* write @value instead of reading it */

/**
 * struct pfnmap_test_word - PFNMAP_TEST_WORD: 8 bytes of a region, through a
 * mapping of the kernel's own
 * @size: (in) bytes of this struct
 * @region: (in) enum pfnmap_test_region_id
 * @flags: (in) PFNMAP_TEST_WORD_*
 * @reserved: zero
 * @offset: (in) in the region, a multiple of 8
 * @value: (in/out) the 8 bytes
 *
 * On x86 the kernel maps the mmio region in the mode that it is held in at the time, and
 * write-back where nobody holds it. Other architectures hold no modes: there it maps a PCI
 * BAR uncached, and other memory write-back. Then a CPU may have a stale word of what user
 * space maps otherwise.
 *
 * -EHWPOISON for a page of ram, or a folio of dax, of which the kernel knows that its
 * memory has failed: to touch the memory could stop the machine.
 */
struct pfnmap_test_word {
	__u32 size;
	__u32 region;
	__u32 flags;
	__u32 reserved;
	__u64 offset;
	__u64 value;
};

/**
 * struct pfnmap_test_wait_idle - PFNMAP_TEST_WAIT_IDLE: wait until nobody has a
 * reference to any folio of a range, as a file system does before it gives
 * memory that it has unmapped to another file
 * @size: (in) bytes of this struct
 * @region: (in) enum pfnmap_test_region_id; -EOPNOTSUPP for all but dax
 * @offset: (in) in the region, a multiple of the page size
 * @bytes: (in) a multiple of the page size; a folio that is partly inside the range
 *	counts
 * @timeout_ms: (in) milliseconds to wait at most, then -ETIMEDOUT; 0 for as
 *	long as it takes
 * @reserved: zero
 *
 * A pin holds a reference. Since 6.15 an entry that maps a folio holds one, too. Before
 * 6.15 the ioctl waits for pins alone. -EINTR if a signal comes first.
 */
struct pfnmap_test_wait_idle {
	__u32 size;
	__u32 region;
	__u64 offset;
	__u64 bytes;
	__u32 timeout_ms;
	__u32 reserved;
};

/**
 * struct pfnmap_test_fail - PFNMAP_TEST_FAIL_NEXT: make one of the module's requests
 * for memory fail, in a later call of this thread
 * @size: (in) bytes of this struct
 * @nth: (in) number of the point to fail, counted from 1 among the points that the
 *	thread passes from now on, in any open file; 0 for none
 * @passed: (out) points passed since the last FAIL_NEXT of this open file
 * @fired: (out) 1 if the point that the last FAIL_NEXT named was among them, or 0
 *
 * A point is where the module itself asks for memory, or for something else that
 * needs memory. The point fails with ENOMEM, as if there were no memory. But
 * MEMTYPE_RELEASE of ram does not fail: it returns 0, and the pages keep their mode (see
 * struct pfnmap_test_release). The request stays armed until the next FAIL_NEXT of the open
 * file, or until the file is closed.
 */
struct pfnmap_test_fail {
	__u32 size;
	__u32 nth;
	__u32 passed;
	__u32 fired;
};

/* struct pfnmap_test_follow.flags: at most one of them */
#define PFNMAP_TEST_FOLLOW_FIXUP_READ	0x01 /* fixup_user_fault() first, for a read */
#define PFNMAP_TEST_FOLLOW_FIXUP_WRITE	0x02 /* the same for a write */

/* struct pfnmap_test_follow.found */
#define PFNMAP_TEST_FOUND_WRITABLE	0x01
#define PFNMAP_TEST_FOUND_SPECIAL	0x02

/**
 * struct pfnmap_test_follow - PFNMAP_TEST_FOLLOW: what follow_pfnmap_start() answers
 * for an address of the calling process, as KVM and VFIO call it; follow_pte() before 6.12
 * @size: (in) bytes of this struct
 * @flags: (in) PFNMAP_TEST_FOLLOW_FIXUP_*: what these callers do when the answer is an
 *	error, before they ask again
 * @found: (out) PFNMAP_TEST_FOUND_*
 * @level: (out) enum pfnmap_test_level; 0 where the kernel does not tell, 6.12 to 6.14
 * @address: (in) any mapped user address
 * @pfn: (out) page frame number of the page at @address, also in a larger leaf
 *
 * -EINVAL where nothing is mapped yet, and for a VMA that has neither VM_PFNMAP nor
 * VM_IO. -EFAULT where fixup_user_fault() meets SIGBUS or SIGSEGV, and where no VMA is.
 */
struct pfnmap_test_follow {
	__u32 size;
	__u32 flags;
	__u32 found;
	__u32 level;
	__u64 address;
	__u64 pfn;
};

/**
 * struct pfnmap_test_calls - PFNMAP_TEST_CALLS: how often the kernel has called the
 * operations of this open file's mappings, since the last PFNMAP_TEST_CALLS
 * @size: (in) bytes of this struct
 * @reserved: zero
 * @fault: (out) calls of fault()
 * @huge_fault: (out) calls of huge_fault(), also if it returns VM_FAULT_FALLBACK
 * @pfn_mkwrite: (out) calls of pfn_mkwrite()
 * @page_mkwrite: (out) calls of page_mkwrite()
 *
 * The module counts for mappings made with PFNMAP_TEST_MAP_MKWRITE, _AGAIN, _AROUND or
 * _AROUND_OTHER. Other mappings have the method's own operations, as a driver's would. The
 * module does not count its own calls of fault(), which insert more than the fault's page.
 */
struct pfnmap_test_calls {
	__u32 size;
	__u32 reserved;
	__u64 fault;
	__u64 huge_fault;
	__u64 pfn_mkwrite;
	__u64 page_mkwrite;
};

/* struct pfnmap_test_inspect.flags: vm_flags, under numbers of this header's own */
#define PFNMAP_TEST_INSPECT_READ	0x0001	/* VM_READ; and so on */
#define PFNMAP_TEST_INSPECT_WRITE	0x0002
#define PFNMAP_TEST_INSPECT_EXEC	0x0004
#define PFNMAP_TEST_INSPECT_SHARED	0x0008
#define PFNMAP_TEST_INSPECT_MAYREAD	0x0010
#define PFNMAP_TEST_INSPECT_MAYWRITE	0x0020
#define PFNMAP_TEST_INSPECT_MAYSHARE	0x0040
#define PFNMAP_TEST_INSPECT_IO		0x0080
#define PFNMAP_TEST_INSPECT_PFNMAP	0x0100
#define PFNMAP_TEST_INSPECT_MIXEDMAP	0x0200
#define PFNMAP_TEST_INSPECT_DONTCOPY	0x0400
#define PFNMAP_TEST_INSPECT_DONTEXPAND	0x0800
#define PFNMAP_TEST_INSPECT_DONTDUMP	0x1000
#define PFNMAP_TEST_INSPECT_HUGETLB	0x2000
#define PFNMAP_TEST_INSPECT_LOCKED	0x4000
#define PFNMAP_TEST_INSPECT_WIPEONFORK	0x8000
/* ... and more about the VMA */
#define PFNMAP_TEST_INSPECT_ANON	0x00010000 /* it has no vm_ops */
#define PFNMAP_TEST_INSPECT_ANON_VMA	0x00020000 /* it may have private pages */
#define PFNMAP_TEST_INSPECT_DAX		0x00040000 /* vma_is_dax() */
#define PFNMAP_TEST_INSPECT_FSDAX	0x00080000 /* vma_is_fsdax() */
#define PFNMAP_TEST_INSPECT_WRITEBACK	0x00100000 /* mapping_can_writeback() */
#define PFNMAP_TEST_INSPECT_FAULT	0x00200000 /* vm_ops has fault(); and so on */
#define PFNMAP_TEST_INSPECT_HUGE_FAULT	0x00400000
#define PFNMAP_TEST_INSPECT_ACCESS	0x00800000
#define PFNMAP_TEST_INSPECT_PAGE_MKWRITE 0x01000000
#define PFNMAP_TEST_INSPECT_PFN_MKWRITE	0x02000000
#define PFNMAP_TEST_INSPECT_NORMAL_PAGE	0x04000000 /* find_normal_page() */

/**
 * struct pfnmap_test_inspect - PFNMAP_TEST_INSPECT: what is behind an address of any
 * process; touches nothing and changes nothing there
 * @size: (in) bytes of this struct
 * @pid: (in) the process or a thread of it, in the caller's pid namespace; 0 for the
 *	calling process
 * @address: (in) any mapped user address there
 * @flags: (out) PFNMAP_TEST_INSPECT_*
 * @start: (out) user address where the VMA begins
 * @end: (out) user address where the VMA ends
 * @pgoff: (out) vm_pgoff, in pages
 * @track_start: (out) as in struct pfnmap_test_vma
 * @track_bytes: (out) as in struct pfnmap_test_vma
 * @tracking: (out) enum pfnmap_test_tracking
 * @track_refs: (out) as in struct pfnmap_test_vma
 * @prot_mode: (out) enum pfnmap_test_cache_mode of vm_page_prot
 * @follow_error: (out) 0, or the errno that follow_pfnmap_start() gives
 * @entry_flags: (out) PFNMAP_TEST_LEAF_*
 * @entry_known: (out) the PFNMAP_TEST_LEAF_* that this kernel lets the module see
 * @level: (out) enum pfnmap_test_level; 0 where nothing is present
 * @cache_mode: (out) enum pfnmap_test_cache_mode, from the entry's bits; or 0
 * @entry_bytes: (out) size that the entry covers, also where nothing is present: the
 *	answer holds for the aligned block of this size, within the VMA
 * @pfn: (out) page frame number of the page at @address; 0 where nothing is present
 * @folio_error: (out) 0, or ENODATA where nothing is present or no struct page is; the
 *	rest is zero then
 * @folio_flags: (out) PFNMAP_TEST_FOLIO_*
 * @order: (out) log2 of the folio's pages
 * @refs: (out) its reference count
 * @mapcount: (out) page-table entries that map it
 * @pgmap: (out) enum pfnmap_test_pgmap
 *
 * The module reads VMA and entry under one hold of the mmap lock. It looks at the folio just
 * afterwards: by then the page may belong to another folio.
 *
 * Besides the capability the caller needs what ptrace(2) calls PTRACE_MODE_READ_REALCREDS,
 * or gets -EACCES. Since 6.15 the capability is enough. -ESRCH if there is no such
 * process, or it has no memory: a kernel thread, or one that is exiting. -EFAULT where no
 * VMA is. -EOPNOTSUPP for another process, where the module does not find mm_access().
 * -EINTR if a fatal signal comes first.
 */
struct pfnmap_test_inspect {
	__u32 size;
	__u32 pid;
	__u64 address;
	__u64 flags;
	__u64 start;
	__u64 end;
	__u64 pgoff;
	__u64 track_start;
	__u64 track_bytes;
	__u32 tracking;
	__u32 track_refs;
	__u32 prot_mode;
	__u32 follow_error;
	__u32 entry_flags;
	__u32 entry_known;
	__u32 level;
	__u32 cache_mode;
	__u64 entry_bytes;
	__u64 pfn;
	__u32 folio_error;
	__u32 folio_flags;
	__u32 order;
	__u32 refs;
	__u32 mapcount;
	__u32 pgmap;
};

/* The size is in the argument and not in the number: the number stays when a struct grows. */
#define PFNMAP_TEST_IOC_TYPE		0xE7
#define PFNMAP_TEST_GET_INFO		_IO(PFNMAP_TEST_IOC_TYPE, 0x00)
#define PFNMAP_TEST_DESCRIBE		_IO(PFNMAP_TEST_IOC_TYPE, 0x01)
#define PFNMAP_TEST_SET_MAP		_IO(PFNMAP_TEST_IOC_TYPE, 0x02)
#define PFNMAP_TEST_MEMTYPE_LOOKUP	_IO(PFNMAP_TEST_IOC_TYPE, 0x03)
#define PFNMAP_TEST_MEMTYPE_LIST	_IO(PFNMAP_TEST_IOC_TYPE, 0x04)
#define PFNMAP_TEST_MEMTYPE_RESERVE	_IO(PFNMAP_TEST_IOC_TYPE, 0x05)
#define PFNMAP_TEST_MEMTYPE_RELEASE	_IO(PFNMAP_TEST_IOC_TYPE, 0x06)
#define PFNMAP_TEST_LEAF		_IO(PFNMAP_TEST_IOC_TYPE, 0x07)
#define PFNMAP_TEST_VMA			_IO(PFNMAP_TEST_IOC_TYPE, 0x08)
#define PFNMAP_TEST_ZAP			_IO(PFNMAP_TEST_IOC_TYPE, 0x09)
#define PFNMAP_TEST_FOLIO		_IO(PFNMAP_TEST_IOC_TYPE, 0x0A)
#define PFNMAP_TEST_PIN			_IO(PFNMAP_TEST_IOC_TYPE, 0x0B)
#define PFNMAP_TEST_UNPIN		_IO(PFNMAP_TEST_IOC_TYPE, 0x0C)
#define PFNMAP_TEST_WORD		_IO(PFNMAP_TEST_IOC_TYPE, 0x0D)
#define PFNMAP_TEST_MEMREMAP_PAGES	_IO(PFNMAP_TEST_IOC_TYPE, 0x0E)
#define PFNMAP_TEST_SET_ENABLED		_IO(PFNMAP_TEST_IOC_TYPE, 0x0F)
#define PFNMAP_TEST_WAIT_IDLE		_IO(PFNMAP_TEST_IOC_TYPE, 0x10)
#define PFNMAP_TEST_FAIL_NEXT		_IO(PFNMAP_TEST_IOC_TYPE, 0x11)
#define PFNMAP_TEST_FOLLOW		_IO(PFNMAP_TEST_IOC_TYPE, 0x12)
#define PFNMAP_TEST_CALLS		_IO(PFNMAP_TEST_IOC_TYPE, 0x13)
#define PFNMAP_TEST_INSPECT		_IO(PFNMAP_TEST_IOC_TYPE, 0x14)

#endif /* _UAPI_PFNMAP_TEST_H */
