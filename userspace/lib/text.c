// SPDX-License-Identifier: GPL-2.0-only
/* Parses the numbers that users write, and names the errors that users read. */
#include "text.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/**
 * text_number() - parse an unsigned number
 * @text: decimal, or hexadecimal after 0x, with a suffix k, M, G, T, P or E if wanted
 * @value: set to the number
 *
 * Return: 0, -EINVAL if it is no such number, -ERANGE if it is too large
 */
int text_number(const char *text, uint64_t *value)
{
	static const char suffixes[] = "kMGTPE";
	const char *suffix;
	unsigned int shift;
	uint64_t number;
	char *end;
	int base;

	base = text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ? 16 : 10;
	if (!isdigit((unsigned char)text[0]))
		return -EINVAL;
	errno = 0;
	number = strtoull(text, &end, base);
	if (errno)
		return -errno;
	if (*end) {
		suffix = strchr(suffixes, *end == 'K' ? 'k' : *end);
		if (!suffix || end[1] || end == text)
			return -EINVAL;
		shift = 10 * (suffix - suffixes + 1);
		if (number > UINT64_MAX >> shift)
			return -ERANGE;
		number <<= shift;
	}
	*value = number;
	return 0;
}

/**
 * text_errno() - symbolic name of an errno
 * @err: errno, positive or negative
 *
 * Return: "EINVAL" and the like, "errno ?" for an unknown one
 */
const char *text_errno(int err)
{
	const char *name = strerrorname_np(abs(err));

	return name ? name : "errno ?";
}
