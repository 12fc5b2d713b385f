// SPDX-License-Identifier: GPL-2.0-only
#include <err.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#define SIZE	(1UL << 30)

int main(void)
{
	int fd = open("/dev/finding", O_RDWR), smaps;
	volatile char *map;
	char text[4096];

	if (fd < 0)
		err(1, "/dev/finding");
	/* An aligned address where nothing is mapped. */
	map = mmap((void *)(SIZE << 6), SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		   fd, 0);
	if (map == MAP_FAILED)
		err(1, "mmap");
	*map = 1;
	smaps = open("/proc/self/smaps", O_RDONLY);
	if (smaps < 0)
		err(1, "smaps");
	while (read(smaps, text, sizeof(text)) > 0)
		;
	return 0;
}
