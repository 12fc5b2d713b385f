// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ways in which programs watch memory: clear_refs and userfaultfd. With UFFD_FEATURE_SIGBUS a
 * fault is a signal: so no thread has to read the faults, and no thread waits.
 *
 * The fuzzer leaves out UFFD_FEATURE_WP_ASYNC, by which some kernels protect any mapping, and
 * UFFDIO_COPY, by which some give a shared mapping an anon_vma (both: userfaultfd.bats). It also
 * leaves out what only concerns anonymous memory.
 */
#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <younger.h>

/**
 * do_clear_refs() - clear bits of the process's entries: young, or soft-dirty
 * @rng: generator of the operation
 */
void do_clear_refs(struct rng *rng)
{
	/* What to clear: all, anonymous, or file pages; soft-dirty bits; the peak of the RSS. */
	char which = '1' + rng_below(rng, 5);
	int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC), err = 0;

	say("clear_refs %c", which);
	if (fd < 0 || write(fd, &which, 1) != 1)
		err = -errno;
	result(KIND_CLEAR_REFS, err);
	if (fd >= 0)
		close(fd);
}

static int open_uffd(void)
{
	struct uffdio_api api = { .api = UFFD_API, .features = UFFD_FEATURE_SIGBUS };
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK), err = 0;

	if (fd >= 0 && !ioctl(fd, UFFDIO_API, &api))
		return fd;
	err = -errno;
	if (fd >= 0)
		close(fd);
	return err;
}

/* Half of the time picks anonymous memory, if there is any: the kernel registers no other. */
static const struct slot *pick_slot(struct rng *rng)
{
	unsigned int first = rng_below(rng, SLOTS), i;
	const struct slot *slot;

	if (rng_one_in(rng, 2))
		return &fuzz.slots[first];
	for (i = 0; i < SLOTS; i++) {
		slot = &fuzz.slots[(first + i) % SLOTS];
		if (slot->mapped && slot->file < 0)
			return slot;
	}
	return &fuzz.slots[first];
}

static struct uffdio_range pick_range(struct rng *rng, const struct slot *slot)
{
	uint64_t pages = slot->len / fuzz.page, first = rng_below(rng, pages);
	uint64_t n = 1 + rng_below(rng, pages - first);

	if (rng_one_in(rng, 2)) {
		first = 0;
		n = pages;
	}
	return (struct uffdio_range){
		.start = (uintptr_t)slot->at + first * fuzz.page, .len = n * fuzz.page,
	};
}

/* Asks to move a page out of our mapping or into it, which the kernel must refuse. */
static int move_ours(struct rng *rng, int fd, struct uffdio_range range)
{
	const struct slot *ours = &fuzz.slots[rng_below(rng, SLOTS)];
	bool from = rng_one_in(rng, 2);
	struct uffdio_move arg = {
		.dst = from ? range.start : (uintptr_t)ours->at,
		.src = from ? (uintptr_t)ours->at : range.start,
		.len = fuzz.page,
	};

	say(" move %#llx to %#llx", (unsigned long long)arg.src, (unsigned long long)arg.dst);
	if (!ours->mapped || ours->file < 0)
		return -ENOENT;
	if (ioctl(fd, UFFDIO_MOVE, &arg))
		return -errno;
	broken("userfaultfd moved a page of a mapping of ours");
	return 0;
}

static int operate(struct rng *rng, int fd, struct uffdio_range range)
{
	struct uffdio_register reg = { .range = range, .mode = rng_below(rng, 8) };
	struct uffdio_writeprotect wp = { .range = range };

	switch (rng_below(rng, 4)) {
	case 0:
		say(" register %llu", (unsigned long long)reg.mode);
		return ioctl(fd, UFFDIO_REGISTER, &reg) ? -errno : 0;
	case 1:
		say(" unregister");
		return ioctl(fd, UFFDIO_UNREGISTER, &range) ? -errno : 0;
	case 2:
		wp.mode = rng_one_in(rng, 2) ? UFFDIO_WRITEPROTECT_MODE_WP : 0;
		say(" writeprotect %llu", (unsigned long long)wp.mode);
		return ioctl(fd, UFFDIO_WRITEPROTECT, &wp) ? -errno : 0;
	default:
		return move_ours(rng, fd, range);
	}
}

/**
 * do_userfaultfd() - register part of a mapping, or do something to one that is registered
 * @rng: generator of the operation
 */
void do_userfaultfd(struct rng *rng)
{
	static int fd = -1;
	const struct slot *slot = pick_slot(rng);
	struct uffdio_range range = pick_range(rng, slot);

	say("userfaultfd %#llx %#llx", (unsigned long long)range.start,
	    (unsigned long long)range.len);
	if (fd < 0)
		fd = open_uffd();
	result(KIND_USERFAULTFD, fd < 0 ? fd : operate(rng, fd, range));
}
