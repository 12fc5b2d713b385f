// SPDX-License-Identifier: GPL-2.0-only
/* doctor: the module's file, the module, and the memtype tree that it reads. */
#include "doctor.h"

#include <errno.h>
#include <libkmod.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/klog.h"
#include "memtype/memtype.h"
#include "text.h"

/* A field as modinfo prints it; empty if there is none. */
static void modinfo(struct kmod_module *module, const char *key, char *value, size_t room)
{
	struct kmod_list *list = NULL, *item;

	*value = '\0';
	if (kmod_module_get_info(module, &list) < 0)
		return;
	kmod_list_foreach(item, list)
		if (!strcmp(kmod_module_info_get_key(item), key))
			snprintf(value, room, "%s", kmod_module_info_get_value(item));
	kmod_module_info_free_list(list);
}

static bool signatures_enforced(void)
{
	char line[8];

	return read_line("/sys/module/module/parameters/sig_enforce", line, sizeof(line)) &&
	       *line == 'Y';
}

/* Whether the kernel would take the file, also if the module is loaded. */
static void judge_file(struct doctor *doctor, struct kmod_module *module)
{
	const char *path = kmod_module_get_path(module);
	char magic[256], signer[256], line[8];

	modinfo(module, "vermagic", magic, sizeof(magic));
	modinfo(module, "signer", signer, sizeof(signer));
	magic[strcspn(magic, " ")] = '\0';
	if (strcmp(magic, doctor->release))
		verdict(doctor, "module file", STATE_MISSING, "build it for this kernel",
			"%s is built for %s", path, *magic ? magic : "no kernel");
	else if (read_line("/proc/sys/kernel/modules_disabled", line, sizeof(line)) && *line == '1')
		verdict(doctor, "module file", STATE_MISSING, "reboot",
			"kernel.modules_disabled is 1: no module can be loaded or unloaded any more");
	else if (signatures_enforced() && !*signer)
		verdict(doctor, "module file", STATE_MISSING,
			"boot without module.sig_enforce=1, or sign it",
			"module.sig_enforce is on, and %s is not signed", path);
	else if (*signer)
		verdict(doctor, "module file", STATE_OK, NULL, "%s, signed by %s", path, signer);
	else
		verdict(doctor, "module file", STATE_OK, NULL, "%s", path);
}

void check_module_file(struct doctor *doctor)
{
	const char *path = getenv("PFNMAP_TEST_KO");
	struct kmod_module *module = NULL;
	struct kmod_ctx *ctx = module_context();
	int err;

	err = ctx ? module_find(ctx, path, &module) : -ENOMEM;
	if (!err)
		judge_file(doctor, module);
	else
		verdict(doctor, "module file", doctor->loaded ? STATE_WARNING : STATE_MISSING,
			"make && make install, or set PFNMAP_TEST_KO", "%s: %s",
			path ? path : "not installed for this kernel", text_errno(err));
	kmod_module_unref(module);
	kmod_unref(ctx);
}

static void no_device(struct doctor *doctor)
{
	const char *path = doctor->device.path ? doctor->device.path : PFNMAP_TEST_DEVICE;
	const char *advice = "mount devtmpfs on /dev, or name the node by --device";

	if (doctor->device.fd == -EACCES || doctor->device.fd == -EPERM)
		advice = "run pfnmapctl as root";
	else if (doctor->device.fd == -ENOTTY)
		advice = "this is not a device of pfnmap_test: leave --device out";
	verdict(doctor, "module", STATE_MISSING, advice, "%s: %s", path,
		text_errno(doctor->device.fd));
}

void check_module(struct doctor *doctor)
{
	if (!doctor->loaded)
		verdict(doctor, "module", STATE_MISSING,
			doctor->missing ? "see above, then: pfnmapctl load" : "pfnmapctl load",
			"not loaded");
	else if (doctor->device.fd < 0)
		no_device(doctor);
	else
		verdict(doctor, "module", STATE_OK, NULL, "loaded");
}

void check_abi(struct doctor *doctor)
{
	unsigned int abi = doctor->device.info.abi;

	if (!abi)
		return;
	if (abi < PFNMAP_TEST_ABI)
		verdict(doctor, "abi", STATE_MISSING, "build both anew, unload, and load",
			"the module has %u, pfnmapctl needs %u", abi, PFNMAP_TEST_ABI);
	else
		verdict(doctor, "abi", STATE_OK, NULL, "%u, pfnmapctl needs %u", abi,
			PFNMAP_TEST_ABI);
}

static const char *memtype_advice(const struct doctor *doctor)
{
	if (!(doctor->device.info.flags & PFNMAP_TEST_INFO_PAT))
		return "see pat";
	return "it needs kprobes and CONFIG_KALLSYMS_ALL: see config, lockdown";
}

/* Tells which provider answers pfnmapctl memtype: the module or debugfs. */
void check_memtype(struct doctor *doctor)
{
	static const char without[] = "no memtype query: ";
	bool debugfs = !access(DEBUGFS_LIST, R_OK);
	char *why;

	if (!HAVE_PAT) {
		verdict(doctor, "memtype query", STATE_OK, NULL, NO_PAT);
		return;
	}
	if (memtype_by_ioctl(&doctor->device)) {
		verdict(doctor, "memtype query", STATE_OK, NULL, "by ioctl");
		return;
	}
	if (!usable(doctor)) {
		verdict(doctor, "memtype query", debugfs ? STATE_WARNING : STATE_MISSING,
			"load the module", "%s", debugfs ? "by debugfs, slowly: n^2" :
			"neither the module nor debugfs has it");
		return;
	}
	why = klog_why(without);
	verdict(doctor, "memtype query", STATE_MISSING, memtype_advice(doctor), "%s%s",
		why ? why : text_errno(doctor->device.info.memtype_error),
		debugfs ? "; memtype list has debugfs, slowly: n^2" : "");
	free(why);
}
