// SPDX-License-Identifier: GPL-2.0-only
/*
 * Steps that load and unload the module, in the calling thread: fail-nth injects faults into only
 * one thread.
 */
#include "try.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MODULE	"pfnmap_test"

/* Opens the module's file once, so that faults hit the loading and not the open. */
static int module_file(void)
{
	const char *path = getenv("PFNMAP_TEST_KO");
	static int fd = -1;

	if (!path)
		malformed("insmod needs $PFNMAP_TEST_KO");
	if (fd < 0)
		fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static void do_insmod(const struct step *step)
{
	int fd = module_file(), err = fd < 0 ? fd : 0;
	char params[256] = "";
	size_t len = 0, i;

	for (i = 0; i < step->n_args; i++)
		len += snprintf(params + len, sizeof(params) - len, "%s=%s ",
				step->args[i].key, step_text(step, step->args[i].key));
	if (!err && syscall(SYS_finit_module, fd, params, 0))
		err = -errno;
	step_done(step, MODULE, err);
}

static void do_rmmod(const struct step *step)
{
	step_done(step, MODULE, syscall(SYS_delete_module, MODULE, O_NONBLOCK) ? -errno : 0);
}

const struct verb module_verbs[] = {
	{ "insmod", "[,mmio=M][,dax=D][,dax_align=A]",
	  "loads the module $PFNMAP_TEST_KO", do_insmod },
	{ "rmmod", "",
	  "unloads the module", do_rmmod },
	{ 0 }
};
