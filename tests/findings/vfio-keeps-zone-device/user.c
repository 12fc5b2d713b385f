// SPDX-License-Identifier: GPL-2.0-only
/* Gives the page to a PCI device by VFIO, takes it back, and closes everything. */
#include <err.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE	4096UL
#define DEVICE	"0000:00:10.0"

static int open_group(void)
{
	char path[64], to[256];
	ssize_t len;
	int fd;

	if (system("modprobe vfio_iommu_type1 allow_unsafe_interrupts=1 && modprobe vfio-pci && "
		   "echo vfio-pci >/sys/bus/pci/devices/" DEVICE "/driver_override && "
		   "echo " DEVICE " >/sys/bus/pci/drivers/vfio-pci/bind"))
		errx(1, "vfio-pci");
	len = readlink("/sys/bus/pci/devices/" DEVICE "/iommu_group", to, sizeof(to) - 1);
	if (len < 0)
		err(1, "iommu_group");
	to[len] = '\0';
	snprintf(path, sizeof(path), "/dev/vfio/%d", atoi(strrchr(to, '/') + 1));
	fd = open(path, O_RDWR);
	if (fd < 0)
		err(1, "%s", path);
	return fd;
}

int main(void)
{
	struct vfio_iommu_type1_dma_unmap undo = { .argsz = sizeof(undo), .size = PAGE };
	struct vfio_iommu_type1_dma_map dma = {
		.argsz = sizeof(dma),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.size = PAGE,
	};
	int group = open_group(), container = open("/dev/vfio/vfio", O_RDWR);
	int fd = open("/dev/finding", O_RDWR);
	void *map;

	if (fd < 0 || container < 0)
		err(1, "open");
	map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		err(1, "mmap");
	if (ioctl(group, VFIO_GROUP_SET_CONTAINER, &container) ||
	    ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		err(1, "container");
	dma.vaddr = (uintptr_t)map;
	if (ioctl(container, VFIO_IOMMU_MAP_DMA, &dma))
		err(1, "MAP_DMA");
	if (ioctl(container, VFIO_IOMMU_UNMAP_DMA, &undo) || undo.size != PAGE)
		err(1, "UNMAP_DMA");
	close(group);
	close(container);
	munmap(map, PAGE);
	close(fd);
	return 0;
}
