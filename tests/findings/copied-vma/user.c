// SPDX-License-Identifier: GPL-2.0-only
#include <err.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/mman.h>

int main(void)
{
	int fd = open("/dev/finding", O_RDWR);
	void *map;

	if (fd < 0)
		err(1, "/dev/finding");
	map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		err(1, "mmap");
	return munmap(map, 4096) != 0;
}
