// SPDX-License-Identifier: GPL-2.0-only
/* The command bench: its options, and the groups of measurements that it runs. */
#include "bench.h"

#include <stdio.h>
#include <string.h>

#include "array.h"

static const struct group {
	const char *name;
	int (*run)(struct bench *bench);
	bool real;		/* needs a real CPU: an emulated one has no cache modes */
} groups[] = {
	{ "memtype", bench_memtype, false },
	{ "map", bench_map, false },
	{ "bandwidth", bench_bandwidth, true },
};

#define GROUPS	ARRAY_SIZE(groups)

struct args {
	struct bench bench;
	unsigned int groups;	/* mask; 0: all that this CPU can measure */
};

enum {
	OPT_DEVICE_DAX = 0x100,
	OPT_PCI,
	OPT_DEV_MEM,
	OPT_UDMABUF,
	OPT_LIMIT,
};

static const struct argp_option options[] = {
	{ "runs", 'n', "NUMBER", 0, "Runs for a figure, 5 to 64 (9)", 1 },
	{ "entries", 'e', "NUMBER", 0, "Reservations in the largest tree (100000)", 1 },
	{ "limit", OPT_LIMIT, "SECONDS", 0,
	  "Stop reading debugfs's list if that would take longer (60)", 1 },
	{ "method", 'm', "NAME", 0, "This method alone", 1 },
	{ "level", 'L', "NAME", 0, "This page-table level alone", 1 },
	{ NULL, 0, NULL, 0, "Peers, to compare with:", 2 },
	{ "device-dax", OPT_DEVICE_DAX, "PATH", 0, "device-dax at PATH: its contents are lost", 2 },
	{ "pci", OPT_PCI, "PATH", 0, "A BAR, resourceN or resourceN_wc: its contents are lost", 2 },
	{ "dev-mem", OPT_DEV_MEM, "ADDR", 0,
	  "64 MiB of /dev/mem from ADDR: their contents are lost", 2 },
	{ "udmabuf", OPT_UDMABUF, NULL, 0, "udmabuf, with 16 MiB of its own", 2 },
	{ 0 }
};

static error_t add_group(struct args *args, struct argp_state *state, const char *name)
{
	size_t i;

	for (i = 0; i < GROUPS; i++) {
		if (strcmp(groups[i].name, name))
			continue;
		args->groups |= 1U << i;
		return 0;
	}
	argp_error(state, "'%s' is none of memtype, map, bandwidth", name);
	return ARGP_ERR_UNKNOWN;
}

static error_t bench_parse(int key, char *arg, struct argp_state *state)
{
	struct args *args = state->input;
	struct bench *bench = &args->bench;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = bench->common;
		return 0;
	case 'n':
		bench->runs = parse_bytes(state, "--runs", arg);
		if (bench->runs < 5 || bench->runs > 64)
			argp_error(state, "--runs: 5 to 64");
		return 0;
	case 'e':
		bench->entries = parse_bytes(state, "--entries", arg);
		return 0;
	case OPT_LIMIT:
		bench->limit = parse_bytes(state, "--limit", arg);
		return 0;
	case 'm':
		bench->method = arg;
		return 0;
	case 'L':
		bench->level = arg;
		return 0;
	case OPT_DEVICE_DAX:
		bench->device_dax = arg;
		return 0;
	case OPT_PCI:
		bench->pci = arg;
		return 0;
	case OPT_DEV_MEM:
		bench->dev_mem = arg;
		bench->dev_mem_at = parse_bytes(state, "--dev-mem", arg);
		return 0;
	case OPT_UDMABUF:
		bench->udmabuf = true;
		return 0;
	case ARGP_KEY_ARG:
		return add_group(args, state, arg);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int check_names(const struct bench *bench)
{
	const struct device *device = &bench->device;
	int status = 0;
	uint32_t id;

	if (bench->method)
		status = device_id(device, PFNMAP_TEST_KIND_METHOD, "method", bench->method, &id);
	if (!status && bench->level)
		status = device_id(device, PFNMAP_TEST_KIND_LEVEL, "level", bench->level, &id);
	return status;
}

static int run(struct args *args)
{
	struct bench *bench = &args->bench;
	bool emulated = clock_emulated();
	int status, printed;
	size_t i;

	status = check_names(bench);
	if (status)
		return status;
	clock_learn(bench);
	bench->table = rows_new(bench->common->json);
	for (i = 0; !status && i < GROUPS; i++) {
		if (args->groups && !(args->groups & 1U << i))
			continue;
		if (groups[i].real && emulated)
			fprintf(stderr, "pfnmapctl: %s: left out, the CPU is emulated\n",
				groups[i].name);
		else
			status = groups[i].run(bench);
	}
	printed = table_print(bench->table);
	return status ? status : printed;
}

int cmd_bench(struct common *common, int argc, char **argv)
{
	static const struct argp_child children[] = { { &common_argp, 0, NULL, 0 }, { 0 } };
	static const struct argp argp = {
		.options = options,
		.parser = bench_parse,
		.args_doc = "[memtype] [map] [bandwidth]",
		.doc = "Measure queries, mappings, faults, and how fast a cache mode is.\n"
		       "\vFigures are in instructions if the clock counts these (QEMU's -icount),\n"
		       "and otherwise in ns.\n"
		       "A figure is the median of n runs, its spread that of their middle half.\n"
		       "The measurements overwrite the mmio and dax regions, and the peers.",
		.children = children,
	};
	struct args args = {
		.bench = { .common = common, .runs = 9, .limit = 60, .entries = 100000 },
	};
	int status;

	status = command_parse(&argp, argc, argv, &args);
	if (status)
		return status;
	status = device_open(&args.bench.device, common);
	if (status)
		return status;
	status = run(&args);
	device_close(&args.bench.device);
	return status;
}
