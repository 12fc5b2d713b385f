// SPDX-License-Identifier: GPL-2.0-only
/* Reads from /dev/kmsg why the module refused what the user asked for. */
#include "klog.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PREFIX	"pfnmap_test: "

/**
 * klog_open() - open the kernel log
 * @whence: SEEK_SET for all of it, SEEK_END for what is yet to come
 *
 * Return: a file descriptor, or -1 if the user may not read the log
 */
int klog_open(int whence)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0)
		lseek(fd, 0, whence);
	return fd;
}

/* A record is "PRIORITY,NUMBER,TIME,FLAGS;TEXT\n", then lines with the record's properties. */
static char *text_of(char *record)
{
	char *text = strchr(record, ';');

	if (!text || strncmp(text + 1, PREFIX, strlen(PREFIX)))
		return NULL;
	text += 1 + strlen(PREFIX);
	text[strcspn(text, "\n")] = '\0';
	return text;
}

/**
 * klog_last() - the last line of the module
 * @fd: from klog_open(), or -1
 * @what: how its text begins, behind the module's name
 *
 * Return: the text behind @what, which the caller frees; NULL if there is no such line
 */
char *klog_last(int fd, const char *what)
{
	char record[8192], *text, *last = NULL;
	ssize_t n;

	if (fd < 0)
		return NULL;
	/* EPIPE: the kernel has overwritten records meanwhile. */
	while ((n = read(fd, record, sizeof(record) - 1)) > 0 || (n < 0 && errno == EPIPE)) {
		if (n < 0)
			continue;
		record[n] = '\0';
		text = text_of(record);
		if (!text || strncmp(text, what, strlen(what)))
			continue;
		free(last);
		last = strdup(text + strlen(what));
	}
	return last;
}

/**
 * klog_why() - the last line of the module on one thing, in all of the log
 * @what: how its text begins, behind the module's name
 *
 * Return: as klog_last()
 */
char *klog_why(const char *what)
{
	int fd = klog_open(SEEK_SET);
	char *why = klog_last(fd, what);

	if (fd >= 0)
		close(fd);
	return why;
}

/**
 * klog_region() - why a region could not be had
 * @name: of the region
 *
 * Return: the reason, which the caller frees; NULL if the log does not tell, or no longer
 */
char *klog_region(const char *name)
{
	char *line = klog_why(name), *why = NULL, *at;

	/* "mmio=auto: why (error -16)", or "mmio: [mem ...]" where a later load got it. */
	at = line && *line == '=' ? strstr(line, ": ") : NULL;
	if (at) {
		why = strdup(at + 2);
		at = why ? strstr(why, " (error") : NULL;
		if (at)
			*at = '\0';
	}
	free(line);
	return why;
}
