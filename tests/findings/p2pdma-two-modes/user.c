// SPDX-License-Identifier: GPL-2.0-only
/* Maps a page of the BAR, writes to it, and has the module look at the entry. */
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#define MEMORY	"/sys/bus/pci/devices/0000:00:10.0/p2pmem/allocate"

int main(void)
{
	int memory = open(MEMORY, O_RDWR), fd = open("/dev/finding", O_WRONLY);
	volatile uint32_t *map;

	if (memory < 0 || fd < 0)
		err(1, "open");
	map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	if (map == MAP_FAILED)
		err(1, "mmap");
	*map = 7;
	if (write(fd, &map, sizeof(map)) != sizeof(map))
		err(1, "write");
	return 0;
}
