// SPDX-License-Identifier: GPL-2.0-only
/* load, unload: by libkmod. */
#include "ctl.h"

#include <errno.h>
#include <fcntl.h>
#include <libkmod.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "array.h"
#include "dry-run.h"
#include "kernel/klog.h"
#include "table.h"
#include "text.h"

#define MODULE_NAME	"pfnmap_test"

enum {
	REGION,
	START,
	BYTES,
	SOURCE,
	ERROR,
	REASON,
};

struct load {
	struct common *common;
	const char *path;
	char *options;		/* parameters separated by blanks */
	bool dry;
};

/**
 * module_context() - libkmod, for this kernel
 *
 * Silences libkmod: its messages would repeat ours, and say less.
 *
 * Return: the context, which kmod_unref() frees, or NULL
 */
struct kmod_ctx *module_context(void)
{
	struct kmod_ctx *ctx = kmod_new(NULL, NULL);

	if (ctx)
		kmod_set_log_priority(ctx, LOG_EMERG);
	return ctx;
}

static bool is_parameter(const char *arg)
{
	size_t len = strspn(arg, "abcdefghijklmnopqrstuvwxyz0123456789_");

	return len && arg[len] == '=';
}

static void add_option(struct load *load, const char *arg)
{
	char *all;

	if (asprintf(&all, "%s%s%s", load->options ? load->options : "",
		     load->options ? " " : "", arg) < 0)
		abort();
	free(load->options);
	load->options = all;
}

