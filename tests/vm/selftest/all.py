#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: GPL-2.0-only
"""all.py [NAME...]: tests the runner itself. Does the same as `python3 -m unittest discover -s` of
this folder, but runs several files at once, as most of them wait, and prints little unless a test
fails."""

import io
import multiprocessing
import pathlib
import sys
import time
import unittest

import setting  # first: it adds the runner's folders to sys.path
import paths

HERE = pathlib.Path(__file__).resolve().parent
AT_ONCE = 6


def run(name):
    """Runs a file of tests, in a process of its own. Returns the time, the output, how many tests
    ran and were skipped, and why."""
    began = time.monotonic()
    said = io.StringIO()
    tests = unittest.defaultTestLoader.discover(str(HERE), f"{name}.py")
    result = unittest.TextTestRunner(said, buffer=True).run(tests)
    why = sorted({reason for _, reason in result.skipped})
    return (name, time.monotonic() - began, said.getvalue(), result.testsRun,
            len(result.skipped), why, result.wasSuccessful())


def main():
    began = time.monotonic()
    # Start those files first that wait the longest.
    names = sys.argv[1:] or sorted((path.stem for path in HERE.glob("test_*.py")),
                                   key=lambda name: name not in ("test_bats", "test_run"))
    try:
        setting.programs()
    except unittest.SkipTest:
        pass  # the files that need the programs skip, and say why
    paths.run_folder()
    ran, left_out, red = 0, 0, []
    with multiprocessing.get_context("fork").Pool(AT_ONCE, maxtasksperchild=1) as pool:
        for name, seconds, said, tests, skipped, why, ok in pool.imap_unordered(run, names):
            ran += tests
            left_out += skipped
            for reason in why:
                print(f"{name}: skipped: {reason}")
            if not ok:
                red.append(name)
                print(f"== {name}, {seconds:.1f} s\n{said}", flush=True)
    print(f"runner: {ran} tests, {left_out} skipped, {time.monotonic() - began:.1f} s;",
          "red: " + " ".join(red) if red else "all well")
    return bool(red)


if __name__ == "__main__":
    sys.exit(main())
