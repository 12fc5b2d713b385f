// SPDX-License-Identifier: GPL-2.0-only
/*
 * Compiles each probe with the answer that compat.h uses. A wrong answer, or another
 * kernel's, does not compile.
 */
#define PFNMAP_PROBES_AGAIN
#include "probes/answers.h"
