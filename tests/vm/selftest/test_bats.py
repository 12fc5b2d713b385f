# SPDX-License-Identifier: GPL-2.0-only
"""suite.Run with bats itself and the tests' own helpers/target.bash: what the other tests
take for granted of both. Where there is no bats of 1.11 and no build root it is skipped."""

import contextlib
import io
import shutil
import unittest
from unittest import mock

import setting  # first: it knows where the runner is
import paths
import roots
import suite

FILE = """\
load helpers/target

again() {
    local status=0
    "$TARGET_CLIENT" --wait "$TARGET" exec true || status=$?
    [[ $status == 123 ]]
}

@test "T1: one" { [[ $(on echo "$GIVEN") == here ]]; }
@test "T2: two" { on sh -c 'kill -9 $PPID; sleep 30'; }
@test "T3: three" { again; target_has /proc/version; }
@test "T4: four" { time_limit 0.5; on sleep 30; }
@test "T5: five" { time_limit 600; echo hello | on -i cat; skip "so it is"; }
@test "other" { false; }
"""


class Bats(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        if not (suite.bats_here() or isinstance(roots.tools(), roots.Root)):
            raise unittest.SkipTest("no bats 1.11 with its libraries here, and no build root")
        setting.programs()
        tests = paths.run_folder() / "tree" / "tests"
        (tests / "helpers").mkdir(parents=True)
        for name in ("target.bash", "builtins.bash"):
            shutil.copy(paths.TESTS / "helpers" / name, tests / "helpers")
        (tests / "setup_suite.bash").write_text("setup_suite() { export GIVEN=here; }\n")
        (tests / "a.bats").write_text(FILE)
        shutil.copy2(setting.CLIENT, paths.run_folder() / "target")
        # bats sees the run's folder alone.
        cls.target = setting.target.Here("here", paths.run_folder() / "here", {})
        cls.target.server.hold = True
        cls.target.start()
        cls.addClassCleanup(cls.target.stop)
        cls.results = []
        cls.run_ = suite.Run(cls.target, "a.bats", "^T", {"TARGET_TMP": "/tmp"},
                             paths.run_folder() / "work", cls.results.append)
        with mock.patch.object(suite, "GRACE_S", 10), \
                contextlib.redirect_stdout(io.StringIO()) as cls.said:
            setting.within(60, cls.run_.go)

    def test_one_death_and_one_limit_are_two_red_tests(self):
        self.assertEqual([(r.name, r.ok) for r in self.results],
                         [("T1: one", True), ("T2: two", False), ("T3: three", True),
                          ("T4: four", False), ("T5: five", True)],
                         "\n".join(note for r in self.results for note in r.notes))
        self.assertEqual(self.results[4].skipped, "so it is")
        self.assertEqual((self.run_.stream.planned, self.target.boots), (5, 2))

    def test_each_says_why(self):
        self.assertIn("# the target is gone: it has ended", self.results[1].notes)
        self.assertIn("failed with status 125", "\n".join(self.results[1].notes))
        self.assertIn("# it took longer than 0 s, and was ended", self.results[3].notes)

    def test_nothing_else_is_said(self):
        self.assertEqual(self.said.getvalue(), "")

    def test_a_limit_that_no_file_asks_for_is_the_runners(self):
        self.assertEqual(self.run_.time_limit(), 600)


if __name__ == "__main__":
    unittest.main()
