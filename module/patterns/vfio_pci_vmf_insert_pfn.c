// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfio_pci_vmf_insert_pfn(): mappings that the driver revokes while nobody can access
 * the device, and that come back when they can.
 *
 * When:    user space has the device's memory mapped when you reset, suspend or
 *	    turn off the device: an access would hang the bus. VFIO has a function
 *	    of this name, which inserts 2 MiB and 1 GiB too, where they fit.
 * VMA:     VM_PFNMAP, set in mmap, and shared. The helper has a BUG_ON() for a
 *	    private mapping with VM_MAYWRITE, also if that is read-only: refuse
 *	    private mappings in mmap. VM_DONTEXPAND keeps mremap() from growing
 *	    the VMA past what mmap checked. All VMAs are on one address_space that
 *	    is the device's own (f_mapping), where unmap_mapping_range() finds
 *	    them.
 *	    Pass vm_page_prot through pgprot_decrypted() for I/O memory: where RAM
 *	    is encrypted (SEV, TDX, SME) a device's memory is not, and the helper
 *	    leaves that bit alone.
 * Mode:    each fault looks the mode up anew: the one that the page is reserved
 *	    in, outside RAM uncached-minus if nobody holds a reservation. It comes
 *	    back as it was if you hold the reservation all the while. Before 6.16
 *	    a reservation that remap_pfn_range() made is gone after the zap.
 * Pitfall: your lock has to cover the insert and not the check alone: else a
 *	    fault that saw the device on puts its entry behind the zap, and nobody
 *	    takes the entry away. The lock nests inside the mmap lock: don't touch
 *	    user memory under it. remap_pfn_range() can't be revoked and restored
 *	    like this: the kernel brings nothing back, and since 6.16 refuses a
 *	    second call.
 * Since:   5.8 in VFIO (CVE-2020-12888), which before 6.10 mapped all of the VMA
 *	    at the first fault, by io_remap_pfn_range().
 */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/rwsem.h>

#include "compat.h"
#include "pattern.h"

static vm_fault_t vfio_pci_fault(struct vm_fault *vmf)
{
	const struct pfnmap_view *view = vmf->vma->vm_private_data;
	struct pfnmap_memory *memory = pfnmap_file_memory(vmf->vma->vm_file);
	vm_fault_t ret = VM_FAULT_SIGBUS;

	down_read(&memory->lock);
	if (!(memory->disabled & PFNMAP_TEST_BIT(view->region->id)))
		ret = vmf_insert_pfn(vmf->vma, vmf->address,
				     pfnmap_view_pfn(view, vmf->pgoff));
	up_read(&memory->lock);

	return ret;
}

static const struct vm_operations_struct vfio_pci_ops = {
	.fault = vfio_pci_fault,
};

static int vfio_pci_mmap(struct vm_area_struct *vma,
			 const struct pfnmap_mapping *m)
{
	if (compat_vma_is_cow_mapping(vma))
		return -EINVAL;

	compat_vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	/* RAM may be encrypted, a device's memory is not. */
	if (m->region->id == PFNMAP_TEST_REGION_MMIO)
		vma->vm_page_prot = pgprot_decrypted(vma->vm_page_prot);
	vma->vm_ops = &vfio_pci_ops;
	return 0;
}

/**
 * pfnmap_enable - turn the device on or off
 * @memory: of an open file
 * @regions: mask of the regions that it is about
 * @enabled: whether they can be accessed from now on
 *
 * When it returns nothing of a region that is off is mapped, or will be.
 */
void pfnmap_enable(struct pfnmap_memory *memory, u64 regions, bool enabled)
{
	down_write(&memory->lock);
	if (enabled) {
		memory->disabled &= ~regions;
	} else {
		memory->disabled |= regions;
		unmap_mapping_range(memory->mapping, 0, 0, false);
	}
	up_write(&memory->lock);
}

const struct pfnmap_pattern pfnmap_vfio_pci_vmf_insert_pfn = {
	.regions = PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_MMIO) |
		   PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_RAM) |
		   PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_DAX),
	.levels = PFNMAP_TEST_BIT(PFNMAP_TEST_LEVEL_PTE),
	.flags = PFNMAP_TEST_DESC_FAULT,
	.mmap = vfio_pci_mmap,
};
