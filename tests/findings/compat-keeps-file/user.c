// SPDX-License-Identifier: GPL-2.0-only
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static int files(void)
{
	FILE *file = fopen("/sys/module/finding/parameters/files", "r");
	int count;

	if (!file || fscanf(file, "%d", &count) != 1)
		err(1, "files");
	fclose(file);
	return count;
}

int main(void)
{
	int fd = open("/dev/finding", O_RDWR), log = open("/dev/kmsg", O_WRONLY);
	void *map;

	if (fd < 0 || log < 0)
		err(1, "open");
	map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED || munmap(map, 4096))
		err(1, "mmap");
	close(fd);
	sleep(1);
	if (files())
		dprintf(log, "finding: the file that mmap_prepare() gave outlives its mapping\n");
	return 0;
}
