// SPDX-License-Identifier: GPL-2.0-only
/*
 * Steps that have the kernel touch a mapping: peek and poke by ptrace, vmread and
 * vmwrite by process_vm_readv() and process_vm_writev(), memread and memwrite by
 * /proc/self/mem, vmsplice. All of VERB:MAP[,off=N][,val=N].
 */
#include "try.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "text.h"

/* One word of the mapping. Returns 0 or -errno. */
typedef int access_fn(char *at, uint32_t *value, bool writing);

static int result(ssize_t done, size_t want)
{
	if (done < 0)
		return -errno;
	return (size_t)done == want ? 0 : -EIO;
}

static void run(const struct step *step, access_fn *access, bool writing)
{
	uint32_t value = writing ? step_number(step, "val", 0) : 0;
	struct handle *map;
	uint64_t off;
	char *at;
	int err;

	at = access_begin(step, &map, &off);
	if (!at)
		return;
	fflush(stdout);
	err = access(at, &value, writing);
	printf("%s %s+0x%" PRIx64 ": ", step->verb, map->name, off);
	if (err || writing)
		puts(err ? text_errno(err) : "ok");
	else
		printf("0x%08" PRIx32 "\n", value);
}

/* The tracer's part. A poke writes 8 bytes: keep the other 4, if they can be read. */
static int trace(pid_t pid, char *at, uint32_t *value, bool writing)
{
	int status, err = 0;
	long word;

	if (ptrace(PTRACE_ATTACH, pid, NULL, NULL))
		return -errno;
	if (waitpid(pid, &status, __WALL) < 0)
		return -errno;
	errno = 0;
	word = ptrace(PTRACE_PEEKDATA, pid, at, NULL);
	if (errno)
		err = -errno;
	if (writing) {
		memcpy(&word, value, sizeof(*value));
		err = ptrace(PTRACE_POKEDATA, pid, at, word) ? -errno : 0;
	} else {
		memcpy(value, &word, sizeof(*value));
	}
	ptrace(PTRACE_DETACH, pid, NULL, NULL);
	return err;
}

struct report {
	int err;
	uint32_t value;
};

/* No process can trace itself, so a child traces us while we wait for its report. */
static int by_ptrace(char *at, uint32_t *value, bool writing)
{
	struct report report = { .value = *value };
	pid_t self = getpid(), tracer;
	int ends[2];
	ssize_t got;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	/* Yama lets a child trace its parent only if the parent allows it. */
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
	tracer = fork();
	if (!tracer) {
		report.err = trace(self, at, &report.value, writing);
		got = write(ends[1], &report, sizeof(report));
		_exit(got < 0);
	}
	close(ends[1]);
	if (tracer < 0) {
		close(ends[0]);
		return -EAGAIN;
	}
	do {
		got = read(ends[0], &report, sizeof(report));
	} while (got < 0 && errno == EINTR);
	close(ends[0]);
	while (waitpid(tracer, NULL, 0) < 0 && errno == EINTR)
		;
	if (got != sizeof(report))
		return got < 0 ? -errno : -EIO;
	*value = report.value;
	return report.err;
}

static int by_vm(char *at, uint32_t *value, bool writing)
{
	struct iovec here = { value, sizeof(*value) }, there = { at, sizeof(*value) };

	return result(writing ? process_vm_writev(getpid(), &here, 1, &there, 1, 0) :
		      process_vm_readv(getpid(), &here, 1, &there, 1, 0), sizeof(*value));
}

static int by_mem(char *at, uint32_t *value, bool writing)
{
	int fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	err = result(writing ? pwrite(fd, value, sizeof(*value), (uintptr_t)at) :
		     pread(fd, value, sizeof(*value), (uintptr_t)at), sizeof(*value));
	close(fd);
	return err;
}

/* The pipe gets the page itself, not a copy. */
static int by_vmsplice(char *at, uint32_t *value, bool writing __attribute__((unused)))
{
	struct iovec page = { at, sysconf(_SC_PAGESIZE) };
	int ends[2], err;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	err = result(vmsplice(ends[1], &page, 1, 0), page.iov_len);
	if (!err)
		err = result(read(ends[0], value, sizeof(*value)), sizeof(*value));
	close(ends[0]);
	close(ends[1]);
	return err;
}

static void do_peek(const struct step *step)
{
	run(step, by_ptrace, false);
}

static void do_poke(const struct step *step)
{
	run(step, by_ptrace, true);
}

static void do_vmread(const struct step *step)
{
	run(step, by_vm, false);
}

static void do_vmwrite(const struct step *step)
{
	run(step, by_vm, true);
}

static void do_memread(const struct step *step)
{
	run(step, by_mem, false);
}

static void do_memwrite(const struct step *step)
{
	run(step, by_mem, true);
}

static void do_vmsplice(const struct step *step)
{
	run(step, by_vmsplice, false);
}

const struct verb peek_verbs[] = {
	{ "peek", "MAP[,off=N]",
	  "reads a word by ptrace", do_peek },
	{ "poke", "MAP[,off=N][,val=N]",
	  "writes a word by ptrace", do_poke },
	{ "vmread", "MAP[,off=N]",
	  "reads a word by process_vm_readv()", do_vmread },
	{ "vmwrite", "MAP[,off=N][,val=N]",
	  "writes a word by process_vm_writev()", do_vmwrite },
	{ "memread", "MAP[,off=N]",
	  "reads a word by /proc/self/mem", do_memread },
	{ "memwrite", "MAP[,off=N][,val=N]",
	  "writes a word by /proc/self/mem", do_memwrite },
	{ "vmsplice", "MAP[,off=N]",
	  "puts a page into a pipe, and reads its first word there", do_vmsplice },
	{ 0 }
};
