// SPDX-License-Identifier: GPL-2.0-only
/*
 * A PCI BAR as a region's memory.
 *
 * The module is the device's driver meanwhile, and requests the BAR in that role. Then no
 * other driver has the device or gets it, and sysfs neither disables the device nor
 * resizes its BARs, which would move them (resourceN_resize).
 */
#include <linux/device.h>
#include <linux/pci.h>

#include "pfnmap_test.h"

/* The one device that probe() takes; NULL before pfnmap_pci_get() and after remove(). */
static struct pci_dev *wanted;
static void (*watched_gone)(void);
static bool registered;

static int probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	return pdev == wanted ? 0 : -ENODEV;
}

/* The device is unplugged, or user space unbinds it. The device still has its resources. */
static void remove(struct pci_dev *pdev)
{
	void (*gone)(void);

	wanted = NULL;
	gone = READ_ONCE(watched_gone);
	if (gone)
		gone();
}

static struct pci_device_id ids[2];

static struct pci_driver driver = {
	.name = KBUILD_MODNAME,
	.id_table = ids,
	.probe = probe,
	.remove = remove,
	.driver_managed_dma = true, /* there is no DMA */
	.driver.probe_type = PROBE_FORCE_SYNCHRONOUS,
};

static int bind(struct pci_dev *pdev)
{
	int err;

	ids[0] = (struct pci_device_id){
		PCI_DEVICE_SUB(pdev->vendor, pdev->device, pdev->subsystem_vendor,
			       pdev->subsystem_device)
	};
	wanted = pdev;
	err = pci_register_driver(&driver);
	registered = !err;
	if (!err && pci_dev_driver(pdev) != &driver)
		err = -EBUSY;

	return err;
}

/**
 * pfnmap_pci_get - become a device's driver, and request one of its BARs
 * @bar: the BAR
 * @start: set to its physical address
 * @bytes: set to its size
 * @prefetch: set to whether it is prefetchable, which write-combining needs
 * @why: on error, the reason, for the log
 *
 * One device at a time. On success pfnmap_pci_unwatch() has to follow, too.
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

	*why = "the PCI device has a driver, or driver_override names one";
	err = bind(pdev);
	if (err)
		goto err_unbind;

	*why = "the PCI device can't be enabled";
	err = pci_enable_device_mem(pdev);
	if (err)
		goto err_unbind;

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
err_unbind:
	pfnmap_pci_unwatch();
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

/**
 * pfnmap_pci_watch - learn that a device is about to be removed
 * @pdev: what pfnmap_pci_get() returned
 * @gone: called before the removal, while the device still has its resources;
 *	may sleep, and may call pfnmap_pci_put()
 *
 * Return: 0; or -ENODEV if the device is removed already.
 */
int pfnmap_pci_watch(struct pci_dev *pdev, void (*gone)(void))
{
	int err = -ENODEV;

	/* remove() runs under this lock. */
	device_lock(&pdev->dev);
	if (pci_dev_driver(pdev) == &driver) {
		WRITE_ONCE(watched_gone, gone);
		err = 0;
	}
	device_unlock(&pdev->dev);
	return err;
}

/**
 * pfnmap_pci_unwatch - no longer be the driver of pfnmap_pci_get()'s device, if any
 *
 * Do not call this from pfnmap_pci_watch()'s @gone.
 */
void pfnmap_pci_unwatch(void)
{
	/* If remove() runs already, the kernel waits for its end. */
	WRITE_ONCE(watched_gone, NULL);
	if (registered)
		pci_unregister_driver(&driver);
	registered = false;
	wanted = NULL;
}
