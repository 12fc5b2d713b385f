// SPDX-License-Identifier: GPL-2.0-only
/*
 * The windows of System RAM that the module looks at, from the top down, and whether the module
 * would take each: by the rules of module/carve.c, as far as a program can see what these go by.
 *
 * A program can't see how large a leaf of the direct map is. Under a leaf of 1 GiB the module
 * takes the whole GiB around a window, or passes the window over if it can't take the GiB.
 */
#include "carve.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GIB	0x40000000ULL

/* A resource of System RAM. */
struct carve_range {
	uint64_t whole;		/* where it begins */
	uint64_t start;		/* and where it can be split */
	uint64_t end;
};

/*
 * /proc/iomem indents the children of a resource. Hot-remove splits no resource that has
 * children above the cut. Memory that a driver manages has another name.
 */
static int read_ram(struct carve *carve)
{
	struct carve_range *more, *last = NULL;
	char line[256], name[200];
	uint64_t start, end;
	int indent;
	FILE *in;

	in = fopen("/proc/iomem", "re");
	if (!in)
		return -errno;
	while (fgets(line, sizeof(line), in)) {
		indent = strspn(line, " ");
		if (sscanf(line, " %" SCNx64 "-%" SCNx64 " : %199[^\n]", &start, &end, name) != 3)
			continue;
		if (last && indent && end + 1 > last->start && end < last->end)
			last->start = end + 1;
		if (indent)
			continue;
		last = NULL;
		if (strcmp(name, "System RAM") || !end)
			continue;
		more = reallocarray(carve->ram, carve->n_ram + 1, sizeof(*more));
		if (!more)
			break;
		carve->ram = more;
		last = &more[carve->n_ram++];
		*last = (struct carve_range){ start, start, end + 1 };
	}
	fclose(in);
	return carve->n_ram ? 0 : -EPERM;
}

/**
 * carve_begin() - learn what the module goes by
 * @carve: filled in; call carve_end(), also after a failure
 * @bytes: of a region; 0 for auto
 * @taken: bytes that an earlier region takes
 *
 * Return: 0; -EOPNOTSUPP where the kernel can't part with memory; -EPERM where only root sees
 * the addresses; -errno.
 */
int carve_begin(struct carve *carve, uint64_t bytes, uint64_t taken)
{
	*carve = (struct carve){ .fd = -1, .block = carve_block_bytes() };
	if (!carve->block)
		return -EOPNOTSUPP;
	carve->most = carve_available();
	carve->most -= taken < carve->most ? taken : carve->most;
	if (!bytes)
		carve->most /= 4;
	/* No machine has so much, and no sum overflows below that. */
	if (bytes > INT64_MAX)
		bytes = INT64_MAX;
	carve->bytes = (bytes ? bytes : 1) + carve->block - 1;
	carve->bytes -= carve->bytes % carve->block;
	carve->large_leaves = carve_meminfo("DirectMap1G");
	carve->cma = carve_meminfo("CmaTotal");
	carve->fd = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
	if (carve->fd < 0)
		return -errno;
	return read_ram(carve);
}

static bool overlap(uint64_t start, uint64_t bytes, uint64_t other, uint64_t other_bytes)
{
	return start < other + other_bytes && other < start + bytes;
}

/* True if an earlier region surely takes some of this memory: its only window overlaps. */
static bool is_gone(const struct carve *carve, uint64_t start, uint64_t bytes)
{
	const struct carve_window *other;
	size_t i;

	for (i = 0; i < carve->n_others; i++) {
		other = &carve->others[i];
		if (other->verdict == CARVE_TAKEN && carve->n_others == 1 &&
		    overlap(start, bytes, other->start, other->bytes))
			return true;
	}
	return false;
}

/* True if an earlier region may take some of this memory. */
static bool is_doubtful(const struct carve *carve, uint64_t start, uint64_t bytes)
{
	const struct carve_window *other;
	size_t i;

	for (i = 0; i < carve->n_others; i++) {
		other = &carve->others[i];
		if (overlap(start, bytes, other->start, other->bytes) ||
		    overlap(start, bytes, other->wide_start, other->wide_bytes))
			return true;
	}
	return false;
}

/* With @all, why has the pages of each kind. */
static void judge(const struct carve *carve, struct carve_window *window, bool all)
{
	window->why[0] = '\0';
	if (window->bytes > carve->most) {
		snprintf(window->why, sizeof(window->why), "more than may be taken: %" PRIu64
			 " MiB", carve->most >> 20);
		return;
	}
	carve_zone(window, carve->block);
	if (*window->why)
		return;
	if (!carve_look(carve->fd, window->start, window->bytes, &window->pages, all))
		snprintf(window->why, sizeof(window->why), "the window's pages can't be looked at");
	else if (!carve_can_move(&window->pages))
		carve_why(&window->pages, window->why, sizeof(window->why));
}

