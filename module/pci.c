// SPDX-License-Identifier: GPL-2.0-only
/*
 * A PCI BAR as a region's memory.
 *
 * The module enables the device and requests the BAR, as a driver does in
 * probe(). So it can't have a BAR that a driver has requested before.
 */
#include <linux/device.h>
#include <linux/notifier.h>
#include <linux/pci.h>

#include "pfnmap_test.h"

/**
 * pfnmap_pci_get - enable a device and request one of its BARs
 * @bar: the BAR
 * @start: set to its physical address
 * @bytes: set to its size
 * @prefetch: set to whether it is prefetchable, which write-combining needs
 * @why: on error, the reason, for the log
 *
 * Return: the device, for pfnmap_pci_put(), or an ERR_PTR().
 */
struct pci_dev *pfnmap_pci_get(const struct pfnmap_bar *bar, u64 *start,
			       u64 *bytes, bool *prefetch, const char **why)
{
	struct pci_dev *pdev;
	int err;

	*why = "there is no such PCI device";
	pdev = pci_get_domain_bus_and_slot(bar->domain, bar->bus, bar->devfn);
	if (!pdev)
		return ERR_PTR(-ENODEV);

	*why = "this is no memory BAR";
	err = -EINVAL;
	if (!(pci_resource_flags(pdev, bar->bar) & IORESOURCE_MEM))
		goto err_put;

	*why = "the BAR is no multiple of the page size";
	if (!PAGE_ALIGNED(pci_resource_start(pdev, bar->bar)) ||
	    !PAGE_ALIGNED(pci_resource_len(pdev, bar->bar)))
		goto err_put;

	*why = "the PCI device can't be enabled";
	err = pci_enable_device_mem(pdev);
	if (err)
		goto err_put;

	*why = "the BAR is busy, see /proc/iomem";
	err = pci_request_region(pdev, bar->bar, KBUILD_MODNAME);
	if (err)
		goto err_disable;

	*start = pci_resource_start(pdev, bar->bar);
	*bytes = pci_resource_len(pdev, bar->bar);
	*prefetch = pci_resource_flags(pdev, bar->bar) & IORESOURCE_PREFETCH;
	return pdev;

err_disable:
	pci_disable_device(pdev);
err_put:
	pci_dev_put(pdev);
	return ERR_PTR(err);
}

/**
 * pfnmap_pci_put - undo pfnmap_pci_get()
 * @pdev: what pfnmap_pci_get() returned
 * @bar: number of the BAR
 */
void pfnmap_pci_put(struct pci_dev *pdev, unsigned int bar)
{
	pci_release_region(pdev, bar);
	pci_disable_device(pdev);
	pci_dev_put(pdev);
}

static struct pci_dev *watched;
static void (*watched_gone)(void);

static int bus_notify(struct notifier_block *nb, unsigned long event, void *dev)
{
	if (event == BUS_NOTIFY_DEL_DEVICE && dev == &watched->dev)
		watched_gone();
	return NOTIFY_DONE;
}

static struct notifier_block bus_notifier = { .notifier_call = bus_notify };

/**
 * pfnmap_pci_watch - learn that a device is about to be removed
 * @pdev: what pfnmap_pci_get() returned; one at a time
 * @gone: called before the removal, while the device still has its resources;
 *	may sleep, and may call pfnmap_pci_put()
 *
 * A driver has remove() for this. The module is not bound to the device.
 *
 * Return: 0; -ENODEV if the device is removed already; or another negative
 * errno.
 */
int pfnmap_pci_watch(struct pci_dev *pdev, void (*gone)(void))
{
	bool there;
	int err;

	watched = pdev;
	watched_gone = gone;
	err = bus_register_notifier(&pci_bus_type, &bus_notifier);
	if (err) {
		watched = NULL;
		return err;
	}

	pci_lock_rescan_remove();
	there = device_is_registered(&pdev->dev);
	pci_unlock_rescan_remove();
	if (there)
		return 0;

	pfnmap_pci_unwatch();
	return -ENODEV;
}

/**
 * pfnmap_pci_unwatch - undo pfnmap_pci_watch(), if it was called
 */
void pfnmap_pci_unwatch(void)
{
	if (watched)
		bus_unregister_notifier(&pci_bus_type, &bus_notifier);
	watched = NULL;
}
