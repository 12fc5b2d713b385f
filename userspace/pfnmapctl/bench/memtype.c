// SPDX-License-Identifier: GPL-2.0-only
/* Measures queries of the growing memtype tree, beside debugfs's list. */
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "array.h"
#include "memtype/memtype.h"

#define BATCH		170	/* entries of one batch under the lock: see the uapi header */
#define HITS		10
#define STRIDE		7919	/* a prime: no place comes up twice before all have come up */
#define HOLE_PAGES	64
#define NS_PER_S	1000000000ULL
#define SURE_NS		NS_PER_S	/* read for so long before extrapolating */
/* Sizes of the tree. compare() compares the last size with the first. */
static const size_t sizes[] = { 100, 1000, 4000, 10000, 100000 };

struct scale {
	struct bench *bench;
	struct reserved reserved;
	size_t page;
	size_t listed;		/* entries in the list of all */
	size_t room;		/* for entries of one ioctl */
	size_t queries;		/* so far */
	struct pfnmap_test_memtype_entry *entries;
	bool stopped;		/* the kernel's list took too long */
	int fd;			/* maps the region by vmf_insert_pfn() */
};

/* Every second page: a kernel may merge reservations that touch. */
static uint64_t offset_of(const struct scale *scale, size_t i)
{
	return scale->reserved.hole + 2 * i * scale->page;
}

static uint64_t address_of(const struct scale *scale, size_t i)
{
	return scale->reserved.region->start + offset_of(scale, i);
}

static int grow(struct scale *scale, size_t n)
{
	struct pfnmap_test_reserve reserve = {
		.region = scale->reserved.region->id, .bytes = scale->page,
	};
	int err;

	for (; scale->reserved.n < n; scale->reserved.n++) {
		reserve.cache_mode = PFNMAP_TEST_CACHE_WC;
		reserve.offset = offset_of(scale, scale->reserved.n);
		err = pfnmap_reserve(scale->reserved.fd, &reserve);
		if (err)
			return err;
	}
	return 0;
}

static int list_all(void *data, double *ns)
{
	struct pfnmap_test_memtype_entry *entries;
	struct scale *scale = data;
	uint64_t start = clock_ns();
	int err;

	err = pfnmap_memtype_list(scale->bench->device.fd, 0, UINT64_MAX, &entries,
				  &scale->listed);
	*ns = clock_since(scale->bench, start);
	free(entries);
	return err ? err : scale->listed < scale->reserved.n ? -ENODATA : 0;
}

/* Another place each time, all over the tree. */
static size_t place(struct scale *scale)
{
	return scale->queries++ * STRIDE % (scale->reserved.n - HITS);
}

static int query_range(void *data, double *ns)
{
	struct pfnmap_test_memtype_entry *entries;
	struct scale *scale = data;
	size_t at = place(scale), n = 0;
	uint64_t begin = clock_ns();
	int err;

	err = pfnmap_memtype_list(scale->bench->device.fd, address_of(scale, at),
				  address_of(scale, at + HITS) - 1, &entries, &n);
	free(entries);
	*ns = clock_since(scale->bench, begin);
	return err ? err : n == HITS ? 0 : -ENODATA;
}

static int lookup(void *data, double *ns)
{
	struct scale *scale = data;
	uint64_t address = address_of(scale, place(scale)), begin = clock_ns();
	struct pfnmap_test_memtype memtype;
	int err;

	err = pfnmap_memtype_lookup(scale->bench->device.fd, address, &memtype);
	*ns = clock_since(scale->bench, begin);
	return err ? err : memtype.count ? 0 : -ENODATA;
}

/*
 * The kernel looks up the mode of the page that vmf_insert_pfn() maps. The bench first reads the
 * page before, which no reservation covers: so the page table is there when the clock starts.
 */
static int fault(void *data, double *ns)
{
	struct scale *scale = data;
	uint64_t offset = offset_of(scale, place(scale)), begin;
	size_t bytes = offset_of(scale, scale->reserved.n);
	volatile char *mapped;

	mapped = mmap(NULL, bytes, PROT_READ, MAP_SHARED, scale->fd, 0);
	if (mapped == MAP_FAILED)
		return -errno;
	mapped[offset - scale->page];
	begin = clock_ns();
	mapped[offset];
	*ns = clock_since(scale->bench, begin);
	munmap((void *)mapped, bytes);
	return 0;
}

