// SPDX-License-Identifier: GPL-2.0-only
#include <err.h>
#include <fcntl.h>
#include <linux/mempolicy.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SIZE	(2UL << 20)

int main(void)
{
	int fd = open("/dev/finding", O_RDWR);
	volatile char *map;

	if (fd < 0)
		err(1, "/dev/finding");
	/* An aligned address where nothing is mapped. */
	map = mmap((void *)(1UL << 36), SIZE, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0);
	if (map == MAP_FAILED)
		err(1, "mmap");
	(void)map[0];
	if (syscall(SYS_mbind, map, SIZE, MPOL_LOCAL, NULL, 0, MPOL_MF_STRICT))
		err(1, "mbind");
	return 0;
}
