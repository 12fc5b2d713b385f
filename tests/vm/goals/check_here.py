# SPDX-License-Identifier: GPL-2.0-only
"""make check-here: the tests on the kernel that this machine runs. The Makefile has built what
the tests need."""

import os

import paths
import plan
from goals import check


def run():
    os.environ["JOBS"] = "1"
    return check.run_rows([plan.Row(
        "here", "here", release=os.uname().release, files=plan.all_files(),
        tests=paths.asked("TESTS"), builds=("module",))])
