# SPDX-License-Identifier: GPL-2.0-only
"""What suite.py makes of bats' raw stream, recorded from bats 1.11.1, and of a console."""

import io
import unittest
from contextlib import redirect_stdout

import setting
import suite

# The output of `bats --formatter cat --timing` for a file of tests.
RECORDED = """\
1..6
suite /run/pfnmap-test/tree/tests/a.bats
begin 1 T1: one
ok 1 T1: one in 58ms
begin 2 two in 3ms # 5
not ok 2 two in 3ms # 5 in 19ms
# (from function `on' in file tests/helpers/target.bash, line 38,
#  in test file tests/a.bats, line 4)
#   `on false' failed
begin 3 three
ok 3 three in 11ms # skip
begin 4 four
ok 4 four in 19ms # skip why # so
begin 5 five
/usr/libexec/bats-core/bats-exec-file: line 226:  5432 Killed    "$BATS_LIBEXEC/bats-exec-test"
begin 6 six
ok 6 six in 0ms
"""

SETUP_FILE = """\
1..2
suite /run/pfnmap-test/tree/tests/a.bats
not ok 1 setup_file failed
# (from function `setup_file' in test file tests/a.bats, line 3)
#   `setup_file() { false; }' failed
# bats warning: Executed 1 instead of expected 2 tests
"""


class Fed(unittest.TestCase):

    def setUp(self):
        self.results = []
        self.stream = suite.Stream("a.bats", self.results.append)

    def feed(self, text):
        """Feeds lines to the stream. Returns what it prints."""
        with redirect_stdout(io.StringIO()) as printed:
            for line in text.splitlines():
                self.stream.line(line)
        return printed.getvalue()

    def finish(self):
        self.stream.end_current()
        self.stream.pass_on()
        return self.results


class Stream(Fed):

    def test_each_test_is_a_result(self):
        self.feed(RECORDED)
        self.assertEqual(
            [(r.file, r.name, r.ok, r.skipped, r.ms) for r in self.finish()],
            [("a.bats", "T1: one", True, "", 58),
             ("a.bats", "two in 3ms # 5", False, "", 19),
             ("a.bats", "three", True, "no reason", 11),
             ("a.bats", "four", True, "why # so", 19),
             ("a.bats", "five", False, "", 0),
             ("a.bats", "six", True, "", 0)])

    def test_a_plan_is_counted_and_so_is_what_was_given(self):
        self.assertEqual(self.stream.planned, 0)
        self.feed(RECORDED)
        self.finish()
        self.assertEqual((self.stream.planned, self.stream.given), (6, 6))

    def test_notes_are_those_of_the_test_above(self):
        self.feed(RECORDED)
        notes = [r.notes for r in self.finish()]
        self.assertEqual(notes[1], RECORDED.splitlines()[6:9])
        self.assertEqual([len(some) for some in notes], [0, 3, 0, 0, 1, 0])

    def test_a_test_without_a_result_was_killed(self):
        said = self.feed(RECORDED)
        self.assertEqual(self.finish()[4].notes, ["# it was killed"])
        self.assertIn("5432 Killed", said)

    def test_the_last_test_may_be_killed_too(self):
        self.feed("1..1\nbegin 1 one\n")
        self.assertEqual(self.results, [])
        only, = self.finish()
        self.assertEqual((only.name, only.ok, only.notes), ("one", False, ["# it was killed"]))

    def test_lines_that_are_no_notes_become_some(self):
        self.feed("begin 1 one\nnot ok 1 one in 1ms\nsomething\n")
        self.assertEqual(self.finish()[0].notes, ["# something"])

    def test_results_are_passed_on_when_the_next_begins(self):
        self.feed("begin 1 one\nok 1 one in 1ms\n")
        self.assertEqual(self.results, [])
        self.feed("begin 2 two\n")
        self.assertEqual([r.name for r in self.results], ["one"])

    def test_what_begins_or_ends_something_says_so(self):
        self.assertEqual([self.stream.line(text) for text in RECORDED.splitlines()[:7]],
                         [False, True, True, True, True, True, False])

    def test_a_failed_setup_file_is_a_red_result(self):
        self.feed(SETUP_FILE)
        only, = self.finish()
        self.assertEqual((only.name, only.ok), ("setup_file failed", False))
        self.assertEqual((self.stream.planned, self.stream.given), (2, 1))

    def test_what_a_test_says_itself_is_no_beginning(self):
        self.feed("1..1\nbegin 1 one\nbegin x\n1..5\nok 1 one in 1ms\n")
        self.assertEqual([(r.name, r.ok) for r in self.finish()], [("one", True)])
        self.assertEqual(self.stream.planned, 1)


