// SPDX-License-Identifier: GPL-2.0-only
/* The command doctor: runs all checks, and makes a row of each verdict. */
#include "doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "array.h"
#include "table.h"

/* The order of the checks: a cause comes before its effects. */
static check * const checks[] = {
	check_user,
	check_config,
	check_lockdown,
	check_module_file,
	check_module,
	check_abi,
	check_taint,
	check_pat,
	check_debugfs,
	check_memtype,
	check_thp,
	check_devmem,
	check_memory,
	check_regions,
	check_methods,
};

enum {
	CHECK,
	STATE,
	WHY,
	ADVICE,
};

static const struct column columns[] = {
	[CHECK] = { "check", COLUMN_TEXT },
	[STATE] = { "state", COLUMN_TEXT },
	[WHY] = { "why", COLUMN_TEXT },
	[ADVICE] = { "advice", COLUMN_TEXT },
};

/**
 * verdict() - add a row: is one thing available here?
 * @doctor: gets the verdict
 * @name: of the thing
 * @state: the verdict
 * @advice: what to do, or NULL
 * @fmt: the reason
 */
void verdict(struct doctor *doctor, const char *name, enum state state, const char *advice,
	     const char *fmt, ...)
{
	static const char * const states[] = {
		[STATE_OK] = "ok",
		[STATE_WARNING] = "warning",
		[STATE_MISSING] = "missing",
	};
	char *why;
	va_list args;
	int len;

	va_start(args, fmt);
	len = vasprintf(&why, fmt, args);
	va_end(args);
	if (len < 0)
		abort();
	table_row(doctor->table);
	table_set(doctor->table, CHECK, "%s", name);
	table_set(doctor->table, STATE, "%s", states[state]);
	table_set(doctor->table, WHY, "%s", why);
	if (advice)
		table_set(doctor->table, ADVICE, "%s", advice);
	if (state != STATE_OK)
		table_color(doctor->table, state == STATE_MISSING ? "red" : "yellow");
	doctor->missing = doctor->missing || state == STATE_MISSING;
	free(why);
}

/**
 * read_line() - the first line of a file
 * @path: of the file
 * @line: filled in, empty if it can't be read
 * @room: size of @line
 *
 * Return: whether the file could be read
 */
bool read_line(const char *path, char *line, size_t room)
{
	FILE *in = fopen(path, "re");
	bool ok = in && fgets(line, room, in);

	if (in)
		fclose(in);
	if (!ok)
		*line = '\0';
	line[strcspn(line, "\n")] = '\0';
	return ok;
}

/**
 * boot_parameter() - is a word on the kernel's command line?
 * @word: the whole word
 *
 * Return: whether it is
 */
bool boot_parameter(const char *word)
{
	char line[4096], *rest = line, *next;

	read_line("/proc/cmdline", line, sizeof(line));
	while ((next = strsep(&rest, " ")))
		if (!strcmp(next, word))
			return true;
	return false;
}

/**
 * usable() - can doctor ask the module?
 * @doctor: has the device
 *
 * Return: whether the device is open
 */
bool usable(const struct doctor *doctor)
{
	return doctor->device.catalog.n;
}

/* Prints no message: check_module() and check_abi() report what is wrong. */
static void open_device(struct doctor *doctor, const struct common *common)
{
	struct device *device = &doctor->device;
	int err;

	device->path = common->device;
	device->fd = pfnmap_open(common->device, false, O_RDWR);
	if (device->fd < 0)
		return;
	err = pfnmap_get_info(device->fd, &device->info);
	if (!err && device->info.abi >= PFNMAP_TEST_ABI)
		err = catalog_load(&device->catalog, device->fd);
	if (!err)
		return;
	close(device->fd);
	device->fd = err;
}

static void learn(struct doctor *doctor, const struct common *common)
{
	unsigned int major = 0, minor = 0;
	struct utsname name;

	uname(&name);
	snprintf(doctor->release, sizeof(doctor->release), "%s", name.release);
	if (sscanf(name.release, "%u.%u", &major, &minor) == 2)
		doctor->version = KERNEL(major, minor);
	kconfig_load(&doctor->config, name.release);
	doctor->loaded = !access(MODULE_SYSFS, F_OK);
	open_device(doctor, common);
}

static const char doc[] =
	"Tell why a region, method or query is not available here, and what to do.\n"
	"\vState: if something is missing, tests skip or fail. A warning is about what\n"
	"may make results doubtful, or about what doctor can't find out. All else is\n"
	"ok, also a method that only other versions of the kernel have.\n"
	"\n"
	"Exit status: 0 if nothing is missing; 1 if something is; 4 if the module is\n"
	"not loaded, so that nothing can be tested.";

int cmd_doctor(struct common *common, int argc, char **argv)
{
	struct doctor doctor = { 0 };
	size_t i;
	int status;

	status = command_parse_plain(doc, common, argc, argv);
	if (status)
		return status;
	learn(&doctor, common);
	doctor.table = table_new(columns, ARRAY_SIZE(columns), common->json);
	for (i = 0; i < ARRAY_SIZE(checks); i++)
		checks[i](&doctor);
	status = table_print(doctor.table);
	device_close(&doctor.device);
	kconfig_free(&doctor.config);
	if (status)
		return status;
	if (!doctor.loaded)
		return EXIT_UNAVAILABLE;
	return doctor.missing ? EXIT_FAILURE : EXIT_SUCCESS;
}
