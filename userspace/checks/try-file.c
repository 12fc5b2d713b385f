// SPDX-License-Identifier: GPL-2.0-only
/* Steps on open files: open, close, set, reserve, memremap, release, zap, enable, disable. */
#include "try.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flags.h"
#include "pfnmap_client.h"
#include "text.h"

/* Names joined by '+', or a number. */
static uint32_t flags_of(const char *text, const struct flag *flags)
{
	const struct flag *flag;
	uint32_t bits = 0;
	size_t len;

	if (!text)
		return 0;
	if (*text >= '0' && *text <= '9')
		return number_of(text);
	for (;;) {
		len = strcspn(text, "+");
		for (flag = flags; flag->name; flag++)
			if (strlen(flag->name) == len && !strncmp(text, flag->name, len))
				break;
		if (!flag->name)
			malformed("unknown flag '%.*s'", (int)len, text);
		bits |= flag->bit;
		if (!text[len])
			return bits;
		text += len + 1;
	}
}

static void do_open(const struct step *step)
{
	enum { RO = 1, RW = 2, PREPARE = 4 };
	static const struct flag words[] = {
		{ RO, "ro" }, { RW, "rw" }, { PREPARE, "prepare" }, { 0 }
	};
	struct handle *file = handle_new(step->handle, HANDLE_FILE);
	uint32_t how = *step->target ? flags_of(step->target, words) : 0;
	int fd, err = 0;

	fd = pfnmap_open(getenv("PFNMAP_TEST_DEVICE"), how & PREPARE,
			 how & RO ? O_RDONLY : O_RDWR);
	step_done(step, file->name, fd < 0 ? fd : 0);
	if (fd < 0)
		return;
	file->fd = fd;
	if (!catalog.n)
		err = catalog_load(&catalog, fd);
	if (err)
		fprintf(stderr, "pfnmap-try: DESCRIBE: %s: build the module and pfnmap-try anew\n",
			text_errno(err));
}

static void do_close(const struct step *step)
{
	struct handle *file = handle_get(step->target, HANDLE_FILE);

	step_done(step, file->name, close(file->fd) ? -errno : 0);
	file->fd = -1;
	handle_close_more(file);
}

uint32_t default_region(int fd)
{
	struct pfnmap_test_info info;

	if (!pfnmap_get_info(fd, &info) &&
	    !(info.regions & PFNMAP_TEST_BIT(PFNMAP_TEST_REGION_MMIO)))
		return PFNMAP_TEST_REGION_RAM;
	return PFNMAP_TEST_REGION_MMIO;
}

/* The id that region= names. Asks the module for a default only if there is no region=. */
static uint32_t region_of(const struct step *step, int fd)
{
	uint32_t otherwise = step_text(step, "region") ? 0 : default_region(fd);

	return step_id(step, "region", PFNMAP_TEST_KIND_REGION, otherwise);
}

/* If the step names no mode: the one that drivers use for a device's memory. */
static uint32_t default_mode(const struct handle *file)
{
	struct pfnmap_test_info info;

	return pfnmap_get_info(file->fd, &info) ? PFNMAP_TEST_CACHE_UC_MINUS :
						  pfnmap_uncached(&info);
}

static void do_set(const struct step *step)
{
	struct handle *file = handle_get(step->target, HANDLE_FILE);
	struct pfnmap_test_map map = { 0 };

	if (file->fd < 0) {
		step_done(step, file->name, -EBADF);
		return;
	}
	map.region = region_of(step, file->fd);
	map.method = step_id(step, "method", PFNMAP_TEST_KIND_METHOD,
			     PFNMAP_TEST_METHOD_REMAP_PFN_RANGE);
	map.cache_mode = step_id(step, "mode", PFNMAP_TEST_KIND_CACHE_MODE,
				 default_mode(file));
	map.level = step_id(step, "level", PFNMAP_TEST_KIND_LEVEL, PFNMAP_TEST_LEVEL_PTE);
	map.flags = flags_of(step_text(step, "flags"), map_flags);
	map.chunk_bytes = step_number(step, "chunk", 0);
	step_done(step, file->name, pfnmap_set_map(file->fd, &map));
}

static void do_reserve(const struct step *step)
{
	struct handle *file = handle_get(step->target, HANDLE_FILE);
	struct handle *reservation = handle_new(step->handle, HANDLE_RESERVATION);
	struct pfnmap_test_reserve reserve = { 0 };
	int err = -EBADF;

	reservation->file = file;
	if (file->fd >= 0) {
		reserve.region = region_of(step, file->fd);
		reserve.cache_mode = step_id(step, "mode", PFNMAP_TEST_KIND_CACHE_MODE,
					     PFNMAP_TEST_CACHE_UC_MINUS);
		reserve.offset = step_number(step, "off", 0);
		reserve.bytes = step_number(step, "len", sysconf(_SC_PAGESIZE));
		err = pfnmap_reserve(file->fd, &reserve);
	}
	if (err) {
		step_done(step, reservation->name, err);
		return;
	}
	reservation->id = reserve.id;
	printf("reserve %s: %s\n", reservation->name,
	       catalog_name(&catalog, PFNMAP_TEST_KIND_CACHE_MODE, reserve.cache_mode));
}

