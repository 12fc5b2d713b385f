// SPDX-License-Identifier: GPL-2.0-only
/* One thread touches the mapping, and the other one has the driver zap it. */
#include <err.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define SIZE	(1UL << 30)
#define SECONDS	30

static volatile char *map;
static atomic_bool done;

static void *touch(void *unused)
{
	(void)unused;
	while (!done)
		(void)*map;
	return NULL;
}

int main(void)
{
	int fd = open("/dev/finding", O_RDWR);
	time_t end = time(NULL) + SECONDS;
	pthread_t thread;

	if (fd < 0)
		err(1, "/dev/finding");
	/* An aligned address where nothing is mapped. */
	map = mmap((void *)(SIZE << 6), SIZE, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0);
	if (map == MAP_FAILED)
		err(1, "mmap");
	if (pthread_create(&thread, NULL, touch, NULL))
		errx(1, "pthread_create");
	while (time(NULL) < end)
		if (read(fd, NULL, 0))
			err(1, "read");
	done = true;
	pthread_join(thread, NULL);
	return 0;
}
