// SPDX-License-Identifier: GPL-2.0-only
/*
 * scan:MAP[,off=N][,len=N]: PAGEMAP_SCAN (6.7) of that part: each piece that has a category,
 * and its categories.
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

static const struct {
	uint64_t bit;
	const char *name;
} categories[] = {
	{ PAGE_IS_PRESENT, "present" },
	{ PAGE_IS_FILE, "file" },
	{ PAGE_IS_SWAPPED, "swapped" },
	{ PAGE_IS_PFNZERO, "pfnzero" },
	{ PAGE_IS_HUGE, "huge" },
};

#define CATEGORIES	ARRAY_SIZE(categories)

static void do_scan(const struct step *step)
{
	struct handle *map = map_existing(step);
	struct page_region pieces[PIECES];
	struct pm_scan_arg arg = {
		.size = sizeof(arg), .vec = (uintptr_t)pieces, .vec_len = PIECES,
	};
	char *start;
	size_t len, i;
	int fd, n, p;

	if (!map)
		return;
	start = map_part(step, map, &len);
	arg.start = (uintptr_t)start;
	arg.end = (uintptr_t)start + len;
	for (i = 0; i < CATEGORIES; i++)
		arg.category_anyof_mask |= categories[i].bit;
	arg.return_mask = arg.category_anyof_mask;
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
				if (pieces[p].categories & categories[i].bit)
					printf(" %s", categories[i].name);
		}
		putchar('\n');
	}
	if (fd >= 0)
		close(fd);
}

const struct verb scan_verbs[] = {
	{ "scan", "MAP[,off=N][,len=N]",
	  "PAGEMAP_SCAN (6.7): tells each piece that has a category, and its categories", do_scan },
	{ 0 }
};
