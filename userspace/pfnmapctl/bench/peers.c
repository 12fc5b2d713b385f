// SPDX-License-Identifier: GPL-2.0-only
/* Peers: other drivers of the kernel that map the same kind of memory. */
#include "subject.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/udmabuf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "level.h"

#define DAX_SYSFS	"/sys/bus/dax/devices/"
#define UDMABUF		"/dev/udmabuf"
#define UDMABUF_BYTES	(16UL << 20)
#define DEV_MEM		"/dev/mem"
#define DEV_MEM_BYTES	(64UL << 20)

static int open_file(struct subject *peer, const char *name, const char *path)
{
	peer->fd = open(path, O_RDWR | O_CLOEXEC);
	if (peer->fd < 0)
		return fail(errno, NULL, "open %s", path);
	peer->name = name;
	return 0;
}

static uint64_t sysfs_number(const char *device, const char *attribute)
{
	unsigned long long value = 0;
	char path[256];
	FILE *in;

	snprintf(path, sizeof(path), DAX_SYSFS "%s/%s", device, attribute);
	in = fopen(path, "re");
	if (in) {
		if (fscanf(in, "%llu", &value) != 1)
			value = 0;
		fclose(in);
	}
	return value;
}

/* The leaves of device-dax have one size, its alignment. */
static int open_device_dax(struct subject *peer, const char *path)
{
	const char *slash = strrchr(path, '/'), *device = slash ? slash + 1 : path;

	peer->leaf = sysfs_number(device, "align");
	peer->room = sysfs_number(device, "size");
	if (!peer->leaf || !peer->room)
		return fail(ENODEV, "name a device-dax node, such as /dev/dax0.0", "%s", path);
	return open_file(peer, "device-dax", path);
}

static int open_pci(struct subject *peer, const char *path)
{
	struct stat stat;
	int status;

	status = open_file(peer, "PCI resource file", path);
	if (status)
		return status;
	if (fstat(peer->fd, &stat))
		return fail(errno, NULL, "stat %s", path);
	peer->room = stat.st_size;
	return 0;
}

static int open_udmabuf(struct subject *peer)
{
	struct udmabuf_create create = { .flags = UDMABUF_FLAGS_CLOEXEC, .size = UDMABUF_BYTES };
	int driver, memory, err;

	driver = open(UDMABUF, O_RDWR | O_CLOEXEC);
	if (driver < 0)
		return fail(errno, "leave --udmabuf out, or use a kernel with CONFIG_UDMABUF",
			    "open " UDMABUF);
	memory = memfd_create("pfnmapctl", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	create.memfd = memory;
	if (memory < 0 || ftruncate(memory, UDMABUF_BYTES) ||
	    fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK))
		peer->fd = -1;
	else
		peer->fd = ioctl(driver, UDMABUF_CREATE, &create);
	err = errno;
	close(memory);
	close(driver);
	if (peer->fd < 0)
		return fail(err, NULL, UDMABUF);
	peer->name = "udmabuf";
	peer->room = UDMABUF_BYTES;
	return 0;
}

/**
 * peers_open() - open the peers that the user named
 * @peers: PEERS of them, filled in; call peers_close() also after a failure
 * @bench: options
 *
 * Return: 0, or an exit status after a message
 */
int peers_open(struct subject *peers, const struct bench *bench)
{
	size_t page = sysconf(_SC_PAGESIZE);
	int i, status = 0;

	for (i = 0; i < PEERS; i++)
		peers[i] = (struct subject){ .bench = bench, .fd = -1, .leaf = page };
	if (bench->device_dax)
		status = open_device_dax(&peers[PEER_DEVICE_DAX], bench->device_dax);
	if (!status && bench->pci)
		status = open_pci(&peers[PEER_PCI], bench->pci);
	if (!status && bench->dev_mem) {
		status = open_file(&peers[PEER_DEV_MEM], DEV_MEM, DEV_MEM);
		peers[PEER_DEV_MEM].offset = bench->dev_mem_at;
		peers[PEER_DEV_MEM].room = DEV_MEM_BYTES;
	}
	if (!status && bench->udmabuf)
		status = open_udmabuf(&peers[PEER_UDMABUF]);
	for (i = 0; !status && i < PEERS; i++) {
		if (peers[i].fd < 0)
			continue;
		peers[i].bytes = peers[i].leaf;
		status = subject_try(&peers[i]);
		if (status)
			status = fail(status, NULL, "map %s", peers[i].name);
	}
	return status;
}

/**
 * peers_close() - close the peers
 * @peers: PEERS of them
 */
void peers_close(struct subject *peers)
{
	int i;

	for (i = 0; i < PEERS; i++)
		if (peers[i].fd >= 0)
			close(peers[i].fd);
}

/**
 * peer_suits() - can a peer be compared with a method?
 * @peers: PEERS of them
 * @peer: index
 * @op: what is measured
 * @method: ours
 * @level: enum pfnmap_test_level by which the method maps
 *
 * device-dax maps counted folios; the files of BARs and /dev/mem map pfns at mmap;
 * udmabuf maps all its pages at the first fault, by pfn.
 *
 * Return: whether the peer maps in the same way
 */
bool peer_suits(const struct subject *peers, unsigned int peer, enum operation op,
		const struct pfnmap_test_describe *method, uint32_t level)
{
	bool fault = method->flags & PFNMAP_TEST_DESC_FAULT;
	bool pte = level == PFNMAP_TEST_LEVEL_PTE;

	if (peers[peer].fd < 0)
		return false;
	switch (peer) {
	case PEER_DEVICE_DAX:
		return method->flags & PFNMAP_TEST_DESC_FOLIO &&
		       peers[peer].leaf == level_leaf(level);
	case PEER_PCI:
	case PEER_DEV_MEM:
		return !fault && pte &&
		       method->regions & PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_MMIO);
	default:
		return fault && pte && op == OP_MAP &&
		       !(method->flags & PFNMAP_TEST_DESC_FOLIO);
	}
}
