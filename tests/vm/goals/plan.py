# SPDX-License-Identifier: GPL-2.0-only
"""make plan: what `make check` would run, without running it: a row for each machine."""

import plan
import report
import roots


def run():
    roots.script("root")
    report.table(plan.table(plan.check()))
