# SPDX-License-Identifier: GPL-2.0-only
"""make plan: prints what `make check` would run: a row for each machine. Runs nothing."""

import plan
import report
import roots


def run():
    roots.script("root")
    report.table(plan.table(plan.check()))
