// SPDX-License-Identifier: GPL-2.0-only
/* Steps on struct pages: folio, pin, unpin, word. */
#include "try.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flags.h"
#include "pfnmap_client.h"
#include "text.h"

static void print_folio(const struct pfnmap_test_folio *folio)
{
	char *flags = flags_text(folio_flags, folio->flags, " ");

	printf("refs=%" PRIu32 " mapcount=%" PRIu32 " order=%" PRIu32 " page_refs=%" PRIu32,
	       folio->refs, folio->mapcount, folio->order, folio->page_refs);
	printf(" pgmap=%s index=0x%llx", pgmap_name(folio->pgmap), folio->index);
	printf("%s%s\n", flags && *flags ? " " : "", flags ? flags : "");
	free(flags);
}

static void print_place(const char *verb, const struct place *place)
{
	if (place->map || place->region)
		printf("%s %s+0x%" PRIx64 ": ", verb,
		       place->map ? place->map->name : place->region->name, place->offset);
	else
		printf("%s 0x%" PRIx64 ": ", verb, place->address);
}

static void do_folio(const struct step *step)
{
	struct pfnmap_test_folio folio;
	struct handle *file;
	struct place place;
	uint64_t off;
	int err;

	step_place(step->target, &place);
	off = step_number(step, "off", 0);
	place.offset += off;
	place.address += off;
	if (place.map && !place.map->start) {
		printf("folio %s: not mapped\n", place.map->name);
		return;
	}
	file = handle_via(step, place.map ? place.map->file : NULL);
	if (place.region)
		err = pfnmap_folio(file->fd, place.region->id, place.offset, &folio);
	else
		err = pfnmap_folio(file->fd, 0, place.address, &folio);
	print_place(step->verb, &place);
	if (err)
		puts(text_errno(err));
	else
		print_folio(&folio);
}

static void do_pin(const struct step *step)
{
	struct handle *map = map_existing(step), *pin;
	struct pfnmap_test_pin arg = { .how = PFNMAP_TEST_PIN_SLOW };
	int err;

	pin = handle_new(step->handle, HANDLE_PIN);
	if (!map)
		return;
	pin->file = handle_via(step, map->file);
	if (step_has(step, "fast"))
		arg.how = PFNMAP_TEST_PIN_FAST;
	if (step_has(step, "either"))
		arg.how = PFNMAP_TEST_PIN_EITHER;
	if (step_has(step, "slow") + step_has(step, "fast") + step_has(step, "either") > 1)
		malformed("one of slow, fast and either");
	if (step_has(step, "write"))
		arg.flags |= PFNMAP_TEST_PIN_WRITE;
	if (step_has(step, "longterm"))
		arg.flags |= PFNMAP_TEST_PIN_LONGTERM;
	if (step_has(step, "p2pdma"))
		arg.flags |= PFNMAP_TEST_PIN_P2PDMA;
	arg.address = (uintptr_t)map->start + step_number(step, "off", 0);
	arg.bytes = step_number(step, "len", sysconf(_SC_PAGESIZE));
	err = pfnmap_pin(pin->file->fd, &arg);
	if (err) {
		step_done(step, pin->name, err);
		return;
	}
	pin->id = arg.id;
	printf("pin %s: ok word=0x%016llx\n", pin->name, arg.word);
}

static void do_unpin(const struct step *step)
{
	struct handle *handle, *file;
	uint32_t id = id_of(step, HANDLE_PIN, &handle, &file);

	step_done(step, handle->name, pfnmap_unpin(file->fd, id));
}

static void do_word(const struct step *step)
{
	struct pfnmap_test_word word = { 0 };
	struct place place;
	int err;

	step_place(step->target, &place);
	if (!place.region)
		malformed("word takes a place in a region");
	word.region = place.region->id;
	word.offset = place.offset;
	word.value = step_number(step, "val", 0);
	if (step_text(step, "val"))
		word.flags = PFNMAP_TEST_WORD_WRITE;
	err = pfnmap_word(handle_via(step, NULL)->fd, &word);
	print_place(step->verb, &place);
	if (err || word.flags)
		puts(err ? text_errno(err) : "ok");
	else
		printf("0x%016llx\n", word.value);
}

const struct verb folio_verbs[] = {
	{ "folio", "MAP|REGION+OFF|ADDRESS[,off=N][,via=FILE]",
	  "tells references, mapcount, order, page map", do_folio },
	{ "pin", "MAP[,off=N][,len=N][,slow|fast|either][,write][,longterm][,p2pdma][,via=FILE]",
	  "NAME=: by default one page, by the slow way", do_pin },
	{ "unpin", "PIN[,via=FILE][,id=N]",
	  "UNPIN; or unpin:FILE,id=N", do_unpin },
	{ "word", "REGION+OFF[,val=N][,via=FILE]",
	  "reads 8 bytes, or writes val=", do_word },
	{ 0 }
};
