// SPDX-License-Identifier: GPL-2.0-only
/* Asks the module by DESCRIBE for all its names, and finds one by id, name or address. */
#include "catalog.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pfnmap_client.h"

static int load_kind(struct catalog *catalog, int fd, uint32_t kind)
{
	struct pfnmap_test_describe desc, *more;
	uint32_t id;
	int err;

	for (id = 1;; id++) {
		err = pfnmap_describe(fd, kind, id, &desc);
		if (err)
			return err == -ENOENT ? 0 : err;
		desc.name[sizeof(desc.name) - 1] = '\0';
		more = reallocarray(catalog->items, catalog->n + 1, sizeof(*more));
		if (!more)
			return -ENOMEM;
		catalog->items = more;
		more[catalog->n++] = desc;
	}
}

/**
 * catalog_load() - ask the module for all names that it knows
 * @catalog: filled in; call catalog_free() also after a failure
 * @fd: open device, either node
 *
 * The catalogue also has what this kernel lacks, each with its name and an error.
 *
 * Return: 0 or -errno
 */
int catalog_load(struct catalog *catalog, int fd)
{
	uint32_t kind;
	int err;

	*catalog = (struct catalog){ 0 };
	for (kind = PFNMAP_TEST_KIND_REGION; kind <= PFNMAP_TEST_KIND_LEVEL; kind++) {
		err = load_kind(catalog, fd, kind);
		if (err)
			return err;
	}
	return 0;
}

/**
 * catalog_free() - free what catalog_load() got
 * @catalog: empty afterwards
 */
void catalog_free(struct catalog *catalog)
{
	free(catalog->items);
	*catalog = (struct catalog){ 0 };
}

/**
 * catalog_count() - how many there are of one kind
 * @catalog: loaded catalogue
 * @kind: enum pfnmap_test_kind
 *
 * Return: the number, which is the highest id, too
 */
uint32_t catalog_count(const struct catalog *catalog, uint32_t kind)
{
	uint32_t count = 0;
	size_t i;

	for (i = 0; i < catalog->n; i++)
		count += catalog->items[i].kind == kind;
	return count;
}

/**
 * catalog_next() - go through one kind
 * @catalog: loaded catalogue
 * @kind: enum pfnmap_test_kind
 * @item: the one before, or NULL
 *
 * Return: the next description, or NULL
 */
const struct pfnmap_test_describe *catalog_next(const struct catalog *catalog, uint32_t kind,
						const struct pfnmap_test_describe *item)
{
	for (item = item ? item + 1 : catalog->items; item < catalog->items + catalog->n; item++)
		if (item->kind == kind)
			return item;
	return NULL;
}

/**
 * catalog_by_id() - find by number
 * @catalog: loaded catalogue
 * @kind: enum pfnmap_test_kind
 * @id: number in that kind
 *
 * Return: the description, or NULL
 */
const struct pfnmap_test_describe *catalog_by_id(const struct catalog *catalog, uint32_t kind,
						 uint32_t id)
{
	size_t i;

	for (i = 0; i < catalog->n; i++)
		if (catalog->items[i].kind == kind && catalog->items[i].id == id)
			return &catalog->items[i];
	return NULL;
}

/**
 * catalog_by_name() - find by name
 * @catalog: loaded catalogue
 * @kind: enum pfnmap_test_kind
 * @name: the kernel's name for the item
 *
 * Return: the description, or NULL
 */
const struct pfnmap_test_describe *catalog_by_name(const struct catalog *catalog, uint32_t kind,
						   const char *name)
{
	size_t i;

	for (i = 0; i < catalog->n; i++)
		if (catalog->items[i].kind == kind && !strcmp(catalog->items[i].name, name))
			return &catalog->items[i];
	return NULL;
}

/**
 * catalog_region_of() - the region that contains a physical address
 * @catalog: loaded catalogue
 * @start: physical address
 *
 * Return: the region's description, or NULL
 */
const struct pfnmap_test_describe *catalog_region_of(const struct catalog *catalog, uint64_t start)
{
	const struct pfnmap_test_describe *item;
	size_t i;

	for (i = 0; i < catalog->n; i++) {
		item = &catalog->items[i];
		if (item->kind == PFNMAP_TEST_KIND_REGION && start >= item->start &&
		    start - item->start < item->bytes)
			return item;
	}
	return NULL;
}

/**
 * catalog_name() - name of a number, for display
 * @catalog: loaded catalogue
 * @kind: enum pfnmap_test_kind
 * @id: number in that kind
 *
 * Return: the name, or "?"
 */
const char *catalog_name(const struct catalog *catalog, uint32_t kind, uint32_t id)
{
	const struct pfnmap_test_describe *item = catalog_by_id(catalog, kind, id);

	return item ? item->name : "?";
}

/**
 * catalog_mask() - names of the bits of a mask, for display
 * @catalog: loaded catalogue
 * @kind: enum pfnmap_test_kind
 * @mask: bits as by PFNMAP_TEST_BIT()
 *
 * Return: names separated by commas, which the caller frees, or NULL
 */
char *catalog_mask(const struct catalog *catalog, uint32_t kind, uint64_t mask)
{
	const struct pfnmap_test_describe *item;
	char *text = NULL;
	size_t len, i;
	FILE *out;

	out = open_memstream(&text, &len);
	if (!out)
		return NULL;
	for (i = 0; i < catalog->n; i++) {
		item = &catalog->items[i];
		if (item->kind == kind && mask & PFNMAP_TEST_BIT(item->id))
			fprintf(out, "%s%s", ftell(out) ? "," : "", item->name);
	}
	fclose(out);
	return text;
}
