// SPDX-License-Identifier: GPL-2.0-only
/* Steps that ask for what mm does with a mapping: madvise, mbind, mlock, mincore, msync, mseal. */
#include "try.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/mempolicy.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "array.h"
#include "text.h"
#include "younger.h"

static int advice_of(const char *text)
{
	static const struct named known[] = {
		{ "normal", MADV_NORMAL },
		{ "random", MADV_RANDOM },
		{ "sequential", MADV_SEQUENTIAL },
		{ "willneed", MADV_WILLNEED },
		{ "dontneed", MADV_DONTNEED },
		{ "dontneed_locked", MADV_DONTNEED_LOCKED },
		{ "free", MADV_FREE },
		{ "remove", MADV_REMOVE },
		{ "dontfork", MADV_DONTFORK },
		{ "dofork", MADV_DOFORK },
		{ "wipeonfork", MADV_WIPEONFORK },
		{ "keeponfork", MADV_KEEPONFORK },
		{ "mergeable", MADV_MERGEABLE },
		{ "unmergeable", MADV_UNMERGEABLE },
		{ "hugepage", MADV_HUGEPAGE },
		{ "nohugepage", MADV_NOHUGEPAGE },
		{ "collapse", MADV_COLLAPSE },
		{ "dontdump", MADV_DONTDUMP },
		{ "dodump", MADV_DODUMP },
		{ "cold", MADV_COLD },
		{ "pageout", MADV_PAGEOUT },
		{ "populate_read", MADV_POPULATE_READ },
		{ "populate_write", MADV_POPULATE_WRITE },
		{ "hwpoison", MADV_HWPOISON },
		{ "soft_offline", MADV_SOFT_OFFLINE },
		{ "guard_install", MADV_GUARD_INSTALL },
		{ "guard_remove", MADV_GUARD_REMOVE },
	};

	return step_value(text, "advice", "MADV_", known, ARRAY_SIZE(known));
}

static void do_madvise(const struct step *step)
{
	const char *text = step_text(step, "advice");
	struct handle *map;
	int advice;
	char *start;
	size_t len;

	if (!text)
		malformed("madvise needs advice=");
	advice = advice_of(text);
	map = map_existing(step);
	if (!map)
		return;
	start = map_part(step, map, &len);
	step_done(step, map->name, madvise(start, len, advice) ? -errno : 0);
}

/* move_pages(): with node= the kernel is to move the page there, before it tells where it is. */
static void do_movepages(const struct step *step)
{
	bool move = step_text(step, "node");
	int node = step_number(step, "node", 0), status = -ENODATA;
	struct handle *map;
	uint64_t off;
	void *page;

	page = access_begin(step, &map, &off);
	if (!page)
		return;
	if (syscall(SYS_move_pages, 0, 1UL, &page, move ? &node : NULL, &status,
		    MPOL_MF_MOVE) < 0)
		status = -errno;
	printf("movepages %s+0x%" PRIx64 ": ", map->name, off);
	if (status < 0)
		puts(text_errno(status));
	else
		printf("node %d\n", status);
}

/* process_madvise() of this process, or of a child, which has the mapping at the same place. */
static void do_process_madvise(const struct step *step)
{
	const char *text = step_text(step, "advice"), *of = step_text(step, "of");
	int advice, fd, err = 0;
	struct handle *map;
	struct iovec part;

	if (!text)
		malformed("process_madvise needs advice=");
	advice = advice_of(text);
	map = map_existing(step);
	if (!map)
		return;
	part.iov_base = map_part(step, map, &part.iov_len);
	fd = syscall(SYS_pidfd_open, of ? child_pid(of) : getpid(), 0);
	if (fd < 0 || syscall(SYS_process_madvise, fd, &part, 1, advice,
			      step_number(step, "flags", 0)) < 0)
		err = -errno;
	if (fd >= 0)
		close(fd);
	step_done(step, map->name, err);
}

/* MPOL_LOCAL names no node, so MPOL_MF_STRICT finds every page on a wrong node: EIO. */
static void do_mbind(const struct step *step)
{
	static const struct named known[] = {
		{ "default", MPOL_DEFAULT },
		{ "preferred", MPOL_PREFERRED },
		{ "bind", MPOL_BIND },
		{ "interleave", MPOL_INTERLEAVE },
		{ "local", MPOL_LOCAL },
	};
	const char *policy = step_text(step, "policy");
	int mode = policy ? step_value(policy, "policy", "MPOL_", known, ARRAY_SIZE(known)) :
		MPOL_LOCAL;
	uint64_t node = step_number(step, "node", 0);
	bool named = step_text(step, "node");
	struct handle *map = map_existing(step);
	unsigned int flags = 0;
	unsigned long nodes;
	char *start;
	size_t len;

	if (node >= 8 * sizeof(nodes))
		malformed("no node %" PRIu64, node);
	if (!map)
		return;
	nodes = 1UL << node;
	flags |= step_has(step, "strict") ? MPOL_MF_STRICT : 0;
	flags |= step_has(step, "move") ? MPOL_MF_MOVE : 0;
	start = map_part(step, map, &len);
	step_done(step, map->name,
		  syscall(SYS_mbind, start, len, mode, named ? &nodes : NULL,
			  named ? 8 * sizeof(nodes) : 0, flags) ? -errno : 0);
}

