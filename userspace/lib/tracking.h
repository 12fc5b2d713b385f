/* SPDX-License-Identifier: GPL-2.0-only */
/* How the kernel tracks a mapping, by name. */
#ifndef TRACKING_H
#define TRACKING_H

#include <stdint.h>

const char *tracking_name(uint32_t tracking);

#endif