class Blame(Fed):
    """The stream's blame makes exactly one test red, the right one."""

    def reds(self):
        return {r.name: r.notes for r in self.finish() if not r.ok}

    def test_it_is_of_the_test_that_runs(self):
        self.feed("1..3\nbegin 1 one\nok 1 one in 1ms\nbegin 2 two\n")
        self.stream.blame = ["# dead"]
        self.feed("not ok 2 two in 1ms\n# why\nbegin 3 three\nok 3 three in 1ms\n")
        self.assertEqual(self.reds(), {"two": ["# dead", "# why"]})

    def test_it_is_of_a_test_that_does_not_mind(self):
        self.feed("1..2\nbegin 1 one\n")
        self.stream.blame = ["# dead"]
        self.feed("ok 1 one in 1ms # skip no target\nbegin 2 two\nok 2 two in 1ms\n")
        self.assertEqual(self.reds(), {"one": ["# dead"]})
        self.assertEqual(self.results[0].skipped, "")

    def test_it_is_of_a_test_that_was_killed(self):
        self.feed("1..2\nbegin 1 one\n")
        self.stream.blame = ["# dead"]
        self.feed("begin 2 two\nok 2 two in 1ms\n")
        self.assertEqual(self.reds(), {"one": ["# dead", "# it was killed"]})

    def test_between_two_tests_it_is_of_the_one_that_has_ended(self):
        self.feed("1..2\nbegin 1 one\nok 1 one in 1ms\n")
        self.stream.blame = ["# dead"]
        self.feed("begin 2 two\nok 2 two in 1ms\n")
        self.assertEqual(self.reds(), {"one": ["# dead"]})

    def test_after_the_last_test_it_is_of_that(self):
        self.feed("1..1\nbegin 1 one\nok 1 one in 1ms\n")
        self.stream.blame = ["# dead"]
        self.assertEqual(self.reds(), {"one": ["# dead"]})

    def test_before_the_first_test_it_is_of_that(self):
        self.feed("1..2\n")
        self.stream.blame = ["# dead"]
        self.feed("begin 1 one\nok 1 one in 1ms\nbegin 2 two\nok 2 two in 1ms\n")
        self.assertEqual(self.reds(), {"one": ["# dead"]})


class Splat(unittest.TestCase):

    def console(self, *lines):
        file = setting.folder() / "console.log"
        file.write_bytes("".join(f"{line}\r\n" for line in lines).encode())
        return file

    def test_it_begins_where_something_first_went_wrong(self):
        console = self.console("[ 1.0] fine", "[ 2.0] BUG: unable to handle page fault",
                               "[ 2.1] Oops: 0002", *(f"[ 3.0] {n}" for n in range(50)))
        lines = suite.splat(console, 0)
        self.assertEqual(lines[0], "[ 2.0] BUG: unable to handle page fault")
        self.assertEqual(len(lines), suite.SPLAT_LINES)

    def test_what_kernels_say_is_known(self):
        for text in ("kernel BUG at mm/memory.c:2345!", "WARNING: CPU: 0 PID: 1 at mm/x.c:1 f",
                     "Oops: general protection fault, probably for non-canonical address",
                     "BUG: KASAN: slab-use-after-free in f", "Kernel panic - not syncing: x",
                     "WARNING: possible circular locking dependency detected",
                     "BUG: Bad page state in process x", "BUG: Bad rss-counter state mm:0",
                     "watchdog: BUG: soft lockup - CPU#0 stuck for 26s!",
                     "rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:",
                     "UBSAN: array-index-out-of-bounds in x.c:1:2",
                     "sysrq: Trigger a crash"):
            with self.subTest(text):
                self.assertEqual(suite.splat(self.console("[ 1.0] fine", f"[ 2.0] {text}"), 0,
                                             only=True), [f"[ 2.0] {text}"])

    def test_what_was_before_is_not_of_it(self):
        console = self.console("[ 1.0] WARNING: the first", "[ 2.0] fine")
        since = console.stat().st_size
        with open(console, "ab") as file:
            file.write(b"[ 3.0] WARNING: the second\r\n")
        self.assertEqual(suite.splat(console, since), ["[ 3.0] WARNING: the second"])

    def test_where_nothing_went_wrong_the_last_lines_are_shown(self):
        console = self.console(*(f"[ {n}.0] fine" for n in range(50)))
        self.assertEqual(suite.splat(console, 0)[-1], "[ 49.0] fine")
        self.assertEqual(len(suite.splat(console, 0)), suite.SPLAT_LINES)

    def test_unless_only_splats_are_asked_for(self):
        console = self.console("Command line: console=ttyS0 panic=-1 oops=panic loglevel=7",
                               "kasan: KernelAddressSanitizer initialized")
        self.assertEqual(suite.splat(console, 0, only=True), [])

    def test_a_console_may_say_anything(self):
        console = self.console("fine")
        console.write_bytes(b"\xff\xfe\0\r\nWARNING: \xe2\x82\n")
        self.assertEqual(len(suite.splat(console, 0)), 1)


if __name__ == "__main__":
    unittest.main()
