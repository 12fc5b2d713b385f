# SPDX-License-Identifier: GPL-2.0-only
"""make storm: everything at once for SECONDS, and CYCLES loads, on the newest stable kernel. The
guest has all processors."""

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
            for row in plan.rows_of(KERNELS)]
    os.environ["JOBS"] = "1"
    return check.run_rows(rows)
