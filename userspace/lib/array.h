/* SPDX-License-Identifier: GPL-2.0-only */
/* How long an array is: the kernel has a macro for this, the C library has none. */
#ifndef ARRAY_H
#define ARRAY_H

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof(*(array)))

#endif
