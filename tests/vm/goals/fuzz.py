# SPDX-License-Identifier: GPL-2.0-only
"""make fuzz: random operations for SECONDS, from SEED, on the debug kernel; with GUESS=1 beside
threads that guess ids. The fuzzer is one of the tests, so the checks after every test run after it,
too."""

import dataclasses

import plan
from goals import check

TEST, KERNELS = "^fuzz: for as long as", ("debug",)


def run():
    rows = [dataclasses.replace(row, files=("fuzz.bats",), tests=TEST)
            for row in plan.rows_of(KERNELS)]
    return check.run_rows(rows)
