# SPDX-License-Identifier: GPL-2.0-only
"""suite.Run: bats beside a target that dies, and with tests that take too long. bats is a
script here that writes what bats would; test_bats.py runs the real one."""

import contextlib
import io
import selectors
import time
import unittest
from unittest import mock

import setting  # first: it adds the runner's folders to sys.path
import suite

# As with bats, each test is a process whose command line has bats-exec-test.
PRELUDE = """
there() { "$CLIENT" "$ADDRESS" exec "$@"; }
die() { there sh -c 'kill -9 $PPID; sleep 30' 2>/dev/null; }
# As in tests/helpers/common.bash: 123 says that the target is new.
ready() {
    local status=0
    "$CLIENT" --wait "$ADDRESS" exec true || status=$?
    [ "$status" = 0 ] || [ "$status" = 123 ]
}
run() { # NUMBER NAME COMMAND
    COMMAND=$3 bash -c 'echo "begin $1 $2"
        ready && eval "$COMMAND" && echo "ok $1 $2 in 1ms" || echo "not ok $1 $2 in 1ms"' \\
            bats-exec-test "$1" "$2" 2>/dev/null
    # The time that bats takes to begin the next test.
    sleep 0.1
}
export -f there die ready
"""


class Run(suite.Run):
    script = ""

    def command(self):
        return ["env", f"CLIENT={setting.CLIENT}", f"ADDRESS={self.target.address}",
                f"RUN={self.folder}", "bash", "-c", PRELUDE + self.script]


class Case(unittest.TestCase):

    def setUp(self):
        self.target = setting.new_target()
        self.target.server.hold = True
        self.target.start()
        self.addCleanup(setting.within, 15, self.target.stop)
        self.enterContext(mock.patch.object(suite, "GRACE_S", 5))
        self.enterContext(mock.patch.object(selectors, "DefaultSelector", setting.Impatient))
        self.enterContext(contextlib.redirect_stdout(io.StringIO()))
        self.results = []

    def go(self, script):
        self.run_ = Run(self.target, "a.bats", "", {}, setting.folder(), self.results.append)
        self.run_.script = script
        setting.within(20, self.run_.go)

    def verdicts(self):
        return [(r.name, r.ok) for r in self.results]

    def notes(self, name):
        return "\n".join(note for r in self.results if r.name == name for note in r.notes)


