# SPDX-License-Identifier: GPL-2.0-only
"""make check-all: as check, and on rt and cloud kernels, on every kernel of our own, and arm64:
hours."""

from goals import check


def run():
    return check.run(everything=True)
