// SPDX-License-Identifier: GPL-2.0-only
/* Holds a mode while a command runs, for some seconds, or until stdin ends. */
#include "ctl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "array.h"
#include "table.h"

#define EXIT_NO_COMMAND	127	/* as a shell */

struct reserve {
	struct common *common;
	const char *region;
	const char *mode;
	uint64_t offset;
	uint64_t bytes;
	uint64_t seconds;
	bool timed;
	char **command;
};

static error_t reserve_parse(int key, char *arg, struct argp_state *state)
{
	struct reserve *reserve = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = reserve->common;
		return 0;
	case 'r':
		reserve->region = arg;
		return 0;
	case 'm':
		reserve->mode = arg;
		return 0;
	case 'o':
		reserve->offset = parse_bytes(state, "--offset", arg);
		return 0;
	case 'l':
		reserve->bytes = parse_bytes(state, "--length", arg);
		return 0;
	case 'H':
		reserve->seconds = parse_bytes(state, "--hold", arg);
		reserve->timed = true;
		return 0;
	case ARGP_KEY_ARG:
		reserve->command = &state->argv[state->next - 1];
		state->next = state->argc;
		return 0;
	case ARGP_KEY_END:
		if (!reserve->mode)
			argp_error(state, "--mode is missing");
		if (reserve->timed && reserve->command)
			argp_error(state, "either --hold or a command");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int run(char **command)
{
	int status;
	pid_t pid;

	pid = fork();
	if (pid < 0)
		return fail(errno, NULL, "fork");
	if (!pid) {
		execvp(command[0], command);
		fail(errno, NULL, "%s", command[0]);
		_exit(EXIT_NO_COMMAND);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return fail(errno, NULL, "wait for %s", command[0]);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int wait_for_end(const struct reserve *reserve)
{
	char skip[256];
	unsigned int left;

	if (reserve->command)
		return run(reserve->command);
	if (reserve->timed) {
		for (left = reserve->seconds; left;)
			left = sleep(left);
		return EXIT_SUCCESS;
	}
	while (read(STDIN_FILENO, skip, sizeof(skip)) > 0)
		;
	return EXIT_SUCCESS;
}

/* If there is a command, stdout belongs to it: prints nothing. */
static void show(const struct device *device, const struct reserve *reserve,
		 const struct pfnmap_test_reserve *got)
{
	static const struct column columns[] = {
		{ "region", COLUMN_TEXT },
		{ "offset", COLUMN_TEXT },
		{ "bytes", COLUMN_NUMBER },
		{ "requested", COLUMN_TEXT },
		{ "effective", COLUMN_TEXT },
	};
	struct table *table;

	if (reserve->command)
		return;
	table = table_new(columns, ARRAY_SIZE(columns), reserve->common->json);
	table_row(table);
	table_set(table, 0, "%s", reserve->region);
	table_set(table, 1, "0x%lx", reserve->offset);
	table_set(table, 2, "%lu", reserve->bytes);
	table_set(table, 3, "%s", reserve->mode);
	table_set(table, 4, "%s", catalog_name(&device->catalog, PFNMAP_TEST_KIND_CACHE_MODE,
					       got->cache_mode));
	table_print(table);
}

static int reserve_and_hold(const struct device *device, struct reserve *reserve)
{
	struct pfnmap_test_reserve arg = {
		.offset = reserve->offset, .bytes = reserve->bytes,
	};
	uint32_t want;
	int err;

	err = device_id(device, PFNMAP_TEST_KIND_REGION, "region", reserve->region, &arg.region);
	if (!err)
		err = device_id(device, PFNMAP_TEST_KIND_CACHE_MODE, "cache mode", reserve->mode,
				&want);
	if (err)
		return err;
	arg.cache_mode = want;
	reserve->mode = catalog_name(&device->catalog, PFNMAP_TEST_KIND_CACHE_MODE, want);
	err = pfnmap_reserve(device->fd, &arg);
	if (err)
		return fail(err, err == -EBUSY ? "see 'pfnmapctl memtype list'" :
			    err == -EOPNOTSUPP ? "the region takes no such mode: name another" :
			    NULL,
			    "reserve %s+0x%lx-0x%lx as %s", reserve->region, reserve->offset,
			    reserve->offset + reserve->bytes, reserve->mode);
	if (arg.cache_mode != want)
		fprintf(stderr, "pfnmapctl: asked for %s, got %s: somebody holds this mode there "
			"already\n", reserve->mode,
			catalog_name(&device->catalog, PFNMAP_TEST_KIND_CACHE_MODE,
				     arg.cache_mode));
	show(device, reserve, &arg);
	return wait_for_end(reserve);
}

int cmd_memtype_reserve(struct common *common, int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "region", 'r', "NAME", 0, "Region (mmio)", 0 },
		{ "mode", 'm', "NAME", 0, "Cache mode, as write-combining or WC", 0 },
		{ "offset", 'o', "BYTES", 0, "Offset in the region (0)", 0 },
		{ "length", 'l', "BYTES", 0, "Size (one page)", 0 },
		{ "hold", 'H', "SECONDS", 0, "Hold the mode for SECONDS", 0 },
		{ 0 }
	};
	static const struct argp_child children[] = { { &common_argp, 0, NULL, 0 }, { 0 } };
	static const struct argp argp = {
		.options = options,
		.parser = reserve_parse,
		.args_doc = "[-- COMMAND [ARG...]]",
		.doc = "Hold a cache mode while COMMAND runs, for SECONDS, or until stdin ends.",
		.children = children,
	};
	struct reserve reserve = {
		.common = common, .region = "mmio", .bytes = sysconf(_SC_PAGESIZE),
	};
	struct device device;
	int status;

	if (command_parse(&argp, argc, argv, &reserve))
		return EXIT_USAGE;
	status = device_open(&device, common);
	if (status)
		return status;
	status = reserve_and_hold(&device, &reserve);
	device_close(&device);
	return status;
}
