// SPDX-License-Identifier: GPL-2.0-only
#include <err.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

int main(void)
{
	int fd = open("/dev/finding", O_RDWR);
	volatile char *map;

	if (fd < 0)
		err(1, "/dev/finding");
	map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		err(1, "mmap");
	*map = 1;
	if (write(fd, &map, sizeof(map)) != sizeof(map))
		err(1, "no private copy");
	return 0;
}
