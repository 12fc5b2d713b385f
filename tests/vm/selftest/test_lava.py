# SPDX-License-Identifier: GPL-2.0-only
"""docs/ci/tap-to-lava.pl makes a test case for LAVA of each test, and tells of a run cut short."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

PROGRAM = pathlib.Path(__file__).parents[3] / "docs/ci/tap-to-lava.pl"
# Stands in for LAVA's program: prints its arguments, and fails if a test case is named "refused".
LAVA_TEST_CASE = """#!/bin/sh
echo "$@"
[ "$1" != refused ]
"""


@unittest.skipUnless(shutil.which("perl"), "no perl here")
class Lava(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        stub = self.folder / "lava-test-case"
        stub.write_text(LAVA_TEST_CASE)
        stub.chmod(0o755)

    def lava(self, *lines):
        """The program's exit status, and the test cases that LAVA gets."""
        if lines:
            (self.folder / "x.tap").write_text("".join(f"{line}\n" for line in lines))
        done = subprocess.run(
            ["perl", str(PROGRAM), str(self.folder / "x.tap")], check=False, text=True,
            capture_output=True, env={**os.environ, "PATH": f"{self.folder}:{os.environ['PATH']}"})
        return done.returncode, done.stdout.splitlines()

    def test_each_result(self):
        self.assertEqual(self.lava("1..3", "ok 1 T1: munmap leaks nothing in 12ms",
                                   "not ok 2 C6: a write", "# why",
                                   "ok 3 Z1: zap # skip no PAT"), (0, [
                                       "T1-munmap-leaks-nothing --result pass",
                                       "C6-a-write --result fail",
                                       "Z1-zap --result skip",
                                       "all-tests-ran --result pass"]))

    def test_fewer_than_planned(self):
        self.assertEqual(self.lava("1..2", "ok 1 a"),
                         (0, ["a --result pass", "all-tests-ran --result fail"]))

    def test_bail_out(self):
        self.assertEqual(self.lava("1..1", "ok 1 a", "Bail out! a splat")[1][-1],
                         "all-tests-ran --result fail")

    def test_no_file(self):
        self.assertEqual(self.lava(), (0, ["all-tests-ran --result fail"]))

    def test_lava_fails(self):
        status, cases = self.lava("1..1", "ok 1 refused")
        self.assertNotEqual(status, 0)
        self.assertEqual(cases, ["refused --result pass"])


if __name__ == "__main__":
    unittest.main()