class Deaths(Case):

    def test_all_is_well_where_nobody_dies(self):
        self.go("echo 1..2; run 1 one true; run 2 two false")
        self.assertEqual(self.verdicts(), [("one", True), ("two", False)])
        self.assertEqual((self.run_.stream.planned, self.target.boots), (2, 1))

    def test_one_death_is_one_red_test(self):
        self.go("echo 1..3; run 1 one true; run 2 two die; run 3 three 'there true'")
        self.assertEqual(self.verdicts(), [("one", True), ("two", False), ("three", True)])
        self.assertIn("# the target is gone: it has ended", self.notes("two"))
        self.assertEqual(self.target.boots, 2)

    def test_it_is_red_whatever_the_test_makes_of_it(self):
        self.go("echo 1..2; run 1 one 'die || true'; run 2 two true")
        self.assertEqual(self.verdicts(), [("one", False), ("two", True)])

    def die_with_last_words(self, then):
        self.go(f"echo 1..2; run 1 one 'echo WARNING: old >>{self.target.console}'; "
                f"run 2 two 'sleep 0.2; echo BUG: new >>{self.target.console}; die; {then}'")
        self.assertIn("#   BUG: new", self.notes("two"))
        self.assertNotIn("old", self.notes("two"))

    def test_what_the_console_says_since_the_test_began_is_below_it(self):
        self.die_with_last_words("sleep 0.2")

    def test_and_where_the_test_ends_at_once(self):
        self.die_with_last_words("true")

    @mock.patch.object(suite, "GRACE_S", 0.5)
    def test_a_test_that_waits_for_the_dead_is_killed(self):
        self.go("echo 1..1; run 1 one 'die; sleep 30'")
        self.assertEqual(self.verdicts(), [("one", False)])
        self.assertIn("# the target is gone", self.notes("one"))
        self.assertTrue(self.target.alive())

    @mock.patch.object(suite, "GRACE_S", 0.5)
    def test_and_the_next_one_is_not(self):
        self.go("echo 1..2; run 1 one 'die; sleep 30'; run 2 two true")
        self.assertEqual(self.verdicts(), [("one", False), ("two", True)])

    @mock.patch.object(suite, "GRACE_S", 0.5)
    def test_a_test_whose_beginning_was_read_late_is_to_blame(self):
        with mock.patch.object(selectors, "DefaultSelector", setting.Late):
            self.go("echo 1..3; run 1 one true; run 2 two 'die; sleep 30'; run 3 three true")
        self.assertEqual(self.verdicts(), [("one", True), ("two", False), ("three", True)])

    @mock.patch.object(suite, "GRACE_S", 0.5)
    def test_a_test_that_begins_after_the_runner_has_read_is_to_blame(self):
        lines = Run.lines

        def slow(*args):
            lines(*args)
            time.sleep(1)

        with mock.patch.object(Run, "lines", slow):
            self.go("echo 1..3; run 1 one true; run 2 two 'die; sleep 30'; run 3 three true")
        self.assertEqual(self.verdicts(), [("one", True), ("two", False), ("three", True)])

    def test_too_many_deaths_end_it(self):
        self.enterContext(mock.patch.object(suite, "RESTARTS", 2))
        with self.assertRaisesRegex(suite.BailOut, "has died 3 times"):
            self.go("echo 1..5; for n in 1 2 3 4 5; do run $n $n die; done")
        self.assertEqual(self.verdicts(), [("1", False), ("2", False), ("3", False)])
        self.assertIsNone(self.run_.process)

    def test_a_target_that_does_not_come_back_ends_it(self):
        self.target.agent_command = lambda: ["false"]
        with self.assertRaisesRegex(suite.BailOut, "it has ended"):
            self.go("echo 1..3; run 1 one die; run 2 two true; run 3 three true")
        self.assertEqual(self.verdicts()[0], ("one", False))

    def test_a_death_in_setup_file_is_one_red_test(self):
        self.go("""echo 1..2
            if [ ! -e "$RUN/died" ]; then
                touch "$RUN/died"; die; echo 'not ok 1 setup_file failed'
            else
                run 1 one true; run 2 two true
            fi""")
        self.assertEqual([ok for _, ok in self.verdicts()], [False, True])

    def test_bats_that_does_not_run_is_red(self):
        with self.assertRaises(suite.Failed):
            self.go("echo 'chroot: no such thing'; exit 125")

    def test_no_test_of_that_name_is_no_failure(self):
        self.go("echo 1..0")
        self.assertEqual((self.results, self.run_.stream.planned), ([], 0))


class Limits(Case):

    def test_a_test_that_takes_too_long_is_red_and_its_commands_end(self):
        self.go("""echo 1..2; run 1 one 'echo 0.3 >"$RUN/time-limit"; there sleep 30'
            echo 600 >"$RUN/time-limit"; run 2 two true""")
        self.assertEqual(self.verdicts(), [("one", False), ("two", True)])
        self.assertIn("# it took longer than 0 s, and was ended", self.notes("one"))
        self.assertEqual(self.target.boots, 1)

    def test_each_test_has_its_own_time(self):
        self.go("""echo 1..3; echo 1.4 >"$RUN/time-limit"
            for n in 1 2; do run $n $n 'sleep 0.75'; done""")
        self.assertEqual(self.verdicts(), [("1", True), ("2", True)])

    def test_a_limit_of_an_earlier_file_is_none_of_this_one(self):
        self.go('echo 1..1; echo 5 >"$RUN/time-limit"; run 1 one true')
        self.assertEqual(self.run_.time_limit(), 5)
        self.run_.script = "echo 1..1; run 1 one true"
        self.run_.go()
        self.assertEqual(self.run_.time_limit(), suite.TEST_S)

    @mock.patch.object(suite, "GRACE_S", 0.5)
    def test_a_test_that_can_not_be_ended_is_killed_and_the_target_is_let_go(self):
        let_go = self.enterContext(mock.patch.object(self.target.server, "detach",
                                                     wraps=self.target.server.detach))
        self.go("echo 1..1; run 1 one 'echo 0.3 >\"$RUN/time-limit\"; sleep 30'")
        self.assertEqual(self.verdicts(), [("one", False)])
        self.assertEqual(let_go.mock_calls[0], mock.call("a test could not be ended"))


if __name__ == "__main__":
    unittest.main()
