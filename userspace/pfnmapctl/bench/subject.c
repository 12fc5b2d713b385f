// SPDX-License-Identifier: GPL-2.0-only
/* The operations on a mapping that the clock measures. */
#include "subject.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fault.h"

const char * const operation_names[OPS] = {
	[OP_FAULT] = "fault",
	[OP_REFAULT] = "zap and refault",
	[OP_MAP] = "mmap + touch + munmap",
	[OP_FORK] = "fork and exit",
};

static int map(struct subject *subject)
{
	int prot = subject->read_only ? PROT_READ : PROT_READ | PROT_WRITE;

	subject->start = mmap(NULL, subject->bytes, prot, MAP_SHARED, subject->fd,
			      subject->offset);
	if (subject->start != MAP_FAILED)
		return 0;
	subject->start = NULL;
	return -errno;
}

static void unmap(struct subject *subject)
{
	munmap(subject->start, subject->bytes);
	subject->start = NULL;
}

/* One access to each leaf; subject_try() has seen that none raises a signal. */
static void touch(const struct subject *subject)
{
	volatile char *at = subject->start, *end = at + subject->bytes;

	if (subject->read_only) {
		for (; at < end; at += subject->leaf)
			(void)*at;
	} else {
		for (; at < end; at += subject->leaf)
			*at = 0;
	}
}

static int map_touch_unmap(void *data, double *ns)
{
	struct subject *subject = data;
	uint64_t start = clock_ns();
	int err;

	err = map(subject);
	if (err)
		return err;
	touch(subject);
	unmap(subject);
	*ns = clock_since(subject->bench, start);
	return 0;
}

static int fault(void *data, double *ns)
{
	struct subject *subject = data;
	uint64_t start;
	int err;

	err = map(subject);
	if (err)
		return err;
	start = clock_ns();
	touch(subject);
	*ns = clock_since(subject->bench, start);
	unmap(subject);
	return 0;
}

/* Zaps by madvise() if that works. madvise() refuses pfns, so our driver zaps these. */
static int zap(const struct subject *subject)
{
	struct pfnmap_test_zap arg = {
		.how = PFNMAP_TEST_ZAP_MAPPING, .start = subject->offset, .bytes = subject->bytes,
	};

	if (!madvise(subject->start, subject->bytes, MADV_DONTNEED))
		return 0;
	return subject->ours ? pfnmap_zap(subject->fd, &arg) : -EOPNOTSUPP;
}

static int zap_and_refault(void *data, double *ns)
{
	const struct subject *subject = data;
	uint64_t start = clock_ns();
	int err;

	err = zap(subject);
	if (err)
		return err;
	touch(subject);
	*ns = clock_since(subject->bench, start);
	return 0;
}

static int fork_and_exit(void *data, double *ns)
{
	const struct subject *subject = data;
	uint64_t start = clock_ns();
	pid_t pid;

	pid = fork();
	if (pid < 0)
		return -errno;
	if (!pid)
		_exit(0);
	while (waitpid(pid, NULL, 0) < 0)
		if (errno != EINTR)
			return -errno;
	*ns = clock_since(subject->bench, start);
	return 0;
}

/**
 * subject_try() - find out how a subject can be touched
 * @subject: the caller has set bytes; read_only is set if a write fails
 *
 * Return: 0, or -errno; -EFAULT if reads fail, too
 */
int subject_try(struct subject *subject)
{
	uint32_t value;
	int err, sig;

	err = map(subject);
	if (err)
		return err;
	sig = fault_write(subject->start, 0);
	if (sig) {
		subject->read_only = true;
		sig = fault_read(subject->start, &value);
	}
	unmap(subject);
	return sig ? -EFAULT : 0;
}

/**
 * subject_measure() - take a figure
 * @subject: after subject_try()
 * @op: what to do; with OP_FORK, a subject without a file has nothing mapped
 * @bytes: size of the mapping
 * @figure: filled in, for all of the bytes
 *
 * Return: 0 or -errno
 */
int subject_measure(struct subject *subject, enum operation op, size_t bytes,
		    struct figure *figure)
{
	static const measure_fn measures[OPS] = {
		[OP_FAULT] = fault,
		[OP_REFAULT] = zap_and_refault,
		[OP_MAP] = map_touch_unmap,
		[OP_FORK] = fork_and_exit,
	};
	bool stays = (op == OP_REFAULT || op == OP_FORK) && subject->fd >= 0;
	int err = 0;

	subject->bytes = bytes;
	if (stays) {
		err = map(subject);
		if (err)
			return err;
		touch(subject);
	}
	err = figure_take(subject->bench, figure, measures[op], subject);
	if (stays)
		unmap(subject);
	return err;
}
