// SPDX-License-Identifier: GPL-2.0-only
/* One thread touches a page inside of 2 MiB, and then another thread touches the first page. */
#include <err.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#define SIZE	(2UL << 20)

static volatile char *map;

static void *inside(void *unused)
{
	(void)map[4096];
	return unused;
}

int main(void)
{
	int fd = open("/dev/finding", O_RDWR);
	pthread_t thread;

	if (fd < 0)
		err(1, "/dev/finding");
	/* An aligned address where nothing is mapped. */
	map = mmap((void *)(1UL << 36), SIZE, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0);
	if (map == MAP_FAILED)
		err(1, "mmap");
	if (pthread_create(&thread, NULL, inside, NULL))
		errx(1, "pthread_create");
	usleep(50000);
	(void)map[0];
	pthread_join(thread, NULL);
	return 0;
}
