// SPDX-License-Identifier: GPL-2.0-only
/*
 * Steps on a PCI device that vfio-pci drives: vfio, bar, config, dma, undma, dmabuf, edu. Its
 * IOMMU group and a container of its own are open as long as the device's file is. The container
 * is /dev/vfio/vfio (type1v2), or /dev/iommu, whose own ioctls then map and unmap.
 */
#include "try.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "text.h"
#include "younger.h"

#define DEVICES	"/sys/bus/pci/devices"

/* Opens a device's group. The link iommu_group ends in the group's number. */
static int group_open(const char *device)
{
	char link[PATH_MAX], to[PATH_MAX];
	const char *slash;
	unsigned int id;
	ssize_t len;
	int fd;

	snprintf(link, sizeof(link), DEVICES "/%s/iommu_group", device);
	len = readlink(link, to, sizeof(to) - 1);
	if (len < 0)
		return -errno;
	to[len] = '\0';
	slash = strrchr(to, '/');
	if (!slash || sscanf(slash, "/%u", &id) != 1)
		return -EIO;
	snprintf(link, sizeof(link), "/dev/vfio/%u", id);
	fd = open(link, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Finds the address space that iommufd made for a group whose container is /dev/iommu. */
static int ioas_find(struct handle *file)
{
	struct iommu_vfio_ioas arg = { .size = sizeof(arg), .op = IOMMU_VFIO_IOAS_GET };

	if (ioctl(file->more[0], IOMMU_VFIO_IOAS, &arg))
		return -errno;
	file->id = arg.ioas_id;
	return 0;
}

/* Returns the device's file, or -errno. The handle owns the files opened on the way. */
static int device_open(struct handle *file, const char *device, bool iommufd)
{
	int container, group, fd, err;

	container = open(iommufd ? "/dev/iommu" : "/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	if (container < 0)
		return -errno;
	file->more[0] = container;
	group = group_open(device);
	if (group < 0)
		return group;
	file->more[1] = group;
	if (ioctl(group, VFIO_GROUP_SET_CONTAINER, &container))
		return -errno;
	if (iommufd)
		err = ioas_find(file);
	else
		err = ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU) ? -errno : 0;
	if (err)
		return err;
	fd = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, device);
	return fd < 0 ? -errno : fd;
}

static void do_vfio(const struct step *step)
{
	struct handle *file = handle_new(step->handle, HANDLE_FILE);
	int fd;

	file->foreign = true;
	fd = device_open(file, step->target, step_has(step, "iommufd"));
	if (fd >= 0)
		file->fd = fd;
	else
		handle_close_more(file);
	step_done(step, file->name, fd < 0 ? fd : 0);
}

static int region_info(const struct handle *file, uint32_t index, struct vfio_region_info *info)
{
	*info = (struct vfio_region_info){ .argsz = sizeof(*info), .index = index };
	return ioctl(file->fd, VFIO_DEVICE_GET_REGION_INFO, info) ? -errno : 0;
}

/* bar:FILE[,index=N]: its size, its offset in the file, and whether it can be mapped */
static void do_bar(const struct step *step)
{
	struct handle *file = handle_get(step->target, HANDLE_FILE);
	struct vfio_region_info info;
	int err;

	err = region_info(file, step_number(step, "index", 0), &info);
	if (err) {
		step_done(step, file->name, err);
		return;
	}
	printf("bar %s: size=0x%llx offset=0x%llx%s\n", file->name,
	       (unsigned long long)info.size, (unsigned long long)info.offset,
	       info.flags & VFIO_REGION_INFO_FLAG_MMAP ? " mmap" : "");
}

/* config:FILE[,at=N][,val=N]: 16 bits of the PCI configuration space, read or written */
static void do_config(const struct step *step)
{
	struct handle *file = handle_get(step->target, HANDLE_FILE);
	uint16_t word = step_number(step, "val", 0);
	struct vfio_region_info info;
	ssize_t done;
	int err;

	err = region_info(file, VFIO_PCI_CONFIG_REGION_INDEX, &info);
	if (!err) {
		info.offset += step_number(step, "at", 0);
		if (step_text(step, "val"))
			done = pwrite(file->fd, &word, sizeof(word), info.offset);
		else
			done = pread(file->fd, &word, sizeof(word), info.offset);
		if (done != sizeof(word))
			err = done < 0 ? -errno : -EIO;
	}
	if (err || step_text(step, "val"))
		step_done(step, file->name, err);
	else
		printf("config %s: 0x%04" PRIx16 "\n", file->name, word);
}

static uint32_t dma_flags(const char *prot)
{
	uint32_t flags = 0;

	for (; *prot; prot++)
		switch (*prot) {
		case 'r':
			flags |= VFIO_DMA_MAP_FLAG_READ;
			break;
		case 'w':
			flags |= VFIO_DMA_MAP_FLAG_WRITE;
			break;
		default:
			malformed("prot is r, w or rw");
		}
	return flags;
}

static int dma_map(const struct handle *file, void *start, size_t len, uint64_t iova,
		   uint32_t flags)
{
	struct vfio_iommu_type1_dma_map arg = {
		.argsz = sizeof(arg),
		.flags = flags,
		.vaddr = (uintptr_t)start,
		.iova = iova,
		.size = len,
	};

	return ioctl(file->more[0], VFIO_IOMMU_MAP_DMA, &arg) ? -errno : 0;
}

static int ioas_map(const struct handle *file, void *start, size_t len, uint64_t iova,
		    uint32_t flags)
{
	struct iommu_ioas_map arg = {
		.size = sizeof(arg),
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA,
		.ioas_id = file->id,
		.user_va = (uintptr_t)start,
		.length = len,
		.iova = iova,
	};

	if (flags & VFIO_DMA_MAP_FLAG_READ)
		arg.flags |= IOMMU_IOAS_MAP_READABLE;
	if (flags & VFIO_DMA_MAP_FLAG_WRITE)
		arg.flags |= IOMMU_IOAS_MAP_WRITEABLE;
	return ioctl(file->more[0], IOMMU_IOAS_MAP, &arg) ? -errno : 0;
}

/* dma:FILE,map=MAP,iova=N: lets the device read and write the mapping at iova */
static void do_dma(const struct step *step)
{
	struct handle *file = handle_get(step->target, HANDLE_FILE), *map;
	const char *prot = step_text(step, "prot");
	const char *name = step_text(step, "map");
	uint64_t iova = step_number(step, "iova", 0);
	uint32_t flags = dma_flags(prot ? prot : "rw");
	size_t len;
	char *start;
	int err;

	if (!name)
		malformed("dma needs map=");
	map = handle_get(name, HANDLE_MAP);
	start = map_part(step, map, &len);
	if (file->id)
		err = ioas_map(file, start, len, iova, flags);
	else
		err = dma_map(file, start, len, iova, flags);
	step_done(step, map->name, err);
}

/* *@len: in, the bytes to unmap; out, the bytes that the kernel unmapped */
static int dma_unmap(const struct handle *file, uint64_t iova, uint64_t *len)
{
	struct vfio_iommu_type1_dma_unmap arg = {
		.argsz = sizeof(arg),
		.iova = iova,
		.size = *len,
	};

	if (ioctl(file->more[0], VFIO_IOMMU_UNMAP_DMA, &arg))
		return -errno;
	*len = arg.size;
	return 0;
}

static int ioas_unmap(const struct handle *file, uint64_t iova, uint64_t *len)
{
	struct iommu_ioas_unmap arg = {
		.size = sizeof(arg),
		.ioas_id = file->id,
		.iova = iova,
		.length = *len,
	};

	if (ioctl(file->more[0], IOMMU_IOAS_UNMAP, &arg))
		return -errno;
	*len = arg.length;
	return 0;
}

static void do_undma(const struct step *step)
{
	struct handle *file = handle_get(step->target, HANDLE_FILE);
	uint64_t iova = step_number(step, "iova", 0);
	uint64_t len = step_number(step, "len", sysconf(_SC_PAGESIZE));
	int err;

	err = file->id ? ioas_unmap(file, iova, &len) : dma_unmap(file, iova, &len);
	if (err)
		step_done(step, file->name, err);
	else
		printf("undma %s: 0x%" PRIx64 "\n", file->name, len);
}

/* NAME=dmabuf:FILE,len=N[,index=N][,off=N]: part of a BAR as a dma-buf (6.19) */
static void do_dmabuf(const struct step *step)
{
	struct handle *file = handle_get(step->target, HANDLE_FILE);
	struct handle *buf = handle_new(step->handle, HANDLE_FILE);
	struct {
		struct vfio_device_feature head;
		struct {
			uint32_t index, open_flags, flags, n_ranges;
			uint64_t offset, length;
		} get;			/* struct vfio_device_feature_dma_buf, with one range */
	} arg = {
		.head.argsz = sizeof(arg),
		.head.flags = VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_DMA_BUF,
		.get.index = step_number(step, "index", 0),
		.get.open_flags = O_RDWR | O_CLOEXEC,
		.get.n_ranges = 1,
		.get.offset = step_number(step, "off", 0),
		.get.length = step_number(step, "len", 0),
	};
	int fd;

	buf->foreign = true;
	fd = ioctl(file->fd, VFIO_DEVICE_FEATURE, &arg);
	if (fd >= 0)
		buf->fd = fd;
	step_done(step, buf->name, fd < 0 ? -errno : 0);
}

/* Registers of QEMU's device "edu", and the buffer that its DMA goes to and comes from. */
enum {
	EDU_SRC = 0x80, EDU_DST = 0x88, EDU_COUNT = 0x90, EDU_COMMAND = 0x98,
	EDU_BUFFER = 0x40000,
	EDU_RUN = 1, EDU_TO_MEMORY = 2,
};

/* A transfer takes 100 ms of the emulated clock. Waits at most ten seconds. */
static int edu_transfer(volatile uint32_t *regs, uint32_t from, uint32_t to, uint32_t len,
			uint32_t how)
{
	int left = 1000;

	regs[EDU_SRC / 4] = from;
	regs[EDU_DST / 4] = to;
	regs[EDU_COUNT / 4] = len;
	regs[EDU_COMMAND / 4] = EDU_RUN | how;
	while (regs[EDU_COMMAND / 4] & EDU_RUN) {
		if (!left--)
			return -ETIMEDOUT;
		usleep(10000);
	}
	return 0;
}

/* edu:MAP,from=N,to=N: by DMA from one address of the bus to another */
static void do_edu(const struct step *step)
{
	uint32_t len = step_number(step, "len", sizeof(uint64_t));
	struct handle *map = map_existing(step);
	volatile uint32_t *regs;
	int err;

	if (!map)
		return;
	regs = (volatile uint32_t *)map->start;
	err = edu_transfer(regs, step_number(step, "from", 0), EDU_BUFFER, len, 0);
	if (!err)
		err = edu_transfer(regs, EDU_BUFFER, step_number(step, "to", 0), len,
				   EDU_TO_MEMORY);
	step_done(step, map->name, err);
}

const struct verb vfio_verbs[] = {
	{ "vfio", "DDDD:BB:DD.F[,iommufd]",
	  "NAME=: a device of vfio-pci, in a container of its own; iommufd: /dev/iommu",
	  do_vfio },
	{ "bar", "FILE[,index=N]",
	  "tells a BAR's size, its offset in the vfio file, and whether it can be mapped", do_bar },
	{ "config", "FILE[,at=N][,val=N]",
	  "reads 16 bits of the device's configuration space, or writes val=", do_config },
	{ "dma", "FILE,map=MAP,iova=N[,off=N][,len=N][,prot=P]",
	  "MAP_DMA or IOAS_MAP: lets the device reach the mapping at iova; by default rw", do_dma },
	{ "undma", "FILE,iova=N[,len=N]",
	  "UNMAP_DMA or IOAS_UNMAP: tells how many bytes it unmapped", do_undma },
	{ "dmabuf", "FILE,len=N[,index=N][,off=N]",
	  "NAME=: a dma-buf of part of a BAR of the device", do_dmabuf },
	{ "edu", "MAP,from=N,to=N[,len=N]",
	  "QEMU's device edu, whose registers MAP has, copies between addresses below 256 MiB",
	  do_edu },
	{ 0 }
};
