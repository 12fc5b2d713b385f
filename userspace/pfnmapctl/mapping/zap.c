// SPDX-License-Identifier: GPL-2.0-only
/* The command zap: has the module empty a mapping's entries, and touches the pages again. */
#include "mapping.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "fault.h"

struct zap {
	struct common *common;
	struct request request;
	uint32_t how;
	bool even_cows;
};

static error_t zap_parse(int key, char *arg, struct argp_state *state)
{
	struct zap *zap = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = zap->common;
		state->child_inputs[1] = &zap->request;
		return 0;
	case 'w':
		if (!strcmp(arg, "vma"))
			zap->how = PFNMAP_TEST_ZAP_VMA;
		else if (!strcmp(arg, "mapping"))
			zap->how = PFNMAP_TEST_ZAP_MAPPING;
		else
			argp_error(state, "--how: '%s' is neither vma nor mapping", arg);
		return 0;
	case 'e':
		zap->even_cows = true;
		return 0;
	case ARGP_KEY_ARG:
		return refuse_argument(state, arg);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* Asks the module for vm_pgoff: a private remap_pfn_range() sets vm_pgoff to the pfn. */
static int zap_file(struct pfnmap_test_zap *arg, const struct device *device,
		    const struct mapping *mapping)
{
	struct pfnmap_test_vma vma;
	int err;

	err = pfnmap_vma(device->fd, mapping->start, &vma);
	if (err)
		return err;
	arg->start = vma.pgoff * sysconf(_SC_PAGESIZE) + (uintptr_t)mapping->start - vma.start;
	return pfnmap_zap(device->fd, arg);
}

static int do_zap(const struct zap *zap, const struct device *device,
		  const struct mapping *mapping)
{
	struct pfnmap_test_zap arg = {
		.how = zap->how,
		.flags = zap->even_cows ? PFNMAP_TEST_ZAP_EVEN_COWS : 0,
		.start = (uintptr_t)mapping->start,
		.bytes = mapping->bytes,
	};
	int err;

	err = zap->how == PFNMAP_TEST_ZAP_VMA ? pfnmap_zap(device->fd, &arg) :
	      zap_file(&arg, device, mapping);
	return err ? fail(err, NULL, "ZAP") : 0;
}

/* Touches the mapping, and adds a row for each of its entries. */
static int touch(struct table *table, const struct zap *zap, const struct device *device,
		 const struct mapping *mapping, const char *phase)
{
	int sig = mapping_touch(mapping, !zap->request.read_only, NULL);

	return leaves_add(table, device, mapping, phase, sig ? fault_name(sig) : "ok");
}

static int show(const struct zap *zap, const struct device *device,
		const struct mapping *mapping)
{
	struct table *table = table_new(leaf_columns, LEAF_COLUMNS, zap->common->json);
	int status;

	status = touch(table, zap, device, mapping, "before");
	if (!status)
		status = do_zap(zap, device, mapping);
	if (!status)
		status = leaves_add(table, device, mapping, "zapped", NULL);
	if (!status)
		status = touch(table, zap, device, mapping, "refault");
	if (!status)
		return table_print(table);
	table_free(table);
	return status;
}

int cmd_zap(struct common *common, int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "how", 'w', "HOW", 0, "vma (default), or mapping: all of the open file", 2 },
		{ "even-cows", 'e', NULL, 0, "With mapping: private copies too", 2 },
		{ 0 }
	};
	static const struct argp_child children[] = {
		{ &common_argp, 0, NULL, 0 }, { &request_argp, 0, NULL, 0 }, { 0 }
	};
	static const struct argp argp = {
		.options = options,
		.parser = zap_parse,
		.doc = "Make a mapping, touch it, zap it, touch it; show its entries each time.",
		.children = children,
	};
	struct zap zap = { .common = common, .how = PFNMAP_TEST_ZAP_VMA };
	struct mapping mapping;
	struct device device;
	int status;

	status = command_parse(&argp, argc, argv, &zap);
	if (status)
		return status;
	status = device_open(&device, common);
	if (status)
		return status;
	status = mapping_make_or_fail(&mapping, &zap.request, &device);
	if (!status) {
		status = show(&zap, &device, &mapping);
		request_hold(&zap.request);
		mapping_drop(&mapping);
	}
	device_close(&device);
	return status;
}