static void do_mlock(const struct step *step)
{
	struct handle *map = map_existing(step);
	char *start;
	size_t len;

	if (!map)
		return;
	start = map_part(step, map, &len);
	step_done(step, map->name, mlock(start, len) ? -errno : 0);
}

static void do_mlock2(const struct step *step)
{
	struct handle *map = map_existing(step);
	char *start;
	size_t len;

	if (!map)
		return;
	start = map_part(step, map, &len);
	step_done(step, map->name,
		  mlock2(start, len, step_number(step, "flags", MLOCK_ONFAULT)) ? -errno : 0);
}

static void do_munlock(const struct step *step)
{
	struct handle *map = map_existing(step);
	char *start;
	size_t len;

	if (!map)
		return;
	start = map_part(step, map, &len);
	step_done(step, map->name, munlock(start, len) ? -errno : 0);
}

static void do_mlockall(const struct step *step)
{
	static const struct named known[] = {
		{ "current", MCL_CURRENT },
		{ "future", MCL_FUTURE },
		{ "onfault", MCL_ONFAULT },
	};
	int flags = MCL_CURRENT | MCL_FUTURE, err;

	if (step_text(step, "flags"))
		flags = step_bits(step, "flags", "MCL_", known, ARRAY_SIZE(known));
	err = mlockall(flags) ? -errno : 0;
	printf("%s: %s\n", step->verb, err ? text_errno(err) : "ok");
}

static void do_munlockall(const struct step *step)
{
	int err = munlockall() ? -errno : 0;

	printf("%s: %s\n", step->verb, err ? text_errno(err) : "ok");
}

static void do_msync(const struct step *step)
{
	static const struct named known[] = {
		{ "async", MS_ASYNC },
		{ "sync", MS_SYNC },
		{ "invalidate", MS_INVALIDATE },
	};
	struct handle *map = map_existing(step);
	int flags = MS_SYNC;
	char *start;
	size_t len;

	if (step_text(step, "flags"))
		flags = step_bits(step, "flags", "MS_", known, ARRAY_SIZE(known));
	if (!map)
		return;
	start = map_part(step, map, &len);
	step_done(step, map->name, msync(start, len, flags) ? -errno : 0);
}

static void do_mseal(const struct step *step)
{
	struct handle *map = map_existing(step);
	char *start;
	size_t len;

	if (!map)
		return;
	start = map_part(step, map, &len);
	step_done(step, map->name,
		  syscall(SYS_mseal, start, len, step_number(step, "flags", 0)) ? -errno : 0);
}

static void do_remapfile(const struct step *step)
{
	struct handle *map = map_existing(step);
	int err;

	if (!map)
		return;
	err = remap_file_pages(map->start, step_number(step, "len", 0), 0,
			       step_number(step, "pgoff", 0), 0) ? -errno : 0;
	step_done(step, map->name, err);
}

static void do_mincore(const struct step *step)
{
	struct handle *map;
	unsigned char in;
	uint64_t off;
	char *at;
	int err;

	at = access_begin(step, &map, &off);
	if (!at)
		return;
	err = mincore(at, sysconf(_SC_PAGESIZE), &in) ? -errno : 0;
	printf("mincore %s+0x%" PRIx64 ": ", map->name, off);
	if (err)
		puts(text_errno(err));
	else
		printf("%d\n", in & 1);
}

const struct verb advice_verbs[] = {
	{ "madvise", "MAP,advice=NAME|N[,off=N][,len=N]",
	  "NAME is that of a MADV_NAME", do_madvise },
	{ "process_madvise", "MAP,advice=NAME|N[,of=CHILD][,off=N][,len=N][,flags=N]",
	  "by a pidfd: of this process, or of a child", do_process_madvise },
	{ "movepages", "MAP[,off=N][,node=N]",
	  "tells by move_pages() on which node a page is; node= moves the page first",
	  do_movepages },
	{ "mbind", "MAP[,policy=NAME][,node=N][,strict][,move][,off=N][,len=N]",
	  "MPOL_NAME; MPOL_LOCAL by default: with strict EIO if there is any page that could be moved",
	  do_mbind },
	{ "mlock", "MAP[,off=N][,len=N]",
	  "", do_mlock },
	{ "mlock2", "MAP[,off=N][,len=N][,flags=N]",
	  "MLOCK_ONFAULT, unless flags= says otherwise", do_mlock2 },
	{ "munlock", "MAP[,off=N][,len=N]",
	  "", do_munlock },
	{ "mlockall", "[,flags=current+future+onfault]",
	  "current and future, unless flags= says otherwise", do_mlockall },
	{ "munlockall", "",
	  "", do_munlockall },
	{ "remapfile", "MAP,len=N,pgoff=PAGES",
	  "remap_file_pages() to the file's page PAGES", do_remapfile },
	{ "mincore", "MAP[,off=N]",
	  "tells whether one page is resident", do_mincore },
	{ "msync", "MAP[,off=N][,len=N][,flags=async+sync+invalidate]",
	  "sync, unless flags= says otherwise", do_msync },
	{ "mseal", "MAP[,off=N][,len=N][,flags=N]",
	  "seals the mapping (6.10): nobody can unmap, move or protect it any more", do_mseal },
	{ 0 }
};
