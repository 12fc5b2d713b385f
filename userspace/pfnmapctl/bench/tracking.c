// SPDX-License-Identifier: GPL-2.0-only
/* What the kernel's own tracking of mappings costs while the tree has many reservations. */
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGES	16	/* to map, from the region's start */

struct tracked {
	const struct bench *bench;
	int fd;
	size_t bytes;
};

static int map_and_unmap(void *data, double *ns)
{
	const struct tracked *tracked = data;
	uint64_t start = clock_ns();
	void *mapped;

	mapped = mmap(NULL, tracked->bytes, PROT_READ, MAP_SHARED, tracked->fd, 0);
	if (mapped == MAP_FAILED)
		return -errno;
	munmap(mapped, tracked->bytes);
	*ns = clock_since(tracked->bench, start);
	return 0;
}

/* Map as many pages each time: a VMA that is mapped in part has one page more. */
static int take(struct tracked *tracked, uint32_t region, bool partial, struct figure *figure)
{
	size_t page = sysconf(_SC_PAGESIZE);
	struct pfnmap_test_map map = {
		.region = region,
		.method = PFNMAP_TEST_METHOD_REMAP_PFN_RANGE,
		.cache_mode = device_mode(&tracked->bench->device, region),
		.level = PFNMAP_TEST_LEVEL_PTE,
		.flags = partial ? PFNMAP_TEST_MAP_PARTIAL : 0,
	};
	int err;

	err = pfnmap_set_map(tracked->fd, &map);
	if (err)
		return err;
	tracked->bytes = (PAGES + partial) * page;
	return figure_take(tracked->bench, figure, map_and_unmap, tracked);
}

/* remap_pfn_range() of part of a VMA, or of System RAM, adds no entry to the tree. */
static int measure(struct tracked *tracked, const struct reserved *reserved, struct row *rows)
{
	int err;

	err = take(tracked, reserved->region->id, false, &rows[0].ours);
	if (!err)
		err = take(tracked, reserved->region->id, true, &rows[0].peer_figure);
	if (!err)
		err = take(tracked, PFNMAP_TEST_REGION_RAM, false, &rows[1].peer_figure);
	rows[1].ours = rows[0].ours;
	return err;
}

/**
 * bench_tracking() - measure remap_pfn_range() with and without tracking
 * @bench: where the rows go
 * @reserved: the tree, and where there is room for one more range
 *
 * Return: 0, or an exit status after a message
 */
int bench_tracking(struct bench *bench, const struct reserved *reserved)
{
	struct row rows[] = { { .peer = "partial" }, { .peer = "System RAM" } };
	struct tracked tracked = { .bench = bench };
	int err, i;

	tracked.fd = pfnmap_open(bench->common->device, false, O_RDWR);
	if (tracked.fd < 0)
		return fail(tracked.fd, NULL, "open the device again");
	err = measure(&tracked, reserved, rows);
	close(tracked.fd);
	if (err)
		return fail(err, NULL, "remap_pfn_range of %d pages", PAGES);
	for (i = 0; i < 2; i++) {
		row_name(&rows[i], "tracked mmap + munmap of %d pages, %zu reserved", PAGES,
			 reserved->n);
		rows_add(bench, &rows[i]);
	}
	return 0;
}
