// SPDX-License-Identifier: GPL-2.0-only
/* Maps the second page of the device, and injects an error into the first. */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static void read_text(const char *path, char *text, size_t len)
{
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, text, len - 1);

	if (n < 0)
		err(1, "%s", path);
	text[n] = '\0';
	close(fd);
}

static void inject(void)
{
	const char *path = "/sys/devices/system/memory/hard_offline_page";
	int fd = open("/dev/finding", O_RDWR);
	volatile char *map;
	char text[32];

	if (fd < 0)
		err(1, "/dev/finding");
	map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 4096);
	if (map == MAP_FAILED)
		err(1, "mmap");
	(void)*map;
	close(fd);

	read_text("/sys/module/finding/parameters/start", text, sizeof(text));
	snprintf(text, sizeof(text), "%#lx", strtoul(text, NULL, 0));
	fd = open(path, O_WRONLY);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		err(1, "%s", path);
}

/* The child dies of the signal, whichever one the kernel sends. */
int main(void)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		inject();
		_exit(0);
	}
	return pid < 0 || waitpid(pid, &status, 0) < 0;
}
