/* SPDX-License-Identifier: GPL-2.0-only */
/* Names of bits for which DESCRIBE has none. */
#ifndef FLAGS_H
#define FLAGS_H

#include <stdint.h>

struct flag {
	uint64_t bit;
	const char *name;	/* NULL ends an array */
};

extern const struct flag desc_flags[];
extern const struct flag map_flags[];
extern const struct flag folio_flags[];
extern const struct flag info_flags[];
extern const struct flag inspect_flags[];

char *flags_text(const struct flag *flags, uint64_t value, const char *between);
const char *pgmap_name(uint32_t pgmap);

#endif
