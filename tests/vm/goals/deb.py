# SPDX-License-Identifier: GPL-2.0-only
"""make check-deb: builds the Debian packages, installs them, and boots a guest that has no
files of ours but those of the packages. Runs some of the tests, from the packages' copy."""

import dataclasses
import tarfile

import builder
import paths
import plan
import roots
from goals import check
from target import Failed

TESTS, KERNELS = "^(dkms|cli|memtype): ", (plan.NEWEST_STABLE,)
FILES = ("dkms.bats", "cli.bats", "memtype.bats")


def run():
    row = plan.rows_of(KERNELS)[-1]
    builder.basics()
    if not builder.find_kernel(row):
        raise Failed(f"no kernel {row.kernel}, see above; 'make plan' prints those that can be had")
    roots.script("packaging", "installed", row.release, stage="Debian packages")
    unpacked = paths.run_folder() / "packages"
    with tarfile.open(paths.BUILD / row.release / "packages.tar") as tar:
        tar.extractall(unpacked)
    paths.snapshot(unpacked / "usr/share/pfnmap-test")
    return check.run_rows([dataclasses.replace(
        row, packages=True, builds=(), files=FILES, tests=paths.asked("TESTS") or TESTS)])
