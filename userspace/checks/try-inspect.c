// SPDX-License-Identifier: GPL-2.0-only
/*
 * inspect:MAP|ADDRESS: what INSPECT tells of an address, here or in another process: the VMA,
 * the answer of follow_pfnmap_start(), the folio, and last the entry. Also the steps that a
 * test of an outside observer needs: pid, udmabuf.
 */
#include "try.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/udmabuf.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "flags.h"
#include "pfnmap_client.h"
#include "text.h"
#include "tracking.h"

static void print_vma(const struct handle *map, const struct pfnmap_test_inspect *inspect)
{
	char *flags = flags_text(inspect_flags, inspect->flags, ",");

	if (map) {
		printf("start=");
		print_user(map, inspect->start);
		printf(" end=");
		print_user(map, inspect->end);
		putchar(' ');
	}
	printf("mode=%s tracking=%s",
	       catalog_name(&catalog, PFNMAP_TEST_KIND_CACHE_MODE, inspect->prot_mode),
	       tracking_name(inspect->tracking));
	if (inspect->track_refs) {
		printf(" refs=%" PRIu32, inspect->track_refs);
		print_tracked(inspect->track_start, inspect->track_bytes);
	}
	printf(" flags=%s", flags ? flags : "?");
	free(flags);
}

static void print_folio(const struct pfnmap_test_inspect *inspect)
{
	char *flags;

	if (inspect->folio_error) {
		printf(" folio=%s", text_errno(inspect->folio_error));
		return;
	}
	flags = flags_text(folio_flags, inspect->folio_flags, ",");
	printf(" folio=%s refs=%" PRIu32 " mapcount=%" PRIu32 " order=%" PRIu32 " pgmap=%s",
	       flags && *flags ? flags : "-", inspect->refs, inspect->mapcount, inspect->order,
	       pgmap_name(inspect->pgmap));
	free(flags);
}

static void print_inspect(const struct handle *map, const struct pfnmap_test_inspect *inspect)
{
	print_vma(map, inspect);
	printf(" follow=%s", inspect->follow_error ? text_errno(inspect->follow_error) : "ok");
	print_folio(inspect);
	printf(" entry=0x%llx ", inspect->entry_bytes);
	if (inspect->entry_flags & PFNMAP_TEST_LEAF_PRESENT)
		print_entry(inspect->level, inspect->cache_mode, inspect->pfn,
			    inspect->entry_flags);
	else
		puts("none");
}

static void do_inspect(const struct step *step)
{
	const char *of = step_text(step, "of");
	struct pfnmap_test_inspect inspect;
	uint64_t address, off = 0;
	struct handle *map = NULL;
	uint32_t pid;
	int err;

	pid = of ? (uint32_t)child_pid(of) : step_number(step, "pid", 0);
	if (*step->target >= '0' && *step->target <= '9') {
		address = number_of(step->target);
	} else {
		map = handle_get(step->target, HANDLE_MAP);
		off = step_number(step, "off", 0);
		address = (uintptr_t)map->start + off;
	}
	err = pfnmap_inspect(handle_via(step, map ? map->file : NULL)->fd, pid, address, &inspect);
	printf("inspect %s", step->target);
	if (map)
		printf("+0x%" PRIx64, off);
	printf(": ");
	if (err)
		puts(text_errno(err));
	else
		print_inspect(map, &inspect);
}

/* Prints our pid, for another process that inspects this one. */
static void do_pid(const struct step *step)
{
	printf("%s %d\n", step->verb, (int)getpid());
}

/* NAME=udmabuf[:len=N]: a dma-buf of memory */
static void do_udmabuf(const struct step *step)
{
	struct handle *file = handle_new(step->handle, HANDLE_FILE);
	struct udmabuf_create create = {
		.flags = UDMABUF_FLAGS_CLOEXEC,
		.size = step_number(step, "len", sysconf(_SC_PAGESIZE)),
	};
	int driver = open("/dev/udmabuf", O_RDWR | O_CLOEXEC), err = 0;
	int memory = memfd_create("pfnmap-try", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	file->foreign = true;
	create.memfd = memory;
	if (driver < 0 || memory < 0 || ftruncate(memory, create.size) ||
	    fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK))
		err = -errno;
	if (!err) {
		file->fd = ioctl(driver, UDMABUF_CREATE, &create);
		err = file->fd < 0 ? -errno : 0;
	}
	if (driver >= 0)
		close(driver);
	if (memory >= 0)
		close(memory);
	step_done(step, file->name, err);
}

const struct verb inspect_verbs[] = {
	{ "inspect", "MAP|ADDRESS[,off=N][,of=CHILD][,pid=N][,via=FILE]",
	  "tells VMA, folio and entry; of= and pid= ask about another process", do_inspect },
	{ "pid", "",
	  "tells this process's number", do_pid },
	{ "udmabuf", "[,len=N]",
	  "NAME=: a dma-buf of ordinary memory, to map", do_udmabuf },
	{ 0 }
};
