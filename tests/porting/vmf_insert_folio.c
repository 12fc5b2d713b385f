// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 15, 0)
#include <linux/pfn_t.h>
#endif

static inline vm_fault_t insert_device_page(struct vm_fault *vmf, struct page *page)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 15, 0)
	return vmf_insert_page_mkwrite(vmf, page, vmf->flags & FAULT_FLAG_WRITE);
#else
	return vmf_insert_mixed(vmf->vma, vmf->address,
				__pfn_to_pfn_t(page_to_pfn(page), PFN_DEV | PFN_MAP));
#endif
}
