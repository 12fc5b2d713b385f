/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The interface between the methods and the driver around them.
 */
#ifndef PFNMAP_METHOD_H
#define PFNMAP_METHOD_H

#include <linux/errno.h>
#include <linux/mm_types.h>
#include <linux/pfn.h>
#include <linux/rwsem.h>
#include <linux/security.h>
#include <linux/types.h>

#include "uapi/pfnmap_test.h"

struct address_space;
struct page;
struct vm_area_desc;

#define PFNMAP_LEVELS	(PFNMAP_TEST_LEVEL_PUD + 1)
#define PFNMAP_REGIONS	(PFNMAP_TEST_REGION_DAX + 1)

/**
 * struct pfnmap_region - memory that can be mapped
 * @id: enum pfnmap_test_region_id
 * @name: as in the module parameter and DESCRIBE
 * @start: physical address
 * @bytes: size, a multiple of PAGE_SIZE
 * @pages: its struct pages if it is ram, otherwise NULL
 * @io: methods map it as a device's memory, which is never encrypted
 * @cache_mode: the mode that a file maps it in before SET_MAP
 * @flags: PFNMAP_TEST_DESC_*
 * @error: 0, or the negative errno that says why the region is not there
 * @lockdown: what to ask security_locked_down() about access to it; LOCKDOWN_NONE
 *	for memory that was System RAM
 */
struct pfnmap_region {
	u32 id;
	const char *name;
	phys_addr_t start;
	u64 bytes;
	struct page **pages;
	bool io;
	u32 cache_mode;
	u32 flags;
	int error;
	enum lockdown_reason lockdown;
};

/**
 * struct pfnmap_method - one way to map memory; see patterns/ and kernel-only/
 * @regions: mask of the regions that it can map
 * @levels: mask of the page-table levels that it can reach
 * @flags: PFNMAP_TEST_DESC_*
 * @state_bytes: size of the state that @setup fills in; zero if there is none
 * @setup: gets what mmap needs, as a driver's probe() would, for the VMAs of one
 *	address_space; NULL if the method needs nothing
 * @teardown: gives back what @setup got, as a driver's remove() would
 * @mmap: fills in a VMA that lies in the region; vm_pgoff counts from the region's
 *	start. The caller has set vm_page_prot to the cache mode, and
 *	vm_private_data to the state, or to the region if @state_bytes is zero
 * @mmap_by_fault: as @mmap, but maps at fault what @mmap maps at once; NULL if the
 *	method has one way only
 * @mmap_prepare: as @mmap, for the descriptor of a VMA, on
 *	PFNMAP_TEST_DEVICE_PREPARE
 */
struct pfnmap_method {
	u64 regions;
	u64 levels;
	u32 flags;
	size_t state_bytes;
	int (*setup)(void *state, const struct pfnmap_region *region,
		     struct address_space *mapping);
	void (*teardown)(void *state, const struct pfnmap_region *region);
	int (*mmap)(struct vm_area_struct *vma, const struct pfnmap_region *region);
	int (*mmap_by_fault)(struct vm_area_struct *vma,
			     const struct pfnmap_region *region);
	int (*mmap_prepare)(struct vm_area_desc *desc,
			    const struct pfnmap_region *region);
};

#define METHOD(_id, _name, _family, _have)	\
	extern const struct pfnmap_method pfnmap_##_name;
#include "list.h"
#undef METHOD

/**
 * struct pfnmap_power - whether a device's memory can be accessed
 * @lock: protects @off; fault() holds it for reading while it inserts an entry
 * @off: the device is off, and an access would hang the bus
 * @mapping: the address_space of all VMAs of the device
 */
struct pfnmap_power {
	struct rw_semaphore lock; /* off */
	bool off;
	struct address_space *mapping;
};

struct pfnmap_power *pfnmap_power_of(const struct vm_area_struct *vma);

/* vfio_pci_vmf_insert_pfn.c */
void pfnmap_power_set(struct pfnmap_power *power, bool on);

#endif /* PFNMAP_METHOD_H */
