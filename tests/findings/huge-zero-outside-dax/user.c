// SPDX-License-Identifier: GPL-2.0-only
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#define SIZE	(2UL << 20)

/* SIZE bytes of address space, aligned to SIZE. */
static volatile char *room(void)
{
	char *start = mmap(NULL, 2 * SIZE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (start == MAP_FAILED)
		err(1, "mmap");
	return (char *)(((uintptr_t)start + SIZE - 1) & ~(SIZE - 1));
}

int main(void)
{
	volatile char *hole = room(), *at = room(), *map;
	int fd = open("/dev/finding", O_RDWR);

	if (fd < 0)
		err(1, "/dev/finding");
	madvise((void *)hole, SIZE, MADV_HUGEPAGE);
	(void)*hole;
	if (write(fd, &hole, sizeof(hole)) != sizeof(hole))
		err(1, "no huge zero folio");
	map = mmap((void *)at, SIZE, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0);
	if (map == MAP_FAILED)
		err(1, "mmap of the device");
	(void)*map;
	return munmap((void *)map, SIZE) ? 1 : 0;
}
