// SPDX-License-Identifier: GPL-2.0-only
/* Tells the user what failed and what to do next. */
#include "ctl.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

/* What to do about an errno if the caller has no better advice. */
static const char *advice_of(int err)
{
	switch (abs(err)) {
	case EPERM:
	case EACCES:
		return "run pfnmapctl as root";
	case ENOENT:
		return "is the path right?";
	case ENOMEM:
		return "free some memory";
	case EMFILE:
	case ENFILE:
	case EAGAIN:
		return "raise the limit, see 'ulimit -a'";
	case ENOTTY:
		return "load a module as new as pfnmapctl";
	case EOPNOTSUPP:
		return "see 'pfnmapctl doctor' for what is missing here";
	default:
		return "see dmesg and 'pfnmapctl doctor'";
	}
}

/**
 * fail() - print what failed, the error, and what to do about it
 * @err: errno, positive or negative
 * @advice: what to do, or NULL for what goes with @err
 * @fmt: what failed
 *
 * Return: EXIT_FAILURE
 */
int fail(int err, const char *advice, const char *fmt, ...)
{
	va_list args;

	fflush(stdout);
	fputs("pfnmapctl: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fprintf(stderr, ": %s (%s): %s\n", strerror(abs(err)), text_errno(err),
		advice ?: advice_of(err));
	return EXIT_FAILURE;
}

/**
 * refuse_argument() - end the program over a surplus argument
 * @state: of argp
 * @arg: the argument
 *
 * Return: never in practice; the type lets a parser of argp's return this call
 */
error_t refuse_argument(struct argp_state *state, const char *arg)
{
	argp_error(state, "'%s' is one argument too many", arg);
	return ARGP_ERR_UNKNOWN;
}

/**
 * parse_bytes() - parse the number that an option takes
 * @state: of argp; a wrong number ends the program
 * @option: for the message
 * @text: the number
 *
 * Return: the number
 */
uint64_t parse_bytes(struct argp_state *state, const char *option, const char *text)
{
	uint64_t value = 0;

	if (text_number(text, &value))
		argp_error(state, "%s: '%s' is not a number such as 4096, 0x1000, 4k, 2M", option,
			   text);
	return value;
}
