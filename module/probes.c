// SPDX-License-Identifier: GPL-2.0-only
/*
 * Compiles each probe with the answer that compat.h goes by: a wrong one, or that of
 * another kernel, does not get past this.
 */
#define PFNMAP_PROBES_AGAIN
#include "probes/answers.h"
