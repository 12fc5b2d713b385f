/* SPDX-License-Identifier: GPL-2.0-only */
/* Checks for what the module needs, with advice if something is missing. */
#ifndef DOCTOR_H
#define DOCTOR_H

#include "ctl.h"
#include "kernel/kconfig.h"

enum state {
	STATE_OK,
	STATE_WARNING,
	STATE_MISSING,
};

/* Only x86-64 has PAT and tracks modes: elsewhere doctor does not report them as missing. */
#ifdef __x86_64__
#define HAVE_PAT	1
#else
#define HAVE_PAT	0
#endif
#define NO_PAT		"this architecture has none"

#define KERNEL(major, minor)	((major) << 16 | (minor))

struct doctor {
	struct device device;	/* fd is -errno if the device could not be opened */
	struct kconfig config;
	char release[65];
	unsigned int version;	/* KERNEL() */
	bool loaded;
	struct table *table;
	bool missing;
};

/* A check gives one verdict or more. A verdict has advice if the user can do something. */
typedef void check(struct doctor *doctor);
void verdict(struct doctor *doctor, const char *name, enum state state, const char *advice,
	     const char *fmt, ...) __attribute__((format(printf, 5, 6)));

bool read_line(const char *path, char *line, size_t room);
bool boot_parameter(const char *word);
bool usable(const struct doctor *doctor);

/* kernel.c */
check check_user;
check check_config;
check check_lockdown;
check check_taint;
check check_devmem;

/* mm.c */
check check_pat;
check check_thp;
check check_debugfs;

/* module.c */
check check_module_file;
check check_module;
check check_abi;
check check_memtype;

/* memory.c */
check check_regions;
check check_memory;

/* method.c */
check check_methods;

#endif
