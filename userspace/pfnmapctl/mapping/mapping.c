// SPDX-License-Identifier: GPL-2.0-only
/* Makes the mapping of a command, touches its pages, and says what to do if mmap() fails. */
#include "mapping.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fault.h"

/**
 * mapping_make() - map the device as request_apply() has set it
 * @mapping: filled in; call mapping_drop() after success
 * @request: offset, size, sharing and protection
 * @device: open device
 *
 * Return: 0 or -errno
 */
int mapping_make(struct mapping *mapping, const struct request *request,
		 const struct device *device)
{
	int prot = request->read_only ? PROT_READ : PROT_READ | PROT_WRITE;
	void *start;

	start = mmap(NULL, request->bytes, prot, request->private ? MAP_PRIVATE : MAP_SHARED,
		     device->fd, request->offset);
	if (start == MAP_FAILED)
		return -errno;
	*mapping = (struct mapping){ .start = start, .bytes = request->bytes };
	return 0;
}

/**
 * mapping_advice() - what to do when mapping_make() fails
 * @err: -errno
 *
 * Return: a sentence, or NULL for what goes with @err
 */
const char *mapping_advice(int err)
{
	switch (-err) {
	case EBUSY:
	case EINVAL:
	case EOVERFLOW:
		return "see dmesg, 'pfnmapctl info' and 'pfnmapctl memtype list'";
	case ENXIO:
		return "the region is not there: see 'pfnmapctl info'";
	default:
		return NULL;
	}
}

/**
 * mapping_make_or_fail() - request_apply() and mapping_make() with a message
 * @mapping: filled in; call mapping_drop() after success
 * @request: what the user asks for
 * @device: open device; device_switch() may change it
 *
 * Return: 0, or an exit status after a message
 */
int mapping_make_or_fail(struct mapping *mapping, struct request *request,
			 struct device *device)
{
	int status, err;

	status = request_apply(request, device);
	if (status)
		return status;
	err = mapping_make(mapping, request, device);
	return err ? fail(err, mapping_advice(err), "mmap of %lu bytes at offset 0x%lx",
			  request->bytes, request->offset) : 0;
}

/**
 * mapping_touch() - read a word of each page, and write the word back
 * @mapping: the mapping
 * @write: write too
 * @touched: if not NULL, set to the number of pages that raised no signal
 *
 * Return: 0, or the first signal that a page raised
 */
int mapping_touch(const struct mapping *mapping, bool write, size_t *touched)
{
	size_t page = sysconf(_SC_PAGESIZE), offset, good = 0;
	int first = 0, sig;
	uint32_t value;

	for (offset = 0; offset < mapping->bytes; offset += page) {
		sig = fault_read(mapping->start + offset, &value);
		if (!sig && write)
			sig = fault_write(mapping->start + offset, value);
		if (!sig)
			good++;
		else if (!first)
			first = sig;
	}
	if (touched)
		*touched = good;
	return first;
}

/**
 * mapping_drop() - unmap
 * @mapping: the mapping, or one that was never made
 */
void mapping_drop(struct mapping *mapping)
{
	if (mapping->start)
		munmap(mapping->start, mapping->bytes);
}
