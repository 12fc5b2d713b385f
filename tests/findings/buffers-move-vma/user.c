// SPDX-License-Identifier: GPL-2.0-only
#include <err.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/mman.h>

int main(void)
{
	int fd = open("/dev/finding", O_RDWR);

	if (fd < 0)
		err(1, "/dev/finding");
	/* The console tells that this fails. */
	mmap(NULL, 8192, PROT_READ, MAP_SHARED, fd, 0);
	return 0;
}
