// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfio_pci_vmf_insert_pfn(): mappings that the driver revokes while the device can't
 * be accessed, and that come back by faults when it can.
 *
 * When:    user space has the device's memory mapped when you reset, suspend or
 *	    turn off the device: an access would hang the bus. VFIO has a function
 *	    of this name, which inserts 2 MiB and 1 GiB too, where they fit.
 * VMA:     VM_PFNMAP, set in mmap, and shared. The helper has a BUG_ON() for a
 *	    private mapping with VM_MAYWRITE, even if it is read-only: refuse
 *	    private mappings in mmap. VM_DONTEXPAND keeps mremap() from growing
 *	    the VMA past what mmap checked. Put all VMAs on one address_space of
 *	    the device's own (f_mapping): unmap_mapping_range() finds them there.
 *	    Pass vm_page_prot through pgprot_decrypted() for I/O memory: where RAM
 *	    is encrypted (SEV, TDX, SME) a device's memory is not, and the helper
 *	    leaves the encryption bit alone.
 * Mode:    each fault looks up the mode that the page is reserved in, outside RAM
 *	    uncached-minus if nobody holds a reservation. If you hold the
 *	    reservation all the while, the mode is the same after the zap. Before
 *	    6.16 a reservation that remap_pfn_range() made is gone after the zap.
 * Pitfall: your lock has to cover the insert and not the check alone: else a
 *	    fault that saw the device on inserts its entry after the zap, and nobody
 *	    takes the entry away. The lock nests inside the mmap lock: don't touch
 *	    user memory under it. remap_pfn_range() can't be revoked and restored
 *	    like this: the kernel brings no entry back, and since 6.16 refuses a
 *	    second call.
 * Since:   5.8 in VFIO (CVE-2020-12888). Before 6.10 VFIO mapped the whole VMA at
 *	    the first fault, by io_remap_pfn_range().
 */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/rwsem.h>

#include "compat.h"
#include "method.h"

static vm_fault_t vfio_pci_fault(struct vm_fault *vmf)
{
	const struct pfnmap_region *region = vmf->vma->vm_private_data;
	struct pfnmap_power *power = pfnmap_power_of(vmf->vma);
	vm_fault_t ret = VM_FAULT_SIGBUS;

	down_read(&power->lock);
	if (!power->off)
		ret = vmf_insert_pfn(vmf->vma, vmf->address,
				     PHYS_PFN(region->start) + vmf->pgoff);
	up_read(&power->lock);

	return ret;
}

static const struct vm_operations_struct vfio_pci_ops = {
	.fault = vfio_pci_fault,
};

static int vfio_pci_mmap(struct vm_area_struct *vma,
			 const struct pfnmap_region *region)
{
	if (compat_vma_is_cow_mapping(vma))
		return -EINVAL;

	compat_vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	/* RAM may be encrypted, a device's memory is not. */
	if (region->io)
		vma->vm_page_prot = pgprot_decrypted(vma->vm_page_prot);
	vma->vm_ops = &vfio_pci_ops;
	return 0;
}

/**
 * pfnmap_power_set - turn the device on or off
 * @power: the device's state
 * @on: whether its memory can be accessed from now on
 *
 * When this has turned the device off, no entry maps its memory, and no fault
 * inserts one until the device is on again.
 */
void pfnmap_power_set(struct pfnmap_power *power, bool on)
{
	down_write(&power->lock);
	power->off = !on;
	if (!on)
		unmap_mapping_range(power->mapping, 0, 0, false);
	up_write(&power->lock);
}

const struct pfnmap_method pfnmap_vfio_pci_vmf_insert_pfn = {
	.regions = PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_MMIO) |
		   PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_RAM) |
		   PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_DAX),
	.levels = PFNMAP_TEST_BIT(PFNMAP_TEST_LEVEL_PTE),
	.flags = PFNMAP_TEST_DESC_FAULT,
	.mmap = vfio_pci_mmap,
};