static int list_some(const struct scale *scale, uint64_t start)
{
	struct pfnmap_test_memtype_list list = {
		.start = start, .last = UINT64_MAX, .count = scale->room,
		.entries = (uintptr_t)scale->entries,
	};

	return pfnmap_memtype_list_some(scale->bench->device.fd, &list);
}

static int one_batch(void *data, double *ns)
{
	const struct scale *scale = data;
	uint64_t begin = clock_ns();
	int err;

	err = list_some(scale, address_of(scale, scale->reserved.n / 2));
	*ns = clock_since(scale->bench, begin);
	return err;
}

static size_t lines(const char *text, size_t bytes)
{
	const char *end = text + bytes;
	size_t n = 0;

	while ((text = memchr(text, '\n', end - text))) {
		text++;
		n++;
	}
	return n;
}

/* debugfs walks from the first entry to each one: k entries cost k squared. */
static int debugfs_all(void *data, double *ns)
{
	struct scale *scale = data;
	static char text[65536];
	uint64_t begin = clock_ns();
	double whole;
	size_t seen = 0;
	ssize_t got;
	int fd;

	fd = open(DEBUGFS_LIST, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	scale->stopped = false;
	while ((got = read(fd, text, sizeof(text))) > 0) {
		seen += lines(text, got);
		*ns = clock_since(scale->bench, begin);
		whole = *ns * scale->listed / seen * scale->listed / seen;
		if (*ns > SURE_NS && whole > scale->bench->limit * NS_PER_S) {
			scale->stopped = true;
			*ns = whole;
			break;
		}
	}
	if (got < 0)
		got = -errno;
	close(fd);
	return got < 0 ? got : 0;
}

static void add_memory(struct scale *scale)
{
	struct row row = { .unit = "bytes", .note = "of one LIST of all, by kmem trace events" };
	size_t peak = 0, room = scale->room;

	scale->room = scale->listed;
	if (!kmalloc_begin()) {
		if (!list_some(scale, 0) && !kmalloc_end(&peak) && peak) {
			row.ours = (struct figure){ .median = peak, .n = 1 };
			row_name(&row, "memtype list of %zu: memory held", scale->reserved.n);
			rows_add(scale->bench, &row);
		}
	}
	scale->room = room;
}

static int add(struct scale *scale, struct row *row, const char *what, measure_fn measure)
{
	int err;

	err = figure_take(scale->bench, &row->ours, measure, scale);
	if (err)
		return fail(err, NULL, "%s, %zu reserved", what, scale->reserved.n);
	row_name(row, "memtype %s, %zu reserved", what, scale->reserved.n);
	rows_add(scale->bench, row);
	return 0;
}

/* The same query in this tree, against the smallest tree. */
static void compare(struct scale *scale, const char *what, const struct figure *small,
		    const struct figure *large)
{
	struct row row = { .ours = *large, .peer = "the smallest tree", .peer_figure = *small };

	row_name(&row, "memtype %s, %zu against %zu", what, scale->reserved.n, sizes[0]);
	rows_add(scale->bench, &row);
}

struct taken {
	struct figure list;
	struct figure range;
	struct figure lookup;
	struct figure fault;
};

static int at_size(struct scale *scale, struct taken *taken)
{
	struct row row = { .peer = "debugfs" };
	double unused;
	int status;

	status = list_all(scale, &unused);
	if (status)
		return fail(status, NULL, "MEMTYPE_LIST");
	scale->entries = reallocarray(scale->entries, scale->listed + 1, sizeof(*scale->entries));
	if (!scale->entries)
		return fail(ENOMEM, NULL, "%zu entries", scale->listed);
	memset(scale->entries, 0, scale->listed * sizeof(*scale->entries));
	if (figure_take(scale->bench, &row.peer_figure, debugfs_all, scale))
		row.peer = NULL;
	if (scale->stopped)
		row.note = "debugfs: would pass the limit, stopped and extrapolated by the square";
	status = add(scale, &row, "list", list_all);
	taken->list = figure_scale(&row.ours, 1. / scale->listed);
	if (!status)
		status = add(scale, &row, "range query, 10 hits", query_range);
	taken->range = row.ours;
	if (!status)
		status = add(scale, &row, "point lookup", lookup);
	taken->lookup = row.ours;
	row.peer = NULL;
	if (!status)
		status = add(scale, &row, "fault by vmf_insert_pfn", fault);
	taken->fault = row.ours;
	if (status)
		return status;

	row = (struct row){ .note = "all of the ioctl: the lock is held for less" };
	scale->room = scale->reserved.n / 2 < BATCH ? scale->reserved.n / 2 : BATCH;
	status = add(scale, &row, "LIST of one batch", one_batch);
	if (!status)
		add_memory(scale);
	return status ? status : bench_tracking(scale->bench, &scale->reserved);
}

static int all_sizes(struct scale *scale)
{
	struct taken first = { 0 }, taken;
	size_t i;
	int status = 0, err;

	for (i = 0; !status && i < ARRAY_SIZE(sizes) && sizes[i] <= scale->bench->entries; i++) {
		if (offset_of(scale, sizes[i]) > scale->reserved.region->bytes) {
			fprintf(stderr, "pfnmapctl: left out: region %s has no room for %zu "
				"reservations: load the module with a larger mmio=\n",
				scale->reserved.region->name, sizes[i]);
			break;
		}
		err = grow(scale, sizes[i]);
		if (err)
			return fail(err, NULL, "reserve %zu ranges", sizes[i]);
		status = at_size(scale, &taken);
		if (!i)
			first = taken;
	}
	if (!status && i > 1) {
		compare(scale, "list, per entry", &first.list, &taken.list);
		compare(scale, "range query, 10 hits", &first.range, &taken.range);
		compare(scale, "point lookup", &first.lookup, &taken.lookup);
		compare(scale, "fault by vmf_insert_pfn", &first.fault, &taken.fault);
	}
	return status;
}

/* Opens the device to map the region by page faults. Return: the descriptor, or -errno. */
static int open_mapped(const struct scale *scale)
{
	struct pfnmap_test_map map = {
		.region = scale->reserved.region->id,
		.method = PFNMAP_TEST_METHOD_VMF_INSERT_PFN,
		.cache_mode = PFNMAP_TEST_CACHE_WC,
		.level = PFNMAP_TEST_LEVEL_PTE,
	};
	int fd, err;

	fd = pfnmap_open(scale->bench->common->device, false, O_RDWR);
	if (fd < 0)
		return fd;
	err = pfnmap_set_map(fd, &map);
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}

/**
 * bench_memtype() - what the queries cost, and what tracking costs the kernel
 * @bench: the device is open
 *
 * Return: 0, or an exit status after a message
 */
int bench_memtype(struct bench *bench)
{
	struct scale scale = { .bench = bench, .page = sysconf(_SC_PAGESIZE) };
	int status;

	if (!(bench->device.info.flags & PFNMAP_TEST_INFO_MEMTYPE)) {
		fail(bench->device.info.memtype_error, "'pfnmapctl doctor' has the reason",
		     "memtype query");
		return EXIT_UNAVAILABLE;
	}
	scale.reserved.region = catalog_by_id(&bench->device.catalog, PFNMAP_TEST_KIND_REGION,
					      PFNMAP_TEST_REGION_MMIO);
	if (!scale.reserved.region->bytes) {
		fail(scale.reserved.region->error, "'pfnmapctl doctor' has the reason",
		     "region %s", scale.reserved.region->name);
		return EXIT_UNAVAILABLE;
	}
	scale.reserved.hole = HOLE_PAGES * scale.page;
	scale.reserved.fd = pfnmap_open(bench->common->device, false, O_RDWR);
	if (scale.reserved.fd < 0)
		return fail(scale.reserved.fd, NULL, "open the device again");
	scale.fd = open_mapped(&scale);
	if (scale.fd < 0) {
		close(scale.reserved.fd);
		return fail(scale.fd, NULL, "map by vmf_insert_pfn");
	}
	status = all_sizes(&scale);
	close(scale.fd);
	close(scale.reserved.fd);
	free(scale.entries);
	return status;
}
