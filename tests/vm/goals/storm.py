# SPDX-License-Identifier: GPL-2.0-only
"""make storm: CYCLES loads, and everything at once for SECONDS, on the newest stable kernel; with
BOOTS='NAME ...' (or all) on guests of boots/. The guest has all processors."""

import dataclasses
import os

import plan
import roots
from goals import check

KERNELS = (plan.NEWEST_STABLE,)


def run():
    stress = roots.script("stress-ng")
    rows = [dataclasses.replace(row, files=("storm.bats",), cpus=os.cpu_count() or 1,
                                extra=((stress, "/opt/stress-ng"),))
            for plain in plan.rows_of(KERNELS) for row in plan.boots_of(plain)]
    os.environ["JOBS"] = "1"
    return check.run_rows(rows)
