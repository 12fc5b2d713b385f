// SPDX-License-Identifier: GPL-2.0-only
/* The commands of pfnmapctl, and first steps for a user who names none. */
#include "ctl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct command commands[] = {
	{ "info", "regions, methods, cache modes and capabilities", cmd_info },
	{ "doctor", "why something is not available here, and what to do", cmd_doctor },
	{ "load", "insert the module", cmd_load },
	{ "unload", "remove the module", cmd_unload },
	{ "map", "make a mapping and show what came out", cmd_map },
	{ "leaf", "make a mapping and show its page-table entries", cmd_leaf },
	{ "vma", "make a mapping and show its VMA", cmd_vma },
	{ "folio", "make a mapping and show the folio behind it", cmd_folio },
	{ "pin", "make a mapping and pin its pages", cmd_pin },
	{ "zap", "make a mapping, empty its entries, touch it again", cmd_zap },
	{ "explain", "what any process's mapping is and may be used for, and why", cmd_explain },
	{ "memtype", "list, map, lookup, reserve: the PAT memtype tree", cmd_memtype },
	{ "atlas", "try every method, region and cache mode", cmd_atlas },
	{ "bench", "measure what queries, mappings and faults cost", cmd_bench },
	{ 0 }
};

/* For users who name no command. */
static const char first_steps[] =
	"Usage: pfnmapctl COMMAND [ARG...]\n"
	"\n"
	"To begin with, as root:\n"
	"  pfnmapctl load            insert the module\n"
	"  pfnmapctl info            the methods, regions and cache modes of this machine\n"
	"  pfnmapctl map --method vmf_insert_pfn --mode WC\n"
	"                            make a mapping and show what came out\n"
	"  pfnmapctl memtype list    the ranges that PAT holds, and in which mode\n"
	"  pfnmapctl doctor          why something is not available, and what to do\n"
	"\n"
	"'pfnmapctl --help' lists all commands.\n";

int main(int argc, char **argv)
{
	struct common common = { 0 };

	argp_program_version = "pfnmapctl 0.1";
	argp_err_exit_status = EXIT_USAGE;
	if (argc > 2 && !strcmp(argv[1], "--complete")) {
		completing = true;
		argc--;
		argv++;
	}
	if (argc == 1) {
		fputs(first_steps, stderr);
		return EXIT_USAGE;
	}
	argv[0] = program_invocation_short_name;
	return command_dispatch(commands, &common, argc, argv);
}
