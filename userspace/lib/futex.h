/* SPDX-License-Identifier: GPL-2.0-only */
/* Words that processes wait at. */
#ifndef FUTEX_H
#define FUTEX_H

#include <stdbool.h>
#include <stdint.h>

int futex_wait(void *address, bool private, uint32_t value, uint64_t ms);
int futex_wake(void *address, bool private, unsigned int n);

#endif
