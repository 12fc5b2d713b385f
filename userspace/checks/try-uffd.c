// SPDX-License-Identifier: GPL-2.0-only
/*
 * Steps on userfaultfd: uffd, uffdio. No thread reads the faults. The steps show which mappings
 * the kernel registers, and what the ioctls do to these mappings.
 */
#include "try.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "array.h"
#include "text.h"
#include "younger.h"

static void do_uffd(const struct step *step)
{
	static const struct named known[] = {
		{ "wp", UFFD_FEATURE_PAGEFAULT_FLAG_WP },
		{ "wp_unpopulated", UFFD_FEATURE_WP_UNPOPULATED },
		{ "wp_async", UFFD_FEATURE_WP_ASYNC },
		{ "minor", UFFD_FEATURE_MINOR_SHMEM },
		{ "move", UFFD_FEATURE_MOVE },
	};
	struct handle *uffd = handle_new(step->handle, HANDLE_UFFD);
	struct uffdio_api api = {
		.api = UFFD_API,
		.features = step_bits(step, "features", "UFFD_FEATURE_", known, ARRAY_SIZE(known)),
	};
	int err = 0;

	uffd->fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (uffd->fd < 0 || ioctl(uffd->fd, UFFDIO_API, &api))
		err = -errno;
	step_done(step, uffd->name, err);
}

static int do_register(int fd, struct uffdio_range range, const struct step *step)
{
	static const struct named known[] = {
		{ "missing", UFFDIO_REGISTER_MODE_MISSING },
		{ "wp", UFFDIO_REGISTER_MODE_WP },
		{ "minor", UFFDIO_REGISTER_MODE_MINOR },
	};
	struct uffdio_register arg = {
		.range = range,
		.mode = step_bits(step, "mode", "UFFDIO_REGISTER_MODE_", known, ARRAY_SIZE(known)),
	};

	return ioctl(fd, UFFDIO_REGISTER, &arg);
}

static int unregister(int fd, struct uffdio_range range,
		      const struct step *step __attribute__((unused)))
{
	return ioctl(fd, UFFDIO_UNREGISTER, &range);
}

static int protect(int fd, struct uffdio_range range,
		   const struct step *step __attribute__((unused)))
{
	struct uffdio_writeprotect arg = {
		.range = range, .mode = UFFDIO_WRITEPROTECT_MODE_WP,
	};

	return ioctl(fd, UFFDIO_WRITEPROTECT, &arg);
}

static int unprotect(int fd, struct uffdio_range range,
		     const struct step *step __attribute__((unused)))
{
	struct uffdio_writeprotect arg = { .range = range };

	return ioctl(fd, UFFDIO_WRITEPROTECT, &arg);
}

static uint64_t source(const struct step *step)
{
	const char *from = step_text(step, "from");
	struct place place;

	if (!from)
		malformed("op=%s needs from=", step_text(step, "op"));
	step_place(from, &place);
	return place.address;
}

static int copy(int fd, struct uffdio_range range, const struct step *step)
{
	struct uffdio_copy arg = {
		.dst = range.start, .src = source(step), .len = range.len,
	};

	return ioctl(fd, UFFDIO_COPY, &arg);
}

static int zero(int fd, struct uffdio_range range,
		const struct step *step __attribute__((unused)))
{
	struct uffdio_zeropage arg = { .range = range };

	return ioctl(fd, UFFDIO_ZEROPAGE, &arg);
}

static int go_on(int fd, struct uffdio_range range,
		 const struct step *step __attribute__((unused)))
{
	struct uffdio_continue arg = { .range = range };

	return ioctl(fd, UFFDIO_CONTINUE, &arg);
}

static int wake(int fd, struct uffdio_range range,
		const struct step *step __attribute__((unused)))
{
	return ioctl(fd, UFFDIO_WAKE, &range);
}

static int poison(int fd, struct uffdio_range range,
		  const struct step *step __attribute__((unused)))
{
	struct uffdio_poison arg = { .range = range };

	return ioctl(fd, UFFDIO_POISON, &arg);
}

static int move(int fd, struct uffdio_range range, const struct step *step)
{
	struct uffdio_move arg = {
		.dst = range.start, .src = source(step), .len = range.len,
	};

	return ioctl(fd, UFFDIO_MOVE, &arg);
}

/*
 * uffdio:MAP,with=UFFD,op=OP[,off=N][,len=N]: register takes mode=NAME+NAME of missing, wp
 * and minor; copy and move take from=PLACE. OP changes that part of MAP.
 */
static void do_uffdio(const struct step *step)
{
	static const struct {
		const char *name;
		int (*run)(int fd, struct uffdio_range range, const struct step *step);
	} known[] = {
		{ "register", do_register },
		{ "unregister", unregister },
		{ "wp", protect },
		{ "unwp", unprotect },
		{ "copy", copy },
		{ "zero", zero },
		{ "continue", go_on },
		{ "poison", poison },
		{ "move", move },
		{ "wake", wake },
	};
	const char *op = step_text(step, "op"), *with = step_text(step, "with");
	struct handle *map = map_existing(step);
	struct uffdio_range range;
	size_t i, len;
	int err;

	if (!op || !with)
		malformed("uffdio needs op= and with=");
	for (i = 0; i < ARRAY_SIZE(known) && strcmp(known[i].name, op); i++)
		;
	if (i == ARRAY_SIZE(known))
		malformed("no op '%s'", op);
	if (!map)
		return;
	range.start = (uintptr_t)map_part(step, map, &len);
	range.len = len;
	err = known[i].run(handle_get(with, HANDLE_UFFD)->fd, range, step) ? -errno : 0;
	printf("%s %s %s: %s\n", step->verb, map->name, op, err ? text_errno(err) : "ok");
}

const struct verb uffd_verbs[] = {
	{ "uffd", "[features=NAME+NAME]",
	  "NAME=: userfaultfd: wp, wp_unpopulated, wp_async, minor, move", do_uffd },
	{ "uffdio", "MAP,with=UFFD,op=OP[,mode=missing+wp+minor][,from=PLACE][,off=N][,len=N]",
	  "OP changes that part: register, unregister, wp, unwp, copy, zero, continue, poison, move, "
	  "wake",
	  do_uffdio },
	{ 0 }
};
