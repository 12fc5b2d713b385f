/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory accesses that survive SIGBUS and SIGSEGV. */
#ifndef FAULT_H
#define FAULT_H

#include <stddef.h>
#include <stdint.h>

int fault_read(const void *address, uint32_t *value);
int fault_write(void *address, uint32_t value);
int fault_call(const void *address);
const char *fault_name(int sig);

#endif
