# SPDX-License-Identifier: GPL-2.0-only
"""Pool.run(): whatever goes wrong on one machine, the others go on, and the run is red.
The tests build and boot nothing: kernels, guests and bats are stubs."""

import contextlib
import io
import threading
import types
import unittest
from unittest import mock

import setting  # first: it adds the runner's folders to sys.path
import builder
import ktap
import machines
import paths
import plan
import pool
import report
import rig
import suite
import target
from goals import check
from target import Failed, Gone


class Guest:
    """A guest that only has a console."""

    def __init__(self, name):
        self.name = name
        self.folder = setting.folder()
        self.console = self.folder / "console.log"
        self.console.write_text(f"{name} boots\n")
        self.console_from = 0
        self.server = types.SimpleNamespace(hold=False)
        self.up = False

    def start(self):
        self.up = True

    def restart(self):
        self.up = True

    def stop(self):
        self.up = False

    def alive(self):
        return self.up

    def run(self, *args, **_):
        return types.SimpleNamespace(returncode=1, stdout="")

    has = target.Target.has


# The guest has kmemleak, which has found something.
LEAKY = mock.patch.object(Guest, "run", lambda *_, **__: types.SimpleNamespace(
    returncode=0, stdout="unreferenced object"))


class Case(unittest.TestCase):

    def setUp(self):
        self.ran, self.guests, self.lock = [], [], threading.Lock()
        self.enterContext(mock.patch.object(paths, "TESTS", setting.folder()))
        self.enterContext(mock.patch.object(paths, "RESULTS", setting.folder()))
        for name in ("a", "b", "c"):
            (paths.TESTS / f"{name}.bats").write_text(f"# {name}\n")
        case = self

        class Kernel(report.Kernel):
            """Closes its file at the end, even if no test calls write()."""

            def __init__(self, *args):
                super().__init__(*args)
                case.addCleanup(lambda: self.tap and self.tap.close())

        class Run:
            """suite.Run of a file with one test."""

            def __init__(self, target, file, tests, variables, folder, on_result):
                self.target, self.file, self.on_result = target, file, on_result
                self.stream = types.SimpleNamespace(planned=1)

            def go(self):
                with case.lock:
                    case.ran.append((self.target.name, self.file))
                case.bats(self)

        for where, name, value in (
                (builder, "basics", mock.Mock()), (paths, "snapshot", mock.Mock()),
                (builder, "ready", self.ready), (builder, "image", mock.Mock()),
                (rig, "accelerator", lambda row: "tcg"), (rig, "target_of", self.guest),
                (rig, "begin", mock.Mock()), (rig, "test_variables", mock.Mock()),
                (suite, "Run", Run), (report, "Kernel", Kernel),
                (machines, "jobs", lambda memory: 2), (pool.time, "sleep", mock.Mock()),
                (pool, "DURATIONS", setting.folder() / "durations.json")):
            self.enterContext(mock.patch.object(where, name, value))

    # Tests may replace these methods.

    def ready(self, row):
        row.release = f"{row.kernel}.0"
        return True

    def guest(self, row, image, number):
        guest = Guest(row.name)
        with self.lock:
            self.guests.append(guest)
        return guest

    def bats(self, run):
        run.on_result(suite.Result(run.file, "one", True))

    def rows(self, *kernels):
        return [plan.Row(kernel, files=("a.bats", "b.bats")) for kernel in kernels]

    def run_rows(self, rows, jobs=()):
        """Runs rows as goals do. self.said has the output."""
        with contextlib.redirect_stdout(io.StringIO()) as said:
            ok = setting.within(20, check.run_rows, rows, jobs)
        self.said = said.getvalue()
        return ok


