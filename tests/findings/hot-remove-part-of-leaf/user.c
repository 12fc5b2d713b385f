// SPDX-License-Identifier: GPL-2.0-only
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define GIB	(1UL << 30)
#define PAGE	4096UL
#define FILL	0x67

static uint64_t number_in(const char *path, const char *format)
{
	FILE *file = fopen(path, "r");
	uint64_t number = 0;
	char line[256];

	if (!file)
		err(1, "%s", path);
	while (!number && fgets(line, sizeof(line), file))
		sscanf(line, format, &number);
	fclose(file);
	return number;
}

/* Above 4 GiB, the address of the nth GiB whose first page is ours, or 0. */
static uint64_t ours(const char *map, uint64_t bytes, int nth)
{
	int fd = open("/proc/self/pagemap", O_RDONLY);
	uint64_t at, entry, address = 0;

	if (fd < 0)
		err(1, "pagemap");
	for (at = 0; at < bytes; at += PAGE) {
		if (pread(fd, &entry, sizeof(entry), ((uintptr_t)map + at) / PAGE * 8) != 8)
			err(1, "pagemap");
		address = (entry & ((1UL << 55) - 1)) * PAGE;
		if (entry >> 63 && address >= 4 * GIB && !(address % GIB) && !nth--)
			break;
	}
	close(fd);
	return at < bytes ? address : 0;
}

int main(void)
{
	uint64_t bytes = number_in("/proc/meminfo", "MemAvailable: %lu kB") * 1024 * 3 / 4;
	uint64_t block = number_in("/sys/devices/system/memory/block_size_bytes", "%lx");
	int fd = open("/dev/finding", O_RDWR), n = 0, i;
	uint64_t gibs[8], range[2];
	char *map;

	if (fd < 0)
		err(1, "/dev/finding");
	map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED)
		err(1, "mmap");
	memset(map, FILL, bytes);
	while (n < 8 && (gibs[n] = ours(map, bytes, n)))
		n++;
	munmap(map, bytes);

	for (i = 0; i < n; i++)
		for (range[0] = gibs[i] + block; range[0] < gibs[i] + GIB; range[0] += block) {
			range[1] = block;
			printf("removing 0x%lx\n", range[0]);
			fflush(stdout);
			if (write(fd, range, sizeof(range)) == sizeof(range))
				return 0;
			warn("0x%lx", range[0]);
		}
	errx(1, "no block of %d GiB can be removed", n);
}