static error_t load_parse(int key, char *arg, struct argp_state *state)
{
	struct load *load = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = load->common;
		return 0;
	case 'n':
		load->dry = true;
		return 0;
	case ARGP_KEY_ARG:
		if (is_parameter(arg))
			add_option(load, arg);
		else if (state->arg_num == 0)
			load->path = arg;
		else
			argp_error(state, "'%s' is not PARAMETER=VALUE", arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const char *load_advice(int err)
{
	switch (-err) {
	case EEXIST:
		return "it is loaded already: see 'pfnmapctl info', or 'pfnmapctl unload' first";
	case ENOEXEC:
		return "the file is for another kernel: build it for this one, see dmesg";
	case EPERM:
		return "run pfnmapctl as root; lockdown refuses it too: see 'pfnmapctl doctor'";
	case ENOENT:
		return "give the path of pfnmap_test.ko, set PFNMAP_TEST_KO, or install it";
	case EINVAL:
		return "a parameter is wrong: see dmesg, and 'modinfo pfnmap_test'";
	case EKEYREJECTED:
		return "this kernel takes signed modules only: see 'pfnmapctl doctor'";
	default:
		return "see dmesg, and 'pfnmapctl doctor'";
	}
}

/**
 * module_find() - the file of the module
 * @ctx: of libkmod
 * @path: of the file; NULL for the one that is installed for this kernel
 * @module: set to it; call kmod_module_unref(), also after a failure
 *
 * Return: 0 or -errno
 */
int module_find(struct kmod_ctx *ctx, const char *path, struct kmod_module **module)
{
	struct kmod_list *list = NULL;
	int err;

	if (path)
		return kmod_module_new_from_path(ctx, path, module);
	err = kmod_module_new_from_lookup(ctx, MODULE_NAME, &list);
	if (!err && !list)
		err = -ENOENT;
	if (!err)
		*module = kmod_module_get_module(list);
	kmod_module_unref_list(list);
	return err;
}

/* An installed module may have dependencies, and options in modprobe.d. */
static int insert(struct kmod_ctx *ctx, const struct load *load)
{
	struct kmod_module *module = NULL;
	int err;

	err = module_find(ctx, load->path, &module);
	if (!err && load->path)
		err = kmod_module_insert_module(module, 0, load->options);
	else if (!err)
		err = kmod_module_probe_insert_module(module, KMOD_PROBE_FAIL_ON_LOADED,
						      load->options, NULL, NULL, NULL);
	kmod_module_unref(module);
	return err;
}

static const char *source(const struct pfnmap_test_describe *region)
{
	if (region->flags & PFNMAP_TEST_DESC_PCI)
		return "PCI BAR";
	if (region->flags & PFNMAP_TEST_DESC_CARVED)
		return "carved out of System RAM";
	return region->id == PFNMAP_TEST_REGION_RAM ? "allocated" : "named by its address";
}

static void add_region(struct table *table, const struct pfnmap_test_describe *region)
{
	char *why;

	table_row(table);
	table_set(table, REGION, "%s", region->name);
	if (region->error) {
		table_set(table, ERROR, "%s", text_errno(region->error));
		why = klog_region(region->name);
		if (why)
			table_set(table, REASON, "%s", why);
		free(why);
		return;
	}
	table_set(table, SOURCE, "%s", source(region));
	table_set(table, START, "0x%llx", region->start);
	table_set(table, BYTES, "%llu", region->bytes);
}

/* The module loads without a region that the user did not ask for: show which regions it has. */
static int report(const struct common *common)
{
	static const struct column columns[] = {
		[REGION] = { "region", COLUMN_TEXT },
		[START] = { "start", COLUMN_TEXT },
		[BYTES] = { "bytes", COLUMN_NUMBER },
		[SOURCE] = { "source", COLUMN_TEXT },
		[ERROR] = { "error", COLUMN_TEXT },
		[REASON] = { "reason", COLUMN_TEXT },
	};
	struct device device;
	struct table *table;
	int status;
	size_t i;

	status = device_open(&device, common);
	if (status)
		return status;
	table = table_new(columns, ARRAY_SIZE(columns), common->json);
	for (i = 0; i < device.catalog.n; i++)
		if (device.catalog.items[i].kind == PFNMAP_TEST_KIND_REGION)
			add_region(table, &device.catalog.items[i]);
	status = table_print(table);
	device_close(&device);
	return status;
}

/* The module's own line says more than an errno, but not what to do. */
static int fail_load(int err, const struct load *load, int log)
{
	const char *what = load->path ? load->path : MODULE_NAME;
	char *line = klog_last(log, ""), *advice = NULL;

	if (line && asprintf(&advice, "%s: 'modinfo pfnmap_test' has what parameters take, "
			     "'pfnmapctl doctor' what this machine has", line) < 0)
		advice = NULL;
	fail(err, advice ? advice : load_advice(err), "insert %s", what);
	free(advice);
	free(line);
	return EXIT_FAILURE;
}

static const char load_doc[] =
	"Insert pfnmap_test.ko: PATH, else $PFNMAP_TEST_KO, else the installed one.\n"
	"\vWith --dry-run the command inserts nothing. It prints the windows of\n"
	"System RAM that auto or SIZE looks at, from the top down, in bytes. For a\n"
	"window that the module would take, it tells which pages the kernel has to\n"
	"move first, and how many bytes of memmap dax needs besides. For a window\n"
	"that is passed over, it tells why.\n"
	"\n"
	"User space can't see which leaf of the direct map covers a window. Where a\n"
	"leaf of 1 GiB does, the module takes all memory under that leaf, or, if\n"
	"the verdict is maybe, passes it over. Nor can user space see pages that\n"
	"the kernel uses without a flag in /proc/kpageflags: the kernel may refuse\n"
	"a window that this command calls taken, and the module then goes on below.";

int cmd_load(struct common *common, int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "dry-run", 'n', NULL, 0, "Tell which memory would be taken, and take none", 0 },
		{ 0 }
	};
	static const struct argp_child children[] = { { &common_argp, 0, NULL, 0 }, { 0 } };
	static const struct argp argp = {
		.options = options,
		.parser = load_parse,
		.args_doc = "[PATH] [PARAMETER=VALUE...]",
		.doc = load_doc,
		.children = children,
	};
	struct load load = { .common = common, .path = getenv("PFNMAP_TEST_KO") };
	struct kmod_ctx *ctx;
	int err, log, status;

	/* An empty PFNMAP_TEST_KO counts as unset. */
	if (load.path && !*load.path)
		load.path = NULL;
	if (command_parse(&argp, argc, argv, &load))
		return EXIT_USAGE;
	if (load.dry) {
		status = dry_run(common, load.options);
		free(load.options);
		return status;
	}
	log = klog_open(SEEK_END);
	ctx = module_context();
	err = ctx ? insert(ctx, &load) : -ENOMEM;
	kmod_unref(ctx);
	free(load.options);
	status = err ? fail_load(err, &load, log) : report(common);
	if (log >= 0)
		close(log);
	return status;
}

static int fail_unload(int err)
{
	switch (-err) {
	case EAGAIN:
	case EBUSY:
		fail(err, "its device is still open or mapped: end what has it, then try again",
		     "remove " MODULE_NAME);
		holders_print();
		return EXIT_FAILURE;
	case ENOENT:
		fputs("pfnmapctl: module is not loaded: there is nothing to remove\n", stderr);
		return EXIT_UNAVAILABLE;
	case EPERM:
		return fail(err, "run pfnmapctl as root", "remove " MODULE_NAME);
	default:
		return fail(err, NULL, "remove " MODULE_NAME);
	}
}

int cmd_unload(struct common *common, int argc, char **argv)
{
	struct kmod_module *module = NULL;
	struct kmod_ctx *ctx;
	int err;

	if (command_parse_plain("Remove the module. Refused while it is in use.", common, argc,
				argv))
		return EXIT_USAGE;
	ctx = module_context();
	err = ctx ? kmod_module_new_from_name(ctx, MODULE_NAME, &module) : -ENOMEM;
	if (!err)
		err = kmod_module_remove_module(module, O_NONBLOCK);
	kmod_module_unref(module);
	kmod_unref(ctx);
	return err ? fail_unload(err) : EXIT_SUCCESS;
}
