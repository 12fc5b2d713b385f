// SPDX-License-Identifier: GPL-2.0-only
/* What all operations know and report to. */
#include "fuzz.h"

#include <stdarg.h>
#include <stdio.h>

#include <text.h>

struct fuzz fuzz;

/**
 * say() - what is being done, with --verbose
 * @format: as of printf()
 *
 * Flushed at once: the kernel may not survive what comes next.
 */
void say(const char *format, ...)
{
	va_list args;

	if (!fuzz.verbose)
		return;
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	fflush(stdout);
}

/**
 * result() - count what was done, and tell what came of it
 * @kind: what it was
 * @ret: 0 or -errno
 */
void result(enum kind kind, long ret)
{
	say(" = %s\n", ret ? text_errno(ret) : "ok");
	fuzz.counts->done[kind]++;
	if (!ret)
		fuzz.counts->succeeded[kind]++;
}

/**
 * broken() - something is not as it must be; the run ends
 * @format: as of printf()
 */
void broken(const char *format, ...)
{
	va_list args;

	printf("wrong after %llu operations: ", (unsigned long long)fuzz.counts->operations);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
	fuzz.counts->broken = true;
}
