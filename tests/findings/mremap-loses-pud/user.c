// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <sys/mman.h>

#define SIZE	(1UL << 30)

int main(void)
{
	int fd = open("/dev/finding", O_RDWR);
	volatile char *map;
	void *moved;

	if (fd < 0)
		err(1, "/dev/finding");
	/* An aligned address where nothing is mapped. */
	map = mmap((void *)(SIZE << 6), SIZE, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0);
	if (map == MAP_FAILED)
		err(1, "mmap");
	(void)*map;
	moved = mremap((void *)map, SIZE, SIZE, MREMAP_MAYMOVE | MREMAP_FIXED,
		       (void *)(SIZE << 7));
	if (moved == MAP_FAILED)
		err(1, "mremap");
	return munmap(moved, SIZE) ? 1 : 0;
}
