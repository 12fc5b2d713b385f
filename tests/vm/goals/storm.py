# SPDX-License-Identifier: GPL-2.0-only
"""make storm: CYCLES loads, and everything at once for SECONDS, on the newest stable kernel; with
BOOTS='NAME ...' (or all) on guests of boots/. The guest has all processors."""

import dataclasses
import os

import paths
import plan
import roots
from goals import check

KERNELS = (plan.NEWEST_STABLE,)


def run():
    extra = ()
    if paths.asked_number("STORM_SECONDS", 0):
        extra = ((roots.script("stress-ng"), "/opt/stress-ng"),)
    # A guest with little memory has no room for more programs.
    rows = [dataclasses.replace(row, files=("storm.bats",), cpus=os.cpu_count() or 1,
                                extra=extra if row.memory >= plain.memory else ())
            for plain in plan.rows_of(KERNELS) for row in plan.boots_of(plain)]
    os.environ["JOBS"] = "1"
    return check.run_rows(rows)
