/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interfaces that the headers of an older distribution lack: Debian 12's are those of 6.1.
 * The running kernel may lack an interface, too, and then answers with an error.
 */
#ifndef YOUNGER_H
#define YOUNGER_H

#include <linux/fs.h>
#include <linux/io_uring.h>
#include <linux/kvm.h>
#include <linux/types.h>
#include <linux/userfaultfd.h>
#include <linux/vfio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

/* MADV_* come from the C library, not from the kernel's headers: 2.36 has none of these. */
#ifndef MADV_COLLAPSE		/* 6.1 */
#define MADV_COLLAPSE		25
#endif
#ifndef MADV_SOFT_OFFLINE
#define MADV_SOFT_OFFLINE	101
#endif
#ifndef MADV_GUARD_INSTALL	/* 6.13 */
#define MADV_GUARD_INSTALL	102
#define MADV_GUARD_REMOVE	103
#endif

#ifndef SYS_mseal		/* 6.10, the same number on every architecture */
#define SYS_mseal		462
#endif

#ifndef IORING_SETUP_NO_MMAP	/* 6.5 */
#define IORING_SETUP_NO_MMAP	(1U << 14)
#endif

#ifndef PR_SET_MEMORY_MERGE	/* 6.4 */
#define PR_SET_MEMORY_MERGE	67
#endif

#ifndef PAGEMAP_SCAN		/* 6.7 */
#define PAGE_IS_WPALLOWED	0x1
#define PAGE_IS_WRITTEN		0x2
#define PAGE_IS_FILE		0x4
#define PAGE_IS_PRESENT		0x8
#define PAGE_IS_SWAPPED		0x10
#define PAGE_IS_PFNZERO		0x20
#define PAGE_IS_HUGE		0x40
#define PAGE_IS_SOFT_DIRTY	0x80

#define PM_SCAN_WP_MATCHING	0x1
#define PM_SCAN_CHECK_WPASYNC	0x2

struct page_region {
	__u64 start;
	__u64 end;
	__u64 categories;
};

struct pm_scan_arg {
	__u64 size;
	__u64 flags;
	__u64 start;
	__u64 end;
	__u64 walk_end;
	__u64 vec;
	__u64 vec_len;
	__u64 max_pages;
	__u64 category_inverted;
	__u64 category_mask;
	__u64 category_anyof_mask;
	__u64 return_mask;
};

#define PAGEMAP_SCAN		_IOWR('f', 16, struct pm_scan_arg)
#endif

#ifndef UFFD_FEATURE_WP_UNPOPULATED	/* 6.4 */
#define UFFD_FEATURE_WP_UNPOPULATED	0x2000
#endif
#ifndef UFFDIO_POISON		/* 6.6 */
struct uffdio_poison {
	struct uffdio_range range;
	__u64 mode;
	__s64 updated;
};

#define UFFDIO_POISON		_IOWR(UFFDIO, 0x08, struct uffdio_poison)
#endif
#ifndef UFFD_FEATURE_WP_ASYNC	/* 6.7 */
#define UFFD_FEATURE_WP_ASYNC	0x8000
#endif
#ifndef UFFDIO_MOVE		/* 6.8 */
struct uffdio_move {
	__u64 dst;
	__u64 src;
	__u64 len;
	__u64 mode;
	__s64 move;
};

#define UFFD_FEATURE_MOVE	0x10000
#define UFFDIO_MOVE		_IOWR(UFFDIO, 0x05, struct uffdio_move)
#endif

#ifndef KVM_PRE_FAULT_MEMORY	/* 6.11 */
struct kvm_pre_fault_memory {
	__u64 gpa;
	__u64 size;
	__u64 flags;
	__u64 padding[5];
};

#define KVM_PRE_FAULT_MEMORY	_IOWR(KVMIO, 0xd5, struct kvm_pre_fault_memory)
#endif

/* From linux/iommufd.h, which 6.1 lacks. */
struct iommu_ioas_map {
	__u32 size;
	__u32 flags;
	__u32 ioas_id;
	__u32 reserved;
	__aligned_u64 user_va;
	__aligned_u64 length;
	__aligned_u64 iova;
};

struct iommu_ioas_unmap {
	__u32 size;
	__u32 ioas_id;
	__aligned_u64 iova;
	__aligned_u64 length;
};

struct iommu_vfio_ioas {
	__u32 size;
	__u32 ioas_id;
	__u16 op;
	__u16 reserved;
};

#define IOMMU_IOAS_MAP_FIXED_IOVA	0x1
#define IOMMU_IOAS_MAP_WRITEABLE	0x2
#define IOMMU_IOAS_MAP_READABLE		0x4
#define IOMMU_VFIO_IOAS_GET		0
#define IOMMU_IOAS_MAP			_IO(';', 0x85)
#define IOMMU_IOAS_UNMAP		_IO(';', 0x86)
#define IOMMU_VFIO_IOAS			_IO(';', 0x88)

#ifndef VFIO_DEVICE_FEATURE_DMA_BUF	/* 6.19 */
#define VFIO_DEVICE_FEATURE_DMA_BUF	11
#endif

#endif
