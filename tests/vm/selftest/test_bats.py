# SPDX-License-Identifier: GPL-2.0-only
"""suite.Run with bats itself and the tests' own helpers, of which the other files only assume how
they behave. Skipped if there is neither bats 1.11 nor a build root."""

import contextlib
import io
import os
import re
import shutil
import unittest
from unittest import mock

import setting  # first: it adds the runner's folders to sys.path
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

# Each test leaves something on the target, for pfnmap-state below to find.
LEAVES = """\
load helpers/common

left() { target_write "$TARGET_TMP/left" "$1"; }

@test "T1: nothing" { on true; }
@test "T2: an entry" { left "memtype list changed"; }
@test "T3: nothing again" { on true; }
@test "T4: a warning" { left "log: WARNING: at here"; }
@test "T5: an entry that clean_up takes away" { left taint; CLEAN=yes; }
@test "T6: what clean_up can't take away" { CLEAN=no; }
@test "T7: nothing at the end" { on true; }

clean_up() {
    [[ ${CLEAN-} != yes ]] || on rm "$TARGET_TMP/left" || return
    [[ ${CLEAN-} != no ]] || return 1
}
"""

# Tests that fail, for what they say. The first command has a here-document.
FAILS = """\
load helpers/common

try() { lines=("m: ok" "m: 5" "m: 6"); }

@test "T1: rows" {
    true
    check <<-END
		a
		b	5
		c	7
	END
}

@test "T2: lists" {
    same "the list" "$(seq 1 60)" "$(seq 3 60 && echo more)"
}

@test "T3: long lists" {
    same "the list" "$(seq 1 60)" none
}
"""

# In place of the real pfnmap-state. modprobe does nothing.
STATE = """\
#!/bin/sh
left=${0%/*}/left status=0 log=
if [ "$1" = check ] && [ -e "$left" ]; then
    read -r text <"$left"
    rm "$left"
    case $text in
    log:*) log=${text#log: } ;;
    *) echo "$text" && status=1 ;;
    esac
fi
[ "$1" != check ] || echo "log:
$log"
exit $status
"""


class Bats(unittest.TestCase):

    @classmethod
    def run_file(cls, name, text, tests):
        """Runs a test file with this text. The target is this machine, whose PATH begins with
        the folder cls.programs."""
        if not (suite.bats_here() or isinstance(roots.tools(), roots.Root)):
            raise unittest.SkipTest("no bats 1.11 with its libraries here, and no build root")
        setting.programs()
        tree = paths.run_folder() / "tree" / "tests"
        shutil.copytree(paths.TESTS / "helpers", tree / "helpers", dirs_exist_ok=True)
        (tree / "setup_suite.bash").write_text("setup_suite() { export GIVEN=here; }\n")
        (tree / name).write_text(text)
        shutil.copy2(setting.CLIENT, paths.run_folder() / "target")
        cls.programs = setting.folder()
        # bats sees only the run's folder.
        cls.target = setting.target.Here("here", paths.run_folder() / name.removesuffix(".bats"),
                                         {"PATH": f"{cls.programs}:{os.environ['PATH']}"})
        cls.target.server.hold = True
        cls.target.start()
        cls.addClassCleanup(cls.target.stop)
        for program, body in (("pfnmap-state", STATE), ("modprobe", "#!/bin/sh\n")):
            (cls.programs / program).write_text(body)
            (cls.programs / program).chmod(0o755)
        cls.results = []
        cls.run_ = suite.Run(cls.target, name, tests, {"TARGET_TMP": str(cls.programs)},
                             paths.run_folder() / f"work-{name}", cls.results.append)
        with mock.patch.object(suite, "GRACE_S", 10), \
                contextlib.redirect_stdout(io.StringIO()) as cls.said:
            setting.within(60, cls.run_.go)

    def verdicts(self):
        return [(r.name, r.ok) for r in self.results]

    def notes(self):
        return "\n".join(note for r in self.results for note in r.notes)


class Runs(Bats):

    @classmethod
    def setUpClass(cls):
        cls.run_file("a.bats", FILE, "^T")

    def test_one_death_and_one_limit_are_two_red_tests(self):
        self.assertEqual(self.verdicts(),
                         [("T1: one", True), ("T2: two", False), ("T3: three", True),
                          ("T4: four", False), ("T5: five", True)], self.notes())
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


class Leaves(Bats):
    """If a test leaves something behind, this test fails, and no other."""

    @classmethod
    def setUpClass(cls):
        cls.run_file("b.bats", LEAVES, "^T")

    def test_what_is_left_behind_is_red(self):
        self.assertEqual(self.verdicts(),
                         [("T1: nothing", True), ("T2: an entry", False),
                          ("T3: nothing again", True), ("T4: a warning", False),
                          ("T5: an entry that clean_up takes away", True),
                          ("T6: what clean_up can't take away", False),
                          ("T7: nothing at the end", True)], self.notes())

    def test_each_says_why(self):
        self.assertIn("# memtype list changed", "\n".join(self.results[1].notes))
        self.assertIn("# the kernel complained", "\n".join(self.results[3].notes))


class Says(Bats):
    """A test that fails says where, and what differs."""

    @classmethod
    def setUpClass(cls):
        cls.run_file("c.bats", FAILS, "^T")

    def test_a_check_fails_in_its_own_line(self):
        self.assertEqual(self.results[0].notes[:4], [
            "# (in test file tests/c.bats, line 7)", "#   `check <<-END' failed", "# c.bats:7:",
            "# row 3: c: has to say '7', says '6'"])

    def test_of_two_lists_only_the_lines_that_differ_are_shown(self):
        self.assertEqual(self.results[1].notes[2:],
                         ["# # the list changed", "# # -1", "# # -2", "# # +more"])

    def test_and_not_too_many(self):
        self.assertEqual(self.results[2].notes[2:],
                         ["# # the list changed", *(f"# # -{n}" for n in range(1, 21))])


class Teardown(unittest.TestCase):
    """bats ignores the status of a teardown's commands, but for the last one."""

    def test_no_file_has_one_of_its_own(self):
        files = [*paths.TESTS.rglob("*.bats"), *paths.TESTS.rglob("*.bash")]
        self.assertEqual([str(file.relative_to(paths.TESTS)) for file in sorted(files)
                          if re.search(r"^teardown\(\)", file.read_text(), re.M)],
                         # These files say why they have one.
                         ["atlas.bats", "helpers/common.bash", "upstream.bats"])


if __name__ == "__main__":
    unittest.main()
