// SPDX-License-Identifier: GPL-2.0-only
/*
 * scan:MAP[,get=NAME+NAME][,flags=NAME+NAME][,off=N][,len=N]: PAGEMAP_SCAN (6.7) of that part:
 * each piece that has one of the categories NAME, and which.
 */
#include "try.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "array.h"
#include "text.h"
#include "younger.h"

#define PIECES	16

static const struct named categories[] = {
	{ "wpallowed", PAGE_IS_WPALLOWED },
	{ "written", PAGE_IS_WRITTEN },
	{ "present", PAGE_IS_PRESENT },
	{ "file", PAGE_IS_FILE },
	{ "swapped", PAGE_IS_SWAPPED },
	{ "pfnzero", PAGE_IS_PFNZERO },
	{ "huge", PAGE_IS_HUGE },
	{ "soft_dirty", PAGE_IS_SOFT_DIRTY },
};

#define CATEGORIES	ARRAY_SIZE(categories)

/* What the entries are, without what the kernel notes of writes. */
#define USUAL	(PAGE_IS_PRESENT | PAGE_IS_FILE | PAGE_IS_SWAPPED | PAGE_IS_PFNZERO | PAGE_IS_HUGE)

static void do_scan(const struct step *step)
{
	static const struct named flags[] = {
		{ "wp_matching", PM_SCAN_WP_MATCHING },
		{ "check_wpasync", PM_SCAN_CHECK_WPASYNC },
	};
	uint64_t get = step_text(step, "get") ?
		step_bits(step, "get", "PAGE_IS_", categories, CATEGORIES) : USUAL;
	struct handle *map = map_existing(step);
	struct page_region pieces[PIECES];
	struct pm_scan_arg arg = {
		.size = sizeof(arg), .vec = (uintptr_t)pieces, .vec_len = PIECES,
		.flags = step_bits(step, "flags", "PM_SCAN_", flags, ARRAY_SIZE(flags)),
	};
	char *start;
	size_t len, i;
	int fd, n, p;

	if (!map)
		return;
	start = map_part(step, map, &len);
	arg.start = (uintptr_t)start;
	arg.end = (uintptr_t)start + len;
	arg.category_anyof_mask = get;
	arg.return_mask = get;
	fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : ioctl(fd, PAGEMAP_SCAN, &arg);
	printf("scan %s: ", map->name);
	if (n <= 0) {
		puts(n ? text_errno(-errno) : "none");
	} else {
		for (p = 0; p < n; p++) {
			printf("%s0x%" PRIx64 "-0x%" PRIx64, p ? ", " : "",
			       (uint64_t)pieces[p].start - (uintptr_t)map->start,
			       (uint64_t)pieces[p].end - (uintptr_t)map->start);
			for (i = 0; i < CATEGORIES; i++)
				if (pieces[p].categories & categories[i].value)
					printf(" %s", categories[i].name);
		}
		putchar('\n');
	}
	if (fd >= 0)
		close(fd);
}

const struct verb scan_verbs[] = {
	{ "scan", "MAP[,get=NAME+NAME][,flags=wp_matching+check_wpasync][,off=N][,len=N]",
	  "PAGEMAP_SCAN (6.7): tells each piece that has a category PAGE_IS_NAME, and which; "
	  "without get= present, file, swapped, pfnzero and huge", do_scan },
	{ 0 }
};