class Pool(Case):

    def test_all_that_rows_have_is_run_once(self):
        self.assertTrue(self.run_rows(self.rows("6.1", "7.2")))
        self.assertCountEqual(self.ran, [("6.1.0", "a.bats"), ("6.1.0", "b.bats"),
                                         ("7.2.0", "a.bats"), ("7.2.0", "b.bats")])
        self.assertIn("4 passed, 0 failed, 0 skipped", self.said)
        self.assertFalse(any(guest.up for guest in self.guests))

    def test_jobs_are_done_too(self):
        done = []
        self.assertTrue(self.run_rows(self.rows("6.1"), [("lint", lambda: done.append(1) or 1)]))
        self.assertEqual(done, [1])

    def test_a_row_without_a_test_of_that_name_is_left_out(self):
        rows = self.rows("6.1", "7.2")
        rows[0].tests = "x"
        rows[1].tests = "y"
        with mock.patch.object(suite, "matching",
                               lambda files, tests: files[:1] if tests == "x" else []):
            self.assertTrue(self.run_rows(rows))
        self.assertEqual(self.ran, [("6.1.0", "a.bats")])

    def test_what_took_longest_comes_first_the_next_time(self):
        pool.DURATIONS.write_text('{"6.1": {"b.bats": 20, "a.bats": 10}}')
        with mock.patch.object(machines, "jobs", lambda memory: 1):
            self.run_rows(self.rows("6.1"))
        self.assertEqual([file for _, file in self.ran], ["b.bats", "a.bats"])
        self.assertEqual(pool.Durations().of("6.1", "b.bats"), 0.0)

    def test_a_console_is_kept(self):
        with mock.patch.object(machines, "jobs", lambda memory: 1):
            self.run_rows(self.rows("6.1"))
        self.assertEqual((paths.RESULTS / "6.1.0.console.log").read_text(), "6.1.0 boots\n")

    def test_a_console_of_the_last_run_is_not(self):
        log = paths.RESULTS / "6.1.0.console.log"
        log.write_text("old\n")
        both = threading.Barrier(2, timeout=5)
        self.bats = lambda run: both.wait()
        with mock.patch.object(pool, "WORTH_S", -1):
            self.run_rows(self.rows("6.1"))
        self.assertEqual(log.read_text(), "6.1.0 boots\n" * 2)


