# SPDX-License-Identifier: GPL-2.0-only
"""make check-deb: the Debian packages, built, installed and booted: a guest with nothing but
their files runs some of the tests, which are theirs, too."""

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
        raise Failed(f"no kernel {row.kernel}")
    roots.script("packaging", "installed", row.release, stage="Debian packages")
    unpacked = paths.run_folder() / "packages"
    with tarfile.open(paths.BUILD / row.release / "packages.tar") as tar:
        tar.extractall(unpacked)
    paths.snapshot(unpacked / "usr/share/pfnmap-test")
    return check.run_rows([dataclasses.replace(
        row, packages=True, builds=(), files=FILES, tests=paths.asked("TESTS") or TESTS)])
