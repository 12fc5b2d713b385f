// SPDX-License-Identifier: GPL-2.0-only
/*
 * The grammar of a region's module parameter. Touches no hardware.
 */
#include <linux/align.h>
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/kstrtox.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/string.h>

#include "pfnmap_test.h"

/* Reads a number as memparse() does. memparse() itself does not report an overflow. */
static int parse_bytes(const char **text, u64 *bytes)
{
	static const char units[] = "KMGTPE";
	const char *digits = "0123456789";
	const char *unit;
	char number[24];
	size_t len = 0;
	int err;

	if (!strncasecmp(*text, "0x", 2)) {
		digits = "0123456789abcdefABCDEF";
		len = 2;
	}
	len += strspn(*text + len, digits);
	if (len >= sizeof(number))
		return -ERANGE;

	memcpy(number, *text, len);
	number[len] = '\0';
	err = kstrtou64(number, 0, bytes);
	if (err)
		return err;

	*text += len;
	unit = **text ? strchr(units, toupper(**text)) : NULL;
	if (!unit)
		return 0;

	(*text)++;
	if (check_shl_overflow(*bytes, 10 * (unit - units + 1), bytes))
		return -ERANGE;

	return 0;
}

/* "DDDD:BB:DD.F/BAR", all but the BAR in hexadecimal. */
static int parse_bar(const char *text, struct pfnmap_bar *bar)
{
	unsigned int domain, device, function;
	int len = 0;

	if (sscanf(text, "%4x:%2x:%2x.%1x/%1u%n", &domain, &bar->bus, &device,
		   &function, &bar->bar, &len) != 5 || text[len])
		return -EINVAL;
	if (device > 0x1f || function > 7 || bar->bar > 5)
		return -EINVAL;

	bar->domain = domain;
	bar->devfn = device << 3 | function;
	return 0;
}

/**
 * pfnmap_parse_align - parse the dax_align parameter
 * @text: "auto", or the size of a leaf as memparse() reads it
 * @bytes: set to the size, 0 for auto
 *
 * Return: 0 or -EINVAL.
 */
int pfnmap_parse_align(const char *text, u64 *bytes)
{
	*bytes = 0;
	if (sysfs_streq(text, "auto"))
		return 0;

	if (parse_bytes(&text, bytes) || *text)
		return -EINVAL;

	return *bytes == PAGE_SIZE || *bytes == PMD_SIZE || *bytes == PUD_SIZE ?
	       0 : -EINVAL;
}

/**
 * pfnmap_parse_spec - parse a region's module parameter
 * @text: "off", "auto", "SIZE", "SIZE@ADDR" (numbers as memparse() reads them)
 *	or "pci:DDDD:BB:DD.F/BAR"
 * @spec: filled in
 * @why: on error, what is wrong, for the log
 *
 * Return: 0, -EINVAL or -ERANGE.
 */
int pfnmap_parse_spec(const char *text, struct pfnmap_spec *spec,
		      const char **why)
{
	u64 end;
	int err;

	*spec = (struct pfnmap_spec){ .source = PFNMAP_SOURCE_OFF };
	if (sysfs_streq(text, "off"))
		return 0;

	spec->source = PFNMAP_SOURCE_AUTO;
	if (sysfs_streq(text, "auto"))
		return 0;

	if (!strncmp(text, "pci:", 4)) {
		*why = "not pci:DDDD:BB:DD.F/BAR";
		spec->source = PFNMAP_SOURCE_PCI;
		return parse_bar(text + 4, &spec->bar);
	}

	spec->source = PFNMAP_SOURCE_CARVE;
	err = parse_bytes(&text, &spec->bytes);
	if (!err && *text == '@') {
		text++;
		spec->source = PFNMAP_SOURCE_FIXED;
		err = parse_bytes(&text, &spec->start);
	}
	if (err == -ERANGE) {
		*why = "a number is out of range";
		return err;
	}
	if (err || *text) {
		*why = "not auto, SIZE, SIZE@ADDR, pci:DDDD:BB:DD.F/BAR or off";
		return -EINVAL;
	}
	if (!spec->bytes) {
		*why = "the size is zero";
		return -EINVAL;
	}
	if (!PAGE_ALIGNED(spec->bytes) || !PAGE_ALIGNED(spec->start)) {
		*why = "not a multiple of the page size";
		return -EINVAL;
	}
	if (check_add_overflow(spec->start, spec->bytes - 1, &end)) {
		*why = "the end overflows";
		return -ERANGE;
	}

	return 0;
}