static void do_memremap(const struct step *step)
{
	struct handle *file = handle_get(step->target, HANDLE_FILE);
	struct handle *reservation = handle_new(step->handle, HANDLE_RESERVATION);
	struct pfnmap_test_memremap memremap = { 0 };
	int err;

	reservation->file = file;
	memremap.region = step_id(step, "region", PFNMAP_TEST_KIND_REGION,
				  PFNMAP_TEST_REGION_MMIO);
	memremap.offset = step_number(step, "off", 0);
	memremap.bytes = step_number(step, "len", 2 << 20);
	err = pfnmap_memremap(file->fd, &memremap);
	reservation->id = memremap.id;
	step_done(step, reservation->name, err);
}

/* VERB:HANDLE[,via=FILE][,id=N] or VERB:FILE,id=N: the id to give back, and the file. */
uint32_t id_of(const struct step *step, enum handle_kind kind, struct handle **handle,
	       struct handle **file)
{
	*handle = handle_find(step->target);
	if (*handle && (*handle)->kind == HANDLE_FILE) {
		*file = *handle;
		if (!step_text(step, "id"))
			malformed("%s by file needs id=", step->verb);
	} else {
		*handle = handle_get(step->target, kind);
		*file = handle_via(step, (*handle)->file);
	}
	return step_number(step, "id", (*handle)->id);
}

static void do_release(const struct step *step)
{
	struct handle *handle, *file;
	uint32_t id = id_of(step, HANDLE_RESERVATION, &handle, &file);

	step_done(step, handle->name, pfnmap_release(file->fd, id));
}

static uint32_t zap_how(const struct step *step, const struct handle *handle)
{
	const char *text = step_text(step, "how");

	if (!text)
		return handle->kind == HANDLE_MAP ? PFNMAP_TEST_ZAP_VMA : PFNMAP_TEST_ZAP_MAPPING;
	if (!strcmp(text, "vma"))
		return PFNMAP_TEST_ZAP_VMA;
	if (!strcmp(text, "mapping"))
		return PFNMAP_TEST_ZAP_MAPPING;
	return number_of(text);
}

static void do_zap(const struct step *step)
{
	struct handle *handle = handle_find(step->target), *file;
	struct pfnmap_test_zap zap = { 0 };

	if (!handle || (handle->kind != HANDLE_FILE && handle->kind != HANDLE_MAP))
		malformed("'%s' is neither a file nor a mapping", step->target);
	zap.how = zap_how(step, handle);
	zap.flags = step_number(step, "flags", 0);
	if (step_has(step, "even_cows"))
		zap.flags |= PFNMAP_TEST_ZAP_EVEN_COWS;
	zap.start = step_number(step, "off", 0);
	if (handle->kind == HANDLE_MAP)
		zap.start += (uintptr_t)handle->start;
	zap.bytes = step_number(step, "len", handle->kind == HANDLE_MAP ? handle->len : 0);
	file = handle_via(step, handle->kind == HANDLE_MAP ? handle->file : handle);
	step_done(step, handle->name, pfnmap_zap(file->fd, &zap));
}

static void set_enabled(const struct step *step, bool enabled)
{
	struct handle *file = handle_get(step->target, HANDLE_FILE);

	if (file->fd < 0) {
		step_done(step, file->name, -EBADF);
		return;
	}
	step_done(step, file->name,
		  pfnmap_set_enabled(file->fd, region_of(step, file->fd), enabled));
}

static void do_enable(const struct step *step)
{
	set_enabled(step, true);
}

static void do_disable(const struct step *step)
{
	set_enabled(step, false);
}

const struct verb file_verbs[] = {
	{ "open", "[ro|rw|prepare|prepare+ro]",
	  "NAME=: $PFNMAP_TEST_DEVICE; prepare: the node with mmap_prepare", do_open },
	{ "close", "FILE",
	  "", do_close },
	{ "set", "FILE[,region=R][,method=M][,mode=M][,level=L][,flags=F+F][,chunk=N]",
	  "SET_MAP: how the file maps from now on", do_set },
	{ "reserve", "FILE[,region=R][,mode=M][,off=N][,len=N]",
	  "NAME=: MEMTYPE_RESERVE; one page unless len= says otherwise", do_reserve },
	{ "memremap", "FILE[,region=R][,off=N][,len=N]",
	  "NAME=: MEMREMAP_PAGES", do_memremap },
	{ "release", "RESERVATION[,via=FILE][,id=N]",
	  "MEMTYPE_RELEASE; or release:FILE,id=N", do_release },
	{ "zap", "MAP|FILE,how=vma|mapping[,off=N][,len=N][,even_cows][,flags=N][,via=FILE]",
	  "off counts from the start of MAP or of the file", do_zap },
	{ "enable", "FILE[,region=R]",
	  "SET_ENABLED: turns the region on", do_enable },
	{ "disable", "FILE[,region=R]",
	  "SET_ENABLED: turns the region off", do_disable },
	{ 0 }
};
