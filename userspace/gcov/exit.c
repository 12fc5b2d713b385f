// SPDX-License-Identifier: GPL-2.0-only
/* With COVERAGE=1: children that end by _exit() write their counts, too. */
#include <gcov.h>

void __real__exit(int status) __attribute__((noreturn));
void __wrap__exit(int status) __attribute__((noreturn));

void __wrap__exit(int status)
{
	__gcov_dump();
	__real__exit(status);
}
