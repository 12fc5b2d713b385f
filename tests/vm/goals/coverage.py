# SPDX-License-Identifier: GPL-2.0-only
"""make coverage: which lines of the module and of the programs KUnit and bats run, on a
kernel that counts lines; with TESTS, only what these bats tests run. coverage.sh reads the
counts."""

import subprocess

import paths
import plan
from goals import check


def run():
    for old in paths.RESULTS.glob("gcov-*.tar.gz"):
        old.unlink()
    row = plan.with_tests(plan.row_of("coverage"))
    if not paths.asked("TESTS"):
        row = plan.with_kunit(row)
    ok = check.run_rows([row])
    return subprocess.run([str(paths.VM / "goals" / "coverage.sh")], check=False).returncode == 0 \
        and ok
