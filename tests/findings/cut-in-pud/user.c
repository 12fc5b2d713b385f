// SPDX-License-Identifier: GPL-2.0-only
#include <err.h>
#include <fcntl.h>
#include <sys/mman.h>

#define SIZE	(1UL << 30)

int main(void)
{
	int fd = open("/dev/finding", O_RDWR);
	volatile char *map;

	if (fd < 0)
		err(1, "/dev/finding");
	/* An aligned address where nothing is mapped. */
	map = mmap((void *)(SIZE << 6), SIZE, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0);
	if (map == MAP_FAILED)
		err(1, "mmap");
	(void)*map;
	return munmap((void *)map, 4096) ? 1 : 0;
}
