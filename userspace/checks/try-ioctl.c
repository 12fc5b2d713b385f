// SPDX-License-Identifier: GPL-2.0-only
/*
 * ioctl:FILE,nr=N,size=BYTES[,type=T][,size0=N][,u32@OFF=VALUE][,u64@OFF=VALUE]
 *	[,alloc=end][,ptr=bad|ro][,fill=BYTE][,dump][,compat]
 *
 * An ioctl with an argument of any shape. Its first __u32 is size= unless size0= says otherwise.
 * VALUE is a number, MAPPING+OFF or REGION+OFF, or ? to show the field afterwards. Bytes
 * without a VALUE are fill=, or zero. dump shows all bytes afterwards.
 * alloc=end puts the last byte right before a page without access. With compat the call is a
 * 32-bit program's; ENOSYS where the kernel takes none.
 */
#include "try.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "text.h"

#ifndef MAP_32BIT
#define MAP_32BIT	0
#endif

/* Numbers of system calls of 32-bit programs on x86. */
#define COMPAT_GETPID	20
#define COMPAT_IOCTL	54

struct buffer {
	char *pages;
	size_t bytes;		/* of the pages, without the guard */
	char *start;
	size_t size;
};

static void buffer_get(struct buffer *buffer, size_t size, bool at_end, int flags)
{
	size_t page = sysconf(_SC_PAGESIZE);

	buffer->size = size;
	buffer->bytes = (size / page + 1) * page;
	buffer->pages = mmap(NULL, buffer->bytes + page, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
	if (buffer->pages == MAP_FAILED)
		abort();
	mprotect(buffer->pages + buffer->bytes, page, PROT_NONE);
	buffer->start = buffer->pages;
	if (at_end)
		buffer->start += buffer->bytes - size;
}

static void buffer_put(struct buffer *buffer)
{
	munmap(buffer->pages, buffer->bytes + sysconf(_SC_PAGESIZE));
}

/* Parses WIDTH@OFFSET. Returns the width in bytes. */
static size_t field(const char *key, const struct buffer *buffer, uint64_t *off)
{
	const char *at = strchr(key, '@');
	size_t width;

	if (!strncmp(key, "u32@", 4))
		width = sizeof(uint32_t);
	else if (!strncmp(key, "u64@", 4))
		width = sizeof(uint64_t);
	else
		malformed("'%s' is neither u32@OFFSET nor u64@OFFSET", key);
	*off = number_of(at + 1);
	if (width > buffer->size || *off > buffer->size - width)
		malformed("'%s' is outside of size=", key);
	return width;
}

static void fill_in(const struct step *step, struct buffer *buffer)
{
	const struct arg *arg;
	struct place place;
	uint32_t size0;
	uint64_t off;
	size_t width;

	memset(buffer->start, step_number(step, "fill", 0), buffer->size);
	size0 = step_number(step, "size0", buffer->size);
	memcpy(buffer->start, &size0,
	       buffer->size < sizeof(size0) ? buffer->size : sizeof(size0));
	for (arg = step->args; arg < step->args + step->n_args; arg++) {
		if (!strchr(arg->key, '@') || (arg->value && !strcmp(arg->value, "?")))
			continue;
		if (!arg->value)
			malformed("'%s' needs a value", arg->key);
		width = field(arg->key, buffer, &off);
		step_place(arg->value, &place);
		memcpy(buffer->start + off, &place.address, width);
	}
}

static void print_asked(const struct step *step, const struct buffer *buffer)
{
	const struct arg *arg;
	uint64_t off, value;
	size_t width;

	for (arg = step->args; arg < step->args + step->n_args; arg++) {
		if (!strchr(arg->key, '@') || strcmp(arg->value, "?"))
			continue;
		width = field(arg->key, buffer, &off);
		value = 0;
		memcpy(&value, buffer->start + off, width);
		printf(" %s=0x%" PRIx64, arg->key, value);
	}
}

static void print_bytes(const struct buffer *buffer)
{
	size_t i;

	fputs(" bytes=", stdout);
	for (i = 0; i < buffer->size; i++)
		printf("%02x", (unsigned char)buffer->start[i]);
}

static void *pointer(const struct step *step, struct buffer *buffer)
{
	const char *ptr = step_text(step, "ptr");

	if (!ptr)
		return buffer->start;
	if (!strcmp(ptr, "bad"))
		return buffer->pages + buffer->bytes;
	if (strcmp(ptr, "ro"))
		malformed("ptr is bad or ro");
	mprotect(buffer->pages, buffer->bytes, PROT_READ);
	return buffer->start;
}

#ifdef __x86_64__
/* Returns -errno. */
static int compat_call(long nr, int fd, unsigned long request, void *arg)
{
	long ret;

	__asm__ volatile("int $0x80"
			 : "=a" (ret)
			 : "a" (nr), "b" (fd), "c" (request), "d" (arg)
			 : "memory", "cc", "r8", "r9", "r10", "r11");
	return ret;
}
#else
static int compat_call(long nr __attribute__((unused)), int fd __attribute__((unused)),
		       unsigned long request __attribute__((unused)),
		       void *arg __attribute__((unused)))
{
	return -ENOSYS;
}
#endif

static void no_compat(int sig __attribute__((unused)))
{
	_exit(EXIT_FAILURE);
}

/* Where the kernel takes no such call, the instruction raises SIGSEGV. */
static bool compat_there(void)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		signal(SIGSEGV, no_compat);
		_exit(compat_call(COMPAT_GETPID, 0, 0, NULL) == getpid() ?
		      EXIT_SUCCESS : EXIT_FAILURE);
	}
	if (pid < 0)
		malformed("fork: %s", text_errno(-errno));
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
}

static int call(const struct step *step, int fd, unsigned long request, void *arg)
{
	if (!step_has(step, "compat"))
		return ioctl(fd, request, arg) ? -errno : 0;
	return compat_there() ? compat_call(COMPAT_IOCTL, fd, request, arg) : -ENOSYS;
}

static void do_ioctl(const struct step *step)
{
	struct handle *file = handle_get(step->target, HANDLE_FILE);
	const char *alloc = step_text(step, "alloc");
	struct buffer buffer;
	uint64_t nr, type;
	int err;

	if (!step_text(step, "nr") || !step_text(step, "size"))
		malformed("ioctl needs nr= and size=");
	if (alloc && strcmp(alloc, "end"))
		malformed("alloc is end");
	nr = step_number(step, "nr", 0);
	type = step_number(step, "type", PFNMAP_TEST_IOC_TYPE);

	buffer_get(&buffer, step_number(step, "size", 0), alloc,
		   step_has(step, "compat") ? MAP_32BIT : 0);
	fill_in(step, &buffer);
	err = call(step, file->fd, _IO(type, nr), pointer(step, &buffer));
	printf("ioctl %s %s: %s", file->name, step_text(step, "nr"),
	       err ? text_errno(err) : "ok");
	print_asked(step, &buffer);
	if (step_has(step, "dump"))
		print_bytes(&buffer);
	putchar('\n');
	buffer_put(&buffer);
}

const struct verb ioctl_verbs[] = {
	{ "ioctl",
	  "FILE,nr=N,size=BYTES[,type=T][,size0=N][,u32@OFF=VALUE][,u64@OFF=VALUE][,alloc=end][,ptr=bad|ro][,fill=BYTE][,dump][,compat]",
	  "any ioctl with any argument; shows a field of VALUE ? afterwards", do_ioctl },
	{ 0 }
};
