// SPDX-License-Identifier: GPL-2.0-only
/* doctor: the user, and what the kernel as a whole allows. */
#include "doctor.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "array.h"

void check_user(struct doctor *doctor)
{
	if (geteuid())
		verdict(doctor, "user", STATE_MISSING, "run pfnmapctl as root",
			"not root: the device can't be opened, nor the kernel log read");
	else
		verdict(doctor, "user", STATE_OK, NULL, "root");
}

/* Options that concern all methods; method.c has those of a single one. */
static const struct {
	const char *name;
	const char *without;
} options[] = {
	{ "CONFIG_MEMORY_HOTREMOVE", "mmio=auto and dax=auto can't take memory" },
	{ "CONFIG_ZONE_DEVICE", "there is no dax region" },
#if HAVE_PAT
	{ "CONFIG_X86_PAT", "cache modes are neither told apart nor tracked" },
	{ "CONFIG_KPROBES", "there is no memtype query" },
	{ "CONFIG_KALLSYMS_ALL", "there is no memtype query" },
#endif
	{ "CONFIG_DEBUG_FS", "there is no pat_memtype_list to compare with" },
};

void check_config(struct doctor *doctor)
{
	size_t i;

	if (!doctor->config.path) {
		verdict(doctor, "config", STATE_WARNING,
			"modprobe configs, or put it at /boot/config-$(uname -r)",
			"not found: doctor judges by what else it can see");
		return;
	}
	verdict(doctor, "config", STATE_OK, NULL, "%s", doctor->config.path);
	for (i = 0; i < ARRAY_SIZE(options); i++)
		if (kconfig_get(&doctor->config, options[i].name) == KCONFIG_OFF)
			verdict(doctor, options[i].name, STATE_MISSING,
				"build the kernel with it", "not set: %s", options[i].without);
}

/* The level between brackets, as in "none [integrity] confidentiality". */
void check_lockdown(struct doctor *doctor)
{
	static const char advice[] =
		"boot without lockdown= and Secure Boot, or sign the module";
	char line[128], *level;

	if (!read_line("/sys/kernel/security/lockdown", line, sizeof(line))) {
		if (kconfig_get(&doctor->config, "CONFIG_SECURITY_LOCKDOWN_LSM") == KCONFIG_OFF)
			verdict(doctor, "lockdown", STATE_OK, NULL, "the kernel has none");
		else
			verdict(doctor, "lockdown", STATE_WARNING,
				"mount -t securityfs none /sys/kernel/security",
				"/sys/kernel/security/lockdown can't be read");
		return;
	}
	level = strchr(line, '[');
	level = level ? level + 1 : line;
	level[strcspn(level, "]")] = '\0';
	if (!strcmp(level, "none"))
		verdict(doctor, "lockdown", STATE_OK, NULL, "none");
	else
		verdict(doctor, "lockdown", STATE_MISSING, advice,
			"%s: no unsigned module, no mmio=SIZE@ADDR or PCI BAR%s", level,
			strcmp(level, "confidentiality") ? "" : ", no memtype query");
}

/* In the order of the bits, see Documentation/admin-guide/tainted-kernels.rst. */
static const struct {
	char letter;
	bool doubtful;	/* a test on such a kernel says little */
	const char *reason;
} taints[] = {
	{ 'P', true, "a proprietary module" },
	{ 'F', true, "a module was loaded by force" },
	{ 'S', false, "out of its specification" },
	{ 'R', true, "a module was unloaded by force" },
	{ 'M', true, "a machine check" },
	{ 'B', true, "a bad page" },
	{ 'U', false, "user space asked for it" },
	{ 'D', true, "an oops" },
	{ 'A', false, "an ACPI table was overridden" },
	{ 'W', true, "a warning" },
	{ 'C', false, "a staging driver" },
	{ 'I', false, "a firmware bug worked around" },
	{ 'O', false, "a module from outside of the tree" },
	{ 'E', false, "an unsigned module" },
	{ 'L', true, "a soft lockup" },
	{ 'K', false, "a live patch" },
	{ 'X', false, "the distribution's own" },
	{ 'T', false, "randomised structures" },
	{ 'N', false, "a test module" },
	{ 'J', false, "firmware was controlled by user space" },
};

void check_taint(struct doctor *doctor)
{
	bool doubtful = false;
	char line[32], *text;
	uint64_t value;
	size_t i, len;
	FILE *out;

	if (!read_line("/proc/sys/kernel/tainted", line, sizeof(line)))
		return;
	value = strtoull(line, NULL, 10);
	out = open_memstream(&text, &len);
	if (!out)
		abort();
	for (i = 0; i < ARRAY_SIZE(taints); i++) {
		if (!(value >> i & 1))
			continue;
		fprintf(out, "%s%c: %s", ftell(out) ? ", " : "", taints[i].letter,
			taints[i].reason);
		doubtful = doubtful || taints[i].doubtful;
	}
	fclose(out);
	verdict(doctor, "taint", doubtful ? STATE_WARNING : STATE_OK,
		doubtful ? "see dmesg, and reboot before you test" : NULL, "%s",
		len ? text : "none");
	free(text);
}

void check_devmem(struct doctor *doctor)
{
	enum kconfig_state strict = kconfig_get(&doctor->config, "CONFIG_STRICT_DEVMEM");
	enum kconfig_state io = kconfig_get(&doctor->config, "CONFIG_IO_STRICT_DEVMEM");

	if (access("/dev/mem", F_OK))
		verdict(doctor, "/dev/mem", STATE_MISSING, "build the kernel with CONFIG_DEVMEM",
			"not there: its mappings can't be compared with ours");
	else if (boot_parameter("iomem=relaxed") || io == KCONFIG_OFF)
		verdict(doctor, "/dev/mem", STATE_WARNING,
			"boot a kernel with CONFIG_IO_STRICT_DEVMEM, and without iomem=relaxed",
			"a process may map our regions through it");
	else if (strict == KCONFIG_UNKNOWN)
		verdict(doctor, "/dev/mem", STATE_OK, NULL, "there");
	else
		verdict(doctor, "/dev/mem", STATE_OK, NULL,
			"%s: it maps no memory that a driver has claimed",
			strict == KCONFIG_ON ? "CONFIG_STRICT_DEVMEM, CONFIG_IO_STRICT_DEVMEM" :
			"CONFIG_IO_STRICT_DEVMEM");
}
