// SPDX-License-Identifier: GPL-2.0-only
/* Maps the user's file, and tells from its name which physical memory the file is. */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fault.h"

/**
 * file_map() - map a file as its options say
 * @file: at, length and opened are filled in
 *
 * Return: 0 or -errno
 */
int file_map(struct file *file)
{
	int prot = file->read_only ? PROT_READ : PROT_READ | PROT_WRITE;
	uint64_t page = sysconf(_SC_PAGESIZE), at;
	uint32_t word;
	int fd, err = 0;

	if (!file->length)
		file->length = page;
	fd = open(file->path, (file->read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC |
		  (file->sync ? O_SYNC : 0));
	if (fd < 0)
		return -errno;
	file->opened = true;
	file->at = mmap(NULL, file->length, prot, file->private ? MAP_PRIVATE : MAP_SHARED, fd,
			file->offset);
	if (file->at == MAP_FAILED)
		err = -errno;
	close(fd);
	for (at = 0; !err && file->touch && at < file->length; at += page)
		fault_read((char *)file->at + at, &word);
	return err;
}

/* resourceN and resourceN_wc of a PCI device: line N of its file "resource". */
static bool bar_of(const char *path, uint64_t *start)
{
	const char *name = strrchr(path, '/');
	char line[128], beside[256];
	unsigned int bar;
	FILE *in;

	if (!name || sscanf(name, "/resource%u", &bar) != 1)
		return false;
	snprintf(beside, sizeof(beside), "%.*s/resource", (int)(name - path), path);
	in = fopen(beside, "re");
	if (!in)
		return false;
	do {
		if (!fgets(line, sizeof(line), in))
			line[0] = '\0';
	} while (line[0] && bar--);
	fclose(in);
	return sscanf(line, "%" SCNx64, start) == 1;
}

/**
 * file_physical() - which memory the file is, if its name tells
 * @file: the file
 * @start: set to the physical address of its offset
 *
 * Return: whether its name tells
 */
bool file_physical(const struct file *file, uint64_t *start)
{
	*start = 0;
	if (strcmp(file->path, "/dev/mem") && !bar_of(file->path, start))
		return false;
	*start += file->offset;
	return true;
}

/**
 * file_refusal() - why a file may not be mapped
 * @err: -errno
 *
 * Return: a sentence
 */
const char *file_refusal(int err)
{
	switch (-err) {
	case EAGAIN:	/* from /dev/mem, for any error of remap_pfn_range() */
	case EINVAL:
		return "The driver refuses the mapping: a size, an offset or MAP_PRIVATE that it "
		       "does not take; or remap_pfn_range() has asked for a mode that conflicts with "
		       "the one in which somebody holds the memory. The kernel's log has "
		       "\"conflicting memory types\" or \"map pfn expected mapping type\" then.";
	case EPERM:
		return "CONFIG_STRICT_DEVMEM, CONFIG_IO_STRICT_DEVMEM or lockdown: memory of the "
		       "kernel's, or of a device that has a driver, is not for user space.";
	case EACCES:
		return "The file is not open for this access.";
	case ENODEV:
		return "The file can't be mapped at all: it has no mmap().";
	case ENXIO:
		return "The file has no memory there, or its device has gone.";
	default:
		return "See the kernel's log.";
	}
}
