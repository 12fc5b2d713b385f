// SPDX-License-Identifier: GPL-2.0-only
/* Mappings of each method at each level: made, faulted in, zapped, forked. */
#include "subject.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "level.h"

#define GIB		0x40000000UL
#define FAULTS		2048
#define FORK_LEAVES	16384

struct mapped {
	struct bench *bench;
	struct subject peers[PEERS];
	struct subject subject;
	const struct pfnmap_test_describe *method;
	uint32_t level;
	const char *level_name;
};

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* 1 GiB, unless that takes too many entries. */
static size_t bytes_for(enum operation op, size_t leaf, size_t room)
{
	size_t leaves = op == OP_FORK ? FORK_LEAVES : FAULTS;

	return least(least(GIB, leaf * leaves), room / leaf * leaf);
}

static const char *size_text(size_t bytes, char *text, size_t len)
{
	if (bytes % GIB)
		snprintf(text, len, "%zu MiB", bytes >> 20);
	else
		snprintf(text, len, "%zu GiB", bytes / GIB);
	return text;
}

static void add_row(struct mapped *mapped, struct row *row, enum operation op, size_t bytes)
{
	size_t leaf = mapped->subject.leaf, leaves = bytes / leaf;
	char size[24], note[48];

	if (op != OP_FAULT) {
		row_name(row, "%s of %s, %s %s", operation_names[op],
			 size_text(bytes, size, sizeof(size)), mapped->method->name,
			 mapped->level_name);
		rows_add(mapped->bench, row);
		return;
	}
	row->ours = figure_scale(&row->ours, 1. / leaves);
	row->peer_figure = figure_scale(&row->peer_figure, 1. / leaves);
	row_name(row, "fault, %s %s", mapped->method->name, mapped->level_name);
	rows_add(mapped->bench, row);
	row->ours = figure_scale(&row->ours, GIB / leaf);
	row->peer_figure = figure_scale(&row->peer_figure, GIB / leaf);
	row_name(row, "faults of 1 GiB, %s %s", mapped->method->name, mapped->level_name);
	snprintf(note, sizeof(note), "by those of %s", size_text(bytes, size, sizeof(size)));
	if (bytes < GIB)
		row->note = note;
	rows_add(mapped->bench, row);
}

/* One row, beside a peer or alone. */
static int measure(struct mapped *mapped, enum operation op, struct subject *peer)
{
	struct subject *subject = &mapped->subject;
	size_t bytes = bytes_for(op, subject->leaf, peer ? least(subject->room, peer->room) :
				 subject->room);
	struct row row = { .peer = peer ? peer->name : NULL };
	int err;

	err = subject_measure(subject, op, bytes, &row.ours);
	if (!err && peer)
		err = subject_measure(peer, op, bytes, &row.peer_figure);
	if (err)
		return fail(err, NULL, "%s, %s %s%s%s", operation_names[op],
			    mapped->method->name, mapped->level_name, peer ? ", " : "",
			    peer ? peer->name : "");
	add_row(mapped, &row, op, bytes);
	return 0;
}

static int all_operations(struct mapped *mapped)
{
	bool fault = mapped->method->flags & PFNMAP_TEST_DESC_FAULT, alone;
	enum operation op;
	int status = 0;
	unsigned int i;

	for (op = fault ? OP_FAULT : OP_MAP; op < OPS; op++) {
		alone = true;
		for (i = 0; !status && i < PEERS; i++) {
			if (!peer_suits(mapped->peers, i, op, mapped->method, mapped->level))
				continue;
			alone = false;
			status = measure(mapped, op, &mapped->peers[i]);
		}
		if (!status && alone)
			status = measure(mapped, op, NULL);
	}
	return status;
}

/* False if the method does not reach the level asked for: bench then leaves the level out. */
static bool reached(const struct mapped *mapped)
{
	const struct subject *subject = &mapped->subject;
	struct pfnmap_test_leaf leaf;
	int err;

	err = pfnmap_leaf(subject->fd, subject->start, &leaf);
	return !err && leaf.level == mapped->level;
}

static bool usable(struct mapped *mapped)
{
	struct subject *subject = &mapped->subject;
	volatile char *start;
	bool good;

	subject->bytes = subject->leaf;
	if (subject_try(subject))
		return false;
	start = mmap(NULL, subject->bytes, PROT_READ, MAP_SHARED, subject->fd, 0);
	if (start == MAP_FAILED)
		return false;
	(void)*start;
	subject->start = (char *)start;
	good = reached(mapped);
	munmap(subject->start, subject->bytes);
	subject->start = NULL;
	return good;
}

static int at_level(struct mapped *mapped, const struct pfnmap_test_describe *level)
{
	const struct device *device = &mapped->bench->device;
	const struct pfnmap_test_describe *method = mapped->method, *region;
	struct pfnmap_test_map map = { .method = method->id, .level = level->id };
	struct subject *subject = &mapped->subject;
	int status = 0;

	map.region = device_region(device, method);
	map.cache_mode = device_mode(device, map.region);
	region = catalog_by_id(&device->catalog, PFNMAP_TEST_KIND_REGION, map.region);
	if (region->bytes < level_leaf(level->id))
		return 0;
	mapped->level = level->id;
	mapped->level_name = level->name;
	*subject = (struct subject){
		.bench = mapped->bench, .name = method->name, .ours = true,
		.room = region->bytes, .leaf = level_leaf(level->id),
	};
	subject->fd = pfnmap_open(mapped->bench->common->device,
				  method->flags & PFNMAP_TEST_DESC_PREPARE, O_RDWR);
	if (subject->fd < 0)
		return fail(subject->fd, NULL, "open the device for %s", method->name);
	if (!pfnmap_set_map(subject->fd, &map) && usable(mapped))
		status = all_operations(mapped);
	else
		fprintf(stderr, "pfnmapctl: left out: %s does not map %s by %s here\n",
			method->name, region->name, level->name);
	close(subject->fd);
	return status;
}

static bool wanted(const char *name, const struct pfnmap_test_describe *item)
{
	return !name || !strcmp(name, item->name);
}

static int each_method(struct mapped *mapped)
{
	const struct catalog *catalog = &mapped->bench->device.catalog;
	const struct pfnmap_test_describe *method = NULL, *level = NULL;
	int status = 0;

	while (!status && (level = catalog_next(catalog, PFNMAP_TEST_KIND_LEVEL, level))) {
		if (!wanted(mapped->bench->level, level))
			continue;
		while (!status &&
		       (method = catalog_next(catalog, PFNMAP_TEST_KIND_METHOD, method))) {
			mapped->method = method;
			if (!method->error && wanted(mapped->bench->method, method) &&
			    method->levels & PFNMAP_TEST_BIT(level->id))
				status = at_level(mapped, level);
		}
	}
	return status;
}

static int fork_alone(struct bench *bench)
{
	struct subject nothing = { .bench = bench, .fd = -1 };
	struct row row = { .name = "fork and exit, nothing mapped" };
	int err;

	err = subject_measure(&nothing, OP_FORK, 0, &row.ours);
	if (err)
		return fail(err, NULL, "fork");
	rows_add(bench, &row);
	return 0;
}

/**
 * bench_map() - what mappings cost
 * @bench: the device is open
 *
 * Return: 0, or an exit status after a message
 */
int bench_map(struct bench *bench)
{
	struct mapped mapped = { .bench = bench };
	int status;

	status = peers_open(mapped.peers, bench);
	if (!status)
		status = fork_alone(bench);
	if (!status)
		status = each_method(&mapped);
	peers_close(mapped.peers);
	return status;
}
