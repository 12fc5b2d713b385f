/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers and errno values as people write and read them. */
#ifndef TEXT_H
#define TEXT_H

#include <stdint.h>

int text_number(const char *text, uint64_t *value);
const char *text_errno(int err);

#endif
