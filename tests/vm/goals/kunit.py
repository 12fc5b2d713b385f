# SPDX-License-Identifier: GPL-2.0-only
"""make kunit: the KUnit suites on kernels of our own; KERNELS names them."""

import sys

import ktap
import plan
import pool
import stages


def run():
    rows = [plan.with_kunit(row) for row in plan.rows_of(plan.KUNIT)]
    suites = ktap.Suites()
    work = pool.Pool(rows, (), suites.run)
    ok = work.run()
    ok = suites.finish() and ok
    for text in work.failures:
        print(f"error: {text}")
    stages.write(sys.stdout)
    return ok
