/* SPDX-License-Identifier: GPL-2.0-only */
/* futex(2): wait at a word, and wake waiters. */
#ifndef FUTEX_H
#define FUTEX_H

#include <stdbool.h>
#include <stdint.h>

int futex_wait(void *address, bool private, uint32_t value, uint64_t ms);
int futex_wake(void *address, bool private, unsigned int n);

#endif
