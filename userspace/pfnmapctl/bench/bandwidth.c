// SPDX-License-Identifier: GPL-2.0-only
/* What a cache mode does to reading and writing. */
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#define BYTES		0x100000UL	/* a MiB: the figures are MiB/s */
#define NS_PER_S	1e9

struct stream {
	const struct bench *bench;
	volatile uint64_t *start;
};

static int stream_read(void *data, double *ns)
{
	const struct stream *stream = data;
	uint64_t start = clock_ns();
	size_t i;

	for (i = 0; i < BYTES / sizeof(uint64_t); i++)
		(void)stream->start[i];
	*ns = clock_since(stream->bench, start);
	return 0;
}

static int stream_write(void *data, double *ns)
{
	const struct stream *stream = data;
	uint64_t start = clock_ns();
	size_t i;

	for (i = 0; i < BYTES / sizeof(uint64_t); i++)
		stream->start[i] = i;
	__sync_synchronize();
	*ns = clock_since(stream->bench, start);
	return 0;
}

static int add(struct bench *bench, struct stream *stream, const char *what, measure_fn measure,
	       const char *mode)
{
	struct row row = { .unit = "MiB/s" };
	int err;

	err = figure_take(bench, &row.ours, measure, stream);
	if (err)
		return err;
	row.ours.median = NS_PER_S / (row.ours.median * bench->unit);
	row_name(&row, "%s, 8 bytes at a time, %s", what, mode);
	rows_add(bench, &row);
	return 0;
}

static int with_mode(struct bench *bench, const struct pfnmap_test_describe *mode)
{
	struct pfnmap_test_map map = {
		.region = PFNMAP_TEST_REGION_MMIO,
		.method = PFNMAP_TEST_METHOD_REMAP_PFN_RANGE,
		.cache_mode = mode->id,
		.level = PFNMAP_TEST_LEVEL_PTE,
	};
	struct stream stream = { .bench = bench };
	void *start;
	int err;

	err = pfnmap_set_map(bench->device.fd, &map);
	if (err)
		return fail(err, "see 'pfnmapctl info'", "SET_MAP mmio, %s", mode->name);
	start = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, bench->device.fd, 0);
	if (start == MAP_FAILED)
		return fail(errno, NULL, "mmap, %s", mode->name);
	stream.start = start;
	err = add(bench, &stream, "write", stream_write, mode->name);
	if (!err)
		err = add(bench, &stream, "read", stream_read, mode->name);
	munmap(start, BYTES);
	return err ? fail(err, NULL, "%s", mode->name) : 0;
}

/**
 * bench_bandwidth() - read and write I/O memory in each mode that the CPU has
 * @bench: the device is open
 *
 * Return: 0, or an exit status after a message
 */
int bench_bandwidth(struct bench *bench)
{
	const struct pfnmap_test_describe *mode = NULL;
	int status = 0;

	while (!status && (mode = catalog_next(&bench->device.catalog,
					       PFNMAP_TEST_KIND_CACHE_MODE, mode)))
		if (bench->device.info.cache_modes & PFNMAP_TEST_BIT(mode->id))
			status = with_mode(bench, mode);
	return status;
}
