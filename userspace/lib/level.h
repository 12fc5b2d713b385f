/* SPDX-License-Identifier: GPL-2.0-only */
/* Page-table levels: how much one entry maps, and how much we map by default. */
#ifndef LEVEL_H
#define LEVEL_H

#include <stddef.h>
#include <stdint.h>

size_t level_leaf(uint32_t level);
size_t level_bytes(uint32_t level);
uint32_t level_lowest(uint64_t levels);
uint32_t level_fitting(uint64_t levels, uint64_t bytes);

#endif
