// SPDX-License-Identifier: GPL-2.0-only
/* kpage:MAP|REGION+OFF[,off=N]: what /proc/kpagecount and kpageflags say of the page there. */
#include "try.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/kernel-page-flags.h>
#include <stdio.h>
#include <unistd.h>

#include "array.h"
#include "text.h"

#define PRESENT		((uint64_t)1 << 63)
#define PFN_MASK	(((uint64_t)1 << 55) - 1)

/* Flags that do not depend on when the kernel last looked at the page. */
static const struct named flags[] = {
	{ "anon", KPF_ANON },
	{ "buddy", KPF_BUDDY },
	{ "compound_head", KPF_COMPOUND_HEAD },
	{ "compound_tail", KPF_COMPOUND_TAIL },
	{ "huge", KPF_HUGE },
	{ "hwpoison", KPF_HWPOISON },
	{ "ksm", KPF_KSM },
	{ "mmap", KPF_MMAP },
	{ "nopage", KPF_NOPAGE },
	{ "offline", KPF_OFFLINE },
	{ "pgtable", KPF_PGTABLE },
	{ "slab", KPF_SLAB },
	{ "swapbacked", KPF_SWAPBACKED },
	{ "thp", KPF_THP },
	{ "zero_page", KPF_ZERO_PAGE },
};

/* Reads the 64 bits at an index of a file in /proc. Behind the file's end there is no data. */
static int read_word(const char *path, uint64_t index, uint64_t *word)
{
	ssize_t got;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	errno = ENODATA;
	got = pread(fd, word, sizeof(*word), index * sizeof(*word));
	close(fd);
	return got == sizeof(*word) ? 0 : -errno;
}

static void print_page(uint64_t count, uint64_t bits)
{
	const char *before = "";
	size_t i;

	printf("count=%" PRIu64 " flags=", count);
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		if (!(bits >> flags[i].value & 1))
			continue;
		printf("%s%s", before, flags[i].name);
		before = "+";
	}
	puts(*before ? "" : "none");
}

/* The pfn of a region's page; or of the page at an address, by pagemap. */
static int find_pfn(const struct place *place, uint64_t *pfn)
{
	uint64_t page = place->address / sysconf(_SC_PAGESIZE);
	int err;

	*pfn = page;
	if (!place->map)
		return 0;
	err = read_word("/proc/self/pagemap", page, pfn);
	if (err)
		return err;
	if (!(*pfn & PRESENT) || !(*pfn & PFN_MASK))
		return -ENOENT;
	*pfn &= PFN_MASK;
	return 0;
}

static void do_kpage(const struct step *step)
{
	uint64_t off, pfn, count, bits;
	struct place place;
	int err;

	step_place(step->target, &place);
	if (!place.map && !place.region)
		malformed("kpage takes a mapping or REGION+OFF");
	off = step_number(step, "off", 0);
	place.offset += off;
	place.address += off;
	err = find_pfn(&place, &pfn);
	if (!err)
		err = read_word("/proc/kpagecount", pfn, &count);
	if (!err)
		err = read_word("/proc/kpageflags", pfn, &bits);
	printf("kpage %s+0x%" PRIx64 ": ", place.map ? place.map->name : place.region->name,
	       place.offset);
	if (err)
		puts(text_errno(err));
	else
		print_page(count, bits);
}

const struct verb kpage_verbs[] = {
	{ "kpage", "MAP|REGION+OFF[,off=N]",
	  "tells what /proc/kpagecount and /proc/kpageflags say of the page there", do_kpage },
	{ 0 }
};
