# SPDX-License-Identifier: GPL-2.0-only
"""make kunit: the KUnit suites on kernels of our own, which KERNELS names."""

import plan
from goals import check


def run():
    return check.run_rows([plan.with_kunit(row) for row in plan.rows_of(plan.KUNIT)])
