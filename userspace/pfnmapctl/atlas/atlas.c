// SPDX-License-Identifier: GPL-2.0-only
/* The command atlas: plans the rows, tries each, and prints the kernel's results. */
#include "atlas.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "table.h"

enum {
	OPT_REGION = 0x100,
};

static error_t atlas_parse(int key, char *arg, struct argp_state *state)
{
	struct atlas *atlas = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = atlas->common;
		return 0;
	case 'm':
		atlas->method = arg;
		return 0;
	case OPT_REGION:
		atlas->region = arg;
		return 0;
	case 'c':
		atlas->mode = arg;
		return 0;
	case 'r':
		atlas->reserved = true;
		return 0;
	case ARGP_KEY_ARG:
		return refuse_argument(state, arg);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* One line on a terminal, which the next one overwrites. */
static void progress(const struct atlas *atlas, size_t done)
{
	const struct ask *ask = &atlas->rows[done].ask;

	if (!table_terminal(STDERR_FILENO))
		return;
	fputs("\r\033[K", stderr);
	if (done < atlas->n)
		fprintf(stderr, "atlas: %zu/%zu %s %s ...", done + 1, atlas->n, ask->method->name,
			ask->region ? ask->region->name : "");
}

static void try_all(struct atlas *atlas)
{
	size_t i;

	for (i = 0; i < atlas->n; i++) {
		progress(atlas, i);
		if (atlas->rows[i].ask.region)
			atlas_try(&atlas->rows[i].ask, &atlas->rows[i].tried);
	}
	progress(atlas, i);
}

static int print(const struct atlas *atlas)
{
	struct cells *cells = atlas_cells(atlas);
	int status;

	if (!cells)
		return fail(ENOMEM, NULL, "%zu rows", atlas->n);
	status = atlas->common->json ? atlas_print_json(cells, atlas->n) :
		 atlas_print_folded(atlas, cells);
	free(cells);
	return status;
}

static int run(struct atlas *atlas)
{
	int status;

	status = atlas_plan(atlas);
	if (status)
		return status;
	if (!atlas->n) {
		fputs("pfnmapctl: nothing to try: see 'pfnmapctl info' for what each method maps\n",
		      stderr);
		return EXIT_UNAVAILABLE;
	}
	try_all(atlas);
	return print(atlas);
}

int cmd_atlas(struct common *common, int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "method", 'm', "NAME", 0, "This method alone", 0 },
		{ "region", OPT_REGION, "NAME", 0, "This region alone", 0 },
		{ "mode", 'c', "NAME", 0, "This cache mode alone, as write-combining or WC", 0 },
		{ "reserved", 'r', NULL, 0, "Try each also with the mode reserved first", 0 },
		{ 0 }
	};
	static const struct argp_child children[] = { { &common_argp, 0, NULL, 0 }, { 0 } };
	static const struct argp argp = {
		.options = options,
		.parser = atlas_parse,
		.doc = "Try all methods, regions and modes.\n"
		       "\vColumn gup: the results of a slow, a fast and a longterm pin; one word\n"
		       "if all are alike.",
		.children = children,
	};
	struct atlas atlas = { .common = common };
	struct utsname name;
	int status;

	status = command_parse(&argp, argc, argv, &atlas);
	if (status)
		return status;
	if (uname(&name))
		return fail(errno, NULL, "uname");
	atlas.kernel = name.release;
	status = device_open(&atlas.device, common);
	if (status)
		return status;
	status = run(&atlas);
	free(atlas.rows);
	device_close(&atlas.device);
	return status;
}
