# SPDX-License-Identifier: GPL-2.0-only
"""make fuzz: operations at random for SECONDS, from SEED, on the debug kernel: one of the
tests, so that all is looked at that tests must leave as it was."""

import dataclasses

import plan
from goals import check

TEST, KERNELS = "^fuzz: for as long as", ("debug",)


def run():
    rows = [dataclasses.replace(row, files=("fuzz.bats",), tests=TEST)
            for row in plan.rows_of(KERNELS)]
    return check.run_rows(rows)