class Red(Case):
    """What makes a run red."""

    def red(self, rows, jobs=()):
        self.assertFalse(self.run_rows(rows, jobs))

    def test_a_test_that_failed(self):
        self.bats = lambda run: run.on_result(suite.Result(run.file, "one", run.file != "a.bats"))
        self.red(self.rows("6.1"))

    def test_a_test_that_gave_no_result(self):
        self.bats = lambda run: None
        self.red(self.rows("6.1"))
        self.assertIn("0 results for a plan of 2", self.said)

    def test_a_job_that_failed(self):
        def fails():
            raise Failed("no compiler")

        self.red([], [("lint", lambda: False)])
        self.red([], [("install", fails)])
        self.assertIn("no compiler", self.said)
        self.red([], [("valgrind", lambda: 1 / 0)])
        self.assertIn("ZeroDivisionError", self.said)

    def test_a_kernel_that_can_not_be_built_and_the_others_go_on(self):
        def ready(row):
            if row.kernel == "6.1":
                raise Failed("no headers")
            return Case.ready(self, row)

        with mock.patch.object(builder, "ready", ready):
            self.red(self.rows("6.1", "7.2"))
        self.assertIn("error: 6.1: no headers", self.said)
        self.assertEqual(len(self.ran), 2)

    def test_suites_that_can_not_be_built_and_the_tests_run(self):
        def ready(row):
            row.lost = {"kunit": "prepare.c: no such member"}
            return Case.ready(self, row)

        rows = self.rows("yours")
        rows[0].kunit = True
        with mock.patch.object(builder, "ready", ready), \
                mock.patch.object(ktap.Suites, "run") as suites:
            self.red(rows)
        self.assertIn("error: yours: prepare.c: no such member", self.said)
        self.assertEqual(len(self.ran), 2)
        suites.assert_not_called()

    def test_what_a_kernel_of_the_users_can_not_build(self):
        def unless_same(name, *_, **__):
            if name.startswith(broken):
                raise Failed(f"{name}: no such member")

        row = plan.Row("yours", release="7.1.5", suite="trixie", kdir=str(setting.folder()),
                       builds=("module", "kunit"))
        with mock.patch.object(builder.roots, "unless_same", unless_same):
            broken = "kunit"
            builder.build(row)
            self.assertEqual(row.lost, {"kunit": "kunit-7.1.5: no such member"})
            broken = "module"
            self.assertRaises(Failed, builder.build, row)

    def test_a_bail_out_and_the_others_go_on(self):
        def bats(run):
            if run.target.name == "6.1.0":
                raise suite.BailOut("it has died 11 times")
            run.on_result(suite.Result(run.file, "one", True))

        self.bats = bats
        rows = self.rows("6.1", "7.2")
        rows[0].files = ("a.bats", "b.bats", "c.bats")
        self.red(rows)
        self.assertIn("it has died 11 times", self.said)
        self.assertEqual([name for name, _ in self.ran].count("7.2.0"), 2)
        self.assertIn("Bail out! it has died", (paths.RESULTS / "6.1.0.tap").read_text())

    def test_a_guest_that_does_not_come_up(self):
        with mock.patch.object(Guest, "start", side_effect=Gone("it did not come up")):
            self.red(self.rows("6.1"))
        self.assertIn("it did not come up", self.said)

    def test_what_nobody_has_thought_of(self):
        self.bats = lambda run: run.nonsense
        self.red(self.rows("6.1"))
        self.assertIn("AttributeError", self.said)

    def test_what_kmemleak_says(self):
        self.enterContext(LEAKY)
        self.red(self.rows("6.1"))
        self.assertIn("unreferenced object", self.said)

    def test_a_console_that_complains_where_no_test_did(self):
        self.bats = lambda run: (run.target.console.write_text("WARNING: x\n"),
                                 Case.bats(self, run))
        self.red(self.rows("6.1"))
        self.assertIn("WARNING: x", self.said)

    def test_a_guest_that_dies_at_the_last_look(self):
        with mock.patch.object(Guest, "run", side_effect=Gone("the target is gone")), \
                mock.patch.object(threading, "excepthook"):
            self.red(self.rows("6.1"))

    def test_a_file_that_is_taken_away_meanwhile(self):
        (paths.TESTS / "b.bats").unlink()
        with mock.patch.object(threading, "excepthook"):
            ok = self.run_rows(self.rows("6.1"))
        self.assertTrue(not ok or ("6.1.0", "b.bats") in self.ran)

    def test_nothing_that_was_run(self):
        rows = self.rows("6.1")
        rows[0].tests = "x"
        with mock.patch.object(suite, "matching", lambda files, tests: []):
            self.red(rows)


class Kunit(Case):
    """A row with KUnit only, like that of the debug kernel in `make check`."""

    def setUp(self):
        super().setUp()
        self.rows = [plan.Row("debug", kunit=True)]
        self.kunit = lambda suites, target, row: suites.totals.update(
            {row.release: {"passed": 3, "failed": 0, "skipped": 0, "seconds": 1}})
        self.enterContext(mock.patch.object(
            ktap.Suites, "run", lambda *args: self.kunit(*args)))

    def test_it_may_be_all_well(self):
        self.assertTrue(self.run_rows(self.rows))
        self.assertIn("kunit debug.0: 3 passed, 0 failed", self.said)

    def test_a_suite_that_failed_is_red(self):
        self.kunit = lambda suites, target, row: suites.totals.update(
            {row.release: {"passed": 3, "failed": 1, "skipped": 0, "seconds": 1}})
        self.assertFalse(self.run_rows(self.rows))

    def test_a_guest_that_does_not_come_up_is_red(self):
        with mock.patch.object(Guest, "start", side_effect=Gone("it did not come up")):
            self.assertFalse(self.run_rows(self.rows))

    def test_what_kmemleak_says_is_red(self):
        self.enterContext(LEAKY)
        self.assertFalse(self.run_rows(self.rows))


if __name__ == "__main__":
    unittest.main()
