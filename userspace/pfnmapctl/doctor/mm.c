// SPDX-License-Identifier: GPL-2.0-only
/* doctor: PAT, huge pages, debugfs. */
#include "doctor.h"

#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "memtype/memtype.h"

#define THP	"/sys/kernel/mm/transparent_hugepage/"

static bool cpu_has_pat(void)
{
	char *line = NULL;
	bool found = false;
	size_t room = 0;
	FILE *in;

	in = fopen("/proc/cpuinfo", "re");
	if (!in)
		return true;
	while (!found && getline(&line, &room, in) >= 0)
		found = !strncmp(line, "flags", 5) && strstr(line, " pat ");
	free(line);
	fclose(in);
	return found;
}

void check_pat(struct doctor *doctor)
{
	bool known = usable(doctor), on = doctor->device.info.flags & PFNMAP_TEST_INFO_PAT;

	if (!HAVE_PAT)
		verdict(doctor, "pat", STATE_OK, NULL, NO_PAT);
	else if (known && on)
		verdict(doctor, "pat", STATE_OK, NULL, "on, the module says");
	else if (boot_parameter("nopat"))
		verdict(doctor, "pat", STATE_MISSING, "boot without nopat",
			"off: nopat is on the kernel's command line");
	else if (!cpu_has_pat())
		verdict(doctor, "pat", STATE_MISSING, "use another CPU, or QEMU's -cpu max",
			"off: the CPU has none");
	else if (known)
		verdict(doctor, "pat", STATE_MISSING, "dmesg | grep PAT", "off, the module says");
	else if (!access(DEBUGFS_LIST, F_OK))
		verdict(doctor, "pat", STATE_OK, NULL, "on, debugfs has its list");
	else
		verdict(doctor, "pat", STATE_WARNING, "load the module, and ask again",
			"not known: neither the module nor debugfs tells");
}

/* What does not work without huge pages, which differs from version to version. */
static const char *without_thp(const struct doctor *doctor)
{
	if (doctor->version >= KERNEL(7, 0))
		return "the huge zero folio can't be had; large leaves of pfns and folios can";
	if (doctor->version >= KERNEL(6, 18))
		return "the huge zero folio can't be had, and pfns are mapped by small leaves";
	if (doctor->version >= KERNEL(6, 12))
		return "pfns are mapped by small leaves";
	return "tests that compare with anonymous huge pages do without";
}

void check_thp(struct doctor *doctor)
{
	char enabled[128], zero[8];

	if (!read_line(THP "enabled", enabled, sizeof(enabled)))
		verdict(doctor, "thp", STATE_MISSING,
			"build the kernel with CONFIG_TRANSPARENT_HUGEPAGE",
			"the kernel has no huge pages: there are small leaves only");
	else if (strstr(enabled, "[never]"))
		verdict(doctor, "thp", STATE_MISSING, "echo madvise >" THP "enabled", "never: %s",
			without_thp(doctor));
	else if (!read_line(THP "use_zero_page", zero, sizeof(zero)) || strcmp(zero, "1"))
		verdict(doctor, "thp", STATE_MISSING, "echo 1 >" THP "use_zero_page",
			"use_zero_page is off: the huge zero folio can't be had");
	else
		verdict(doctor, "thp", STATE_OK, NULL, "%s", enabled);
}

void check_debugfs(struct doctor *doctor)
{
	static const char without[] = "there is no pat_memtype_list to compare with";
	struct statfs fs;

	if (!statfs("/sys/kernel/debug", &fs) && fs.f_type == DEBUGFS_MAGIC)
		verdict(doctor, "debugfs", STATE_OK, NULL, "mounted");
	else if (boot_parameter("debugfs=off"))
		verdict(doctor, "debugfs", STATE_MISSING, "boot without debugfs=off",
			"debugfs=off is on the kernel's command line: %s", without);
	else
		verdict(doctor, "debugfs", STATE_MISSING,
			"mount -t debugfs none /sys/kernel/debug", "not mounted: %s", without);
}