static bool is_ram(const struct carve *carve, uint64_t start, uint64_t end)
{
	size_t i;

	/* The ranges are sorted. */
	for (i = 0; i < carve->n_ram && start < end; i++)
		if (carve->ram[i].whole <= start && start < carve->ram[i].end)
			start = carve->ram[i].end;
	return start >= end;
}

/*
 * True if the module takes the window, or the GiB around it, whatever leaf maps the window. No
 * leaf of 1 GiB maps a GiB that is not all memory.
 */
static bool widen(struct carve *carve, const struct carve_range *ram,
		  struct carve_window *window)
{
	struct carve_window wide = { .start = window->start & -GIB };

	wide.bytes = ((window->start + window->bytes + GIB - 1) & -GIB) - wide.start;
	if (!carve->large_leaves || !is_ram(carve, wide.start, wide.start + wide.bytes))
		return true;
	if (wide.start < ram->start || wide.start + wide.bytes > ram->end ||
	    is_gone(carve, wide.start, wide.bytes))
		return false;
	if (carve->wide.start != wide.start || carve->wide.bytes != wide.bytes) {
		judge(carve, &wide, false);
		carve->wide = wide;
	}
	if (*carve->wide.why)
		return false;
	window->wide_start = wide.start;
	window->wide_bytes = wide.bytes;
	return true;
}

static int add(struct carve_window **windows, size_t *n, const struct carve_window *window)
{
	struct carve_window *more = reallocarray(*windows, *n + 1, sizeof(*more));

	if (!more)
		return -ENOMEM;
	*windows = more;
	more[(*n)++] = *window;
	return 0;
}

/* Looks at the windows of one range. Returns 1 once the module surely looks no further. */
static int go_through(struct carve *carve, const struct carve_range *ram,
		      struct carve_window **windows, size_t *n)
{
	uint64_t align = 1ULL << (63 - __builtin_clzll(carve->bytes)), limit = ram->end;
	struct carve_window window;
	bool sure;
	int err;

	while (limit > ram->start && limit - ram->start >= carve->bytes) {
		window = (struct carve_window){
			.start = (limit - carve->bytes) & -align, .bytes = carve->bytes,
		};
		if (window.start < ram->start)
			break;
		limit = window.start;
		if (is_gone(carve, window.start, window.bytes))
			continue;
		judge(carve, &window, true);
		sure = false;
		if (!*window.why) {
			sure = widen(carve, ram, &window);
			if (sure && carve->cma) {
				snprintf(window.why, sizeof(window.why),
					 "not if a part of it is for CMA");
				sure = false;
			}
			window.verdict = sure ? CARVE_TAKEN : CARVE_MAYBE;
			if (is_doubtful(carve, window.start, window.bytes) ||
			    is_doubtful(carve, window.wide_start, window.wide_bytes))
				sure = false;
		}
		err = add(windows, n, &window);
		if (err || sure)
			return err ? err : 1;
	}
	return 0;
}

/**
 * carve_windows() - the windows that the module looks at
 * @carve: after carve_begin(); others may be set
 * @windows: set to an array, which the caller frees
 * @n: set to their number
 *
 * The module takes the first window that is not passed over, and that also passes those of the
 * module's checks that no program can make.
 *
 * Return: 0 or -errno
 */
int carve_windows(struct carve *carve, struct carve_window **windows, size_t *n)
{
	size_t i;
	int err = 0;

	*windows = NULL;
	*n = 0;
	for (i = carve->n_ram; i-- && !err;)
		err = go_through(carve, &carve->ram[i], windows, n);
	return err < 0 ? err : 0;
}

/**
 * carve_end() - free what carve_begin() got
 * @carve: empty afterwards
 */
void carve_end(struct carve *carve)
{
	free(carve->ram);
	if (carve->fd >= 0)
		close(carve->fd);
	*carve = (struct carve){ .fd = -1 };
}

/**
 * carve_first() - what mmio=auto would take
 * @window: set to the first window that is not passed over
 *
 * Return: whether there is one
 */
bool carve_first(struct carve_window *window)
{
	struct carve_window *windows = NULL;
	struct carve carve;
	size_t n = 0, i;

	if (!carve_begin(&carve, 0, 0))
		carve_windows(&carve, &windows, &n);
	carve_end(&carve);
	for (i = 0; i < n && windows[i].verdict == CARVE_PASSED; i++)
		;
	if (i < n)
		*window = windows[i];
	free(windows);
	return i < n;
}
