# SPDX-License-Identifier: GPL-2.0-only
"""make check-all: as check, and also on rt and cloud kernels, on every kernel of our own, and
on arm64. This takes hours."""

from goals import check


def run():
    return check.run(everything=True)
