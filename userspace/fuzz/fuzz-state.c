// SPDX-License-Identifier: GPL-2.0-only
/* The state that all operations share, and the functions by which they report. */
#include "fuzz.h"

#include <stdarg.h>
#include <stdio.h>

#include <text.h>

struct fuzz fuzz;

/**
 * say() - print what the fuzzer is about to do, with --verbose
 * @format: as of printf()
 *
 * Flushes at once: the kernel may not survive what comes next.
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
 * result() - count an operation, and print its result
 * @kind: what the operation was
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
 * broken() - report a fault of the kernel or the module, and end the run
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
