// SPDX-License-Identifier: GPL-2.0-only
/* Two threads touch a mapping that is large enough for both to remap it at once. */
#include <err.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>

#define SIZE	(1UL << 29)
#define ROUNDS	8

static volatile char *map;
static atomic_int ready;

static void *touch(void *at)
{
	atomic_fetch_add(&ready, 1);
	while (ready < 2)
		;
	(void)*(volatile char *)at;
	return NULL;
}

int main(void)
{
	int fd = open("/dev/finding", O_RDWR), i;
	pthread_t thread;

	if (fd < 0)
		err(1, "/dev/finding");
	for (i = 0; i < ROUNDS; i++) {
		map = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, fd, 0);
		if (map == MAP_FAILED)
			err(1, "mmap");
		ready = 0;
		if (pthread_create(&thread, NULL, touch, (void *)map))
			errx(1, "pthread_create");
		touch((void *)(map + SIZE - 1));
		pthread_join(thread, NULL);
		munmap((void *)map, SIZE);
	}
	return 0;
}
