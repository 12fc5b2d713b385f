/* SPDX-License-Identifier: GPL-2.0-only */
/* load --dry-run: tells what a load would take, and takes nothing. */
#ifndef DRY_RUN_H
#define DRY_RUN_H

#include "ctl.h"

int dry_run(const struct common *common, const char *options);

#endif
