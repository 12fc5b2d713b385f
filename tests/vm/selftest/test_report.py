# SPDX-License-Identifier: GPL-2.0-only
"""report.py: which files a run leaves for tools, and when it is red."""

import contextlib
import io
import json
import os
import shlex
import unittest
import xml.etree.ElementTree as xml
from unittest import mock

import setting  # first: it adds the runner's folders to sys.path
import paths
import plan
import report
import stages
from suite import Result


class Case(unittest.TestCase):

    def setUp(self):
        self.enterContext(mock.patch.object(paths, "RESULTS", setting.folder()))
        # Leaves out column(1), which these tests do not need.
        self.table = self.enterContext(mock.patch.object(report, "table"))

    def kernel(self, *results, name="7.2.12", planned=None):
        made = report.Kernel(name, f"kernel {name}, accel tcg", "make check")
        made.planned = len(results) if planned is None else planned
        self.addCleanup(lambda: made.tap and made.tap.close())
        with contextlib.redirect_stdout(io.StringIO()) as self.shown:
            for result in results:
                made.add(result)
        return made

    def finish(self, *kernels):
        with contextlib.redirect_stdout(io.StringIO()) as said:
            self.ok = report.finish(kernels)
            print(*report.failures(kernels), sep="\n", end="")
        return said.getvalue()

    def left(self, name):
        return (paths.RESULTS / name).read_text()

    def summary(self):
        return json.loads(self.left("summary.json"))


ONE = Result("a.bats", "T1: one", True, ms=12)
RED = Result("b.bats", "T2: <two> & 'so on'", False, ms=34, notes=["# why", "#  \x1b[31mred\0"])
SKIPPED = Result("a.bats", "T3: three", True, skipped="not on <this> kernel", ms=5)


class Tap(Case):

    def test_it_has_each_test_as_it_came(self):
        self.finish(self.kernel(ONE, RED, SKIPPED))
        self.assertEqual(self.left("7.2.12.tap"), """\
# kernel 7.2.12, accel tcg
ok 1 T1: one in 12ms
not ok 2 T2: <two> & 'so on' in 34ms
# why
#  \x1b[31mred\0
ok 3 T3: three in 5ms # skip not on <this> kernel
1..3
""")

    def test_what_came_is_there_before_the_end(self):
        self.kernel(ONE)
        self.assertIn("ok 1 T1: one", self.left("7.2.12.tap"))
        self.assertIn("7.2.12| ok 1 T1: one in 12ms", self.shown.getvalue())

    def test_a_run_that_ended_early_has_its_whole_plan(self):
        self.finish(self.kernel(ONE, planned=5))
        self.assertEqual(self.left("7.2.12.tap").splitlines()[-1], "1..5")

    def test_trouble_is_a_bail_out(self):
        kernel = self.kernel(ONE)
        with contextlib.redirect_stdout(io.StringIO()):
            kernel.fail("it has died 11 times")
        self.finish(kernel)
        self.assertIn("Bail out! it has died 11 times\n", self.left("7.2.12.tap"))


class Verdict(Case):

    def test_all_well_is_green(self):
        said = self.finish(self.kernel(ONE, SKIPPED))
        self.assertTrue(self.ok)
        self.assertIn("1 passed, 0 failed, 1 skipped", said)

    def test_a_red_test_is_red_and_told_again_at_the_end(self):
        said = self.finish(self.kernel(ONE, RED))
        self.assertFalse(self.ok)
        self.assertEqual(said.splitlines()[-4:-2], ["7.2.12| not ok T2: <two> & 'so on'",
                                                    "7.2.12| # why"])
        self.assertIn("7.2.12| # again: make check TESTS='^T2: <two>", said.splitlines()[-1])

    def test_results_that_are_not_the_plan_are_red(self):
        for planned in (1, 3):
            said = self.finish(self.kernel(ONE, SKIPPED, planned=planned))
            self.assertFalse(self.ok)
            self.assertIn(f"7.2.12| 2 results for a plan of {planned}", said)
            self.assertEqual(self.summary()["kernels"]["7.2.12"]["failed"], 1)

    def test_trouble_is_red_and_told_again(self):
        kernel = self.kernel(ONE)
        with contextlib.redirect_stdout(io.StringIO()):
            kernel.fail("the kernel complained")
        self.assertIn("7.2.12| the kernel complained", self.finish(kernel))
        self.assertFalse(self.ok)

    def test_one_red_kernel_is_enough(self):
        self.finish(self.kernel(ONE), self.kernel(RED, name="6.1.0"))
        self.assertFalse(self.ok)


class Summary(Case):

    def test_it_counts(self):
        kernel = self.kernel(ONE, ONE, RED, SKIPPED)
        kernel.seconds = 12.4
        self.finish(kernel)
        self.assertEqual(self.summary()["kernels"]["7.2.12"],
                         {"passed": 2, "failed": 1, "skipped": 1, "seconds": 12,
                          "whole": False, "sources": report.sources()})

    def test_a_run_is_whole_when_all_files_ran_and_no_test_was_left_out(self):
        for files, tests, whole in (("a b", "", True), ("a b", "^T", False), ("a", "", False)):
            kernel = self.kernel(ONE)
            kernel.files = dict.fromkeys(files.split(), [])
            with mock.patch.object(report, "all_files", lambda: ("a", "b")), \
                    mock.patch.dict(os.environ, TESTS=tests):
                self.finish(kernel)
            self.assertEqual(self.summary()["kernels"]["7.2.12"]["whole"], whole)

    def test_what_others_said_stays(self):
        self.finish(self.kernel(ONE, name="6.1.0"))
        report.merge("kunit", "7.2.12-um", {"passed": 3})
        self.finish(self.kernel(ONE))
        self.assertEqual(set(self.summary()["kernels"]), {"6.1.0", "7.2.12"})
        self.assertEqual(self.summary()["kunit"], {"7.2.12-um": {"passed": 3}})

    def test_behaviours_are_by_name_and_those_of_last_time_are_gone(self):
        first, other, again = (self.kernel(ONE, name=name) for name in ("7.2", "6.1", "7.2"))
        first.behaviours = {"zap": "ok", "fork": "ok"}
        other.behaviours = {"zap": "bug reproduced"}
        self.finish(first, other)
        self.assertEqual(self.summary()["behaviours"],
                         {"zap": {"7.2": "ok", "6.1": "bug reproduced"}, "fork": {"7.2": "ok"}})
        self.assertEqual(self.left("behaviours.tsv"), """\
behaviour\t7.2\t6.1
fork\tok\t-
zap\tok\tbug reproduced
""")
        self.table.assert_called_once()
        again.behaviours = {"zap": "fixed"}
        self.finish(again)
        self.assertEqual(self.summary()["behaviours"],
                         {"zap": {"7.2": "fixed", "6.1": "bug reproduced"}})

    def test_one_that_can_not_be_read_begins_anew(self):
        (paths.RESULTS / "summary.json").write_text('{"kernels": {')
        self.finish(self.kernel(ONE))
        self.assertEqual(set(self.summary()["kernels"]), {"7.2.12"})

    def test_leaks_are_kept(self):
        kernel = self.kernel(ONE)
        kernel.leaks = ["a\n", "b\n"]
        self.assertIn("leaked 2 reservations", self.finish(kernel))
        self.assertEqual(self.left("leaks-7.2.12.txt"), "a\nb\n")


class Junit(Case):

    def suites(self, *kernels):
        self.finish(*kernels)
        return xml.parse(paths.RESULTS / "7.2.12.xml").getroot().findall("testsuite")

    def test_a_file_is_a_suite_with_its_counts(self):
        suites = self.suites(self.kernel(ONE, RED, SKIPPED))
        self.assertEqual(
            [(s.get("name"), s.get("tests"), s.get("failures"), s.get("skipped"), s.get("time"))
             for s in suites],
            [("a.bats", "2", "0", "1", "0.017"), ("b.bats", "1", "1", "0", "0.034")])

    def test_a_test_is_a_case(self):
        first, second = self.suites(self.kernel(ONE, RED, SKIPPED))
        one, three = first.findall("testcase")
        self.assertEqual((one.get("name"), one.get("time"), len(one)), ("T1: one", "0.012", 0))
        self.assertEqual(three.find("skipped").text, "not on <this> kernel")
        two, = second.findall("testcase")
        self.assertEqual(two.get("name"), "T2: <two> & 'so on'")
        self.assertEqual(two.find("failure").text, "# why\n#  ?[31mred?")

    def test_anything_may_be_said(self):
        said = "".join(map(chr, [*range(256), 0xd800, 0xfffe, 0xffff, 0x1f600])) + "]]>"
        kernel = report.Kernel("7.2.12", "")
        kernel.files = {"a.bats": [Result("a.bats", said, False, notes=[said]),
                                   Result("a.bats", said, True, skipped=said)]}
        written = io.BytesIO()
        kernel.junit().write(written, encoding="utf-8", xml_declaration=True)
        failed, skipped = xml.fromstring(written.getvalue()).iter("testcase")
        for text in (failed.get("name"), failed.find("failure").text,
                     skipped.find("skipped").text):
            for kept in ("\té\U0001f600]]>", "&<"):
                self.assertTrue(all(one in text for one in kept))
            for lost in "\0\x1b\ud800\ufffe":
                self.assertNotIn(lost, text)

    def test_trouble_is_a_failure(self):
        kernel = self.kernel(ONE)
        with contextlib.redirect_stdout(io.StringIO()):
            kernel.fail("it died\x1b")
        suites = self.suites(kernel)
        self.assertEqual((suites[1].get("name"), suites[1].get("failures")), ("run", "1"))
        self.assertEqual(suites[1].find("testcase/failure").text, "it died?")

    def test_results_that_are_not_the_plan_are_a_failure(self):
        failures = sum(int(s.get("failures")) for s in self.suites(self.kernel(ONE, planned=3)))
        self.assertEqual(failures, 1)


class Again(unittest.TestCase):

    def command(self, name, **fields):
        row = plan.Row(**({"kernel": "6.12"} | fields))
        return report.Kernel("6.12.118", "", plan.command(row)).again(Result("a.bats", name, False))

    def test_a_test_of_a_stock_kernel(self):
        self.assertEqual(self.command("T4: mmap"), "make check KERNELS=6.12 TESTS='^T4: mmap'")

    def test_a_set_up_has_no_name_to_ask_for(self):
        for name in ("setup_suite", "setup_file", "setup_file failed"):
            with mock.patch.dict(os.environ, TESTS="^T4 x$"):
                self.assertEqual(self.command(name), "make check KERNELS=6.12 TESTS='^T4 x$$'")
            self.assertEqual(self.command(name), "make check KERNELS=6.12")

    def test_its_name_is_no_pattern(self):
        name = "a (b)? [c] d.e | $f 'g'"
        words = shlex.split(self.command(name))
        self.assertEqual(words[:3], ["make", "check", "KERNELS=6.12"])
        self.assertRegex(name, words[3].removeprefix("TESTS="))
        self.assertNotRegex("a b c d.e | $f 'g'", words[3].removeprefix("TESTS="))

    def test_a_machine_and_a_kernel_of_ones_own(self):
        self.assertEqual(self.command("x", kernel="root@box", machine="ssh"),
                         "make check-on HOST=root@box TESTS='^x'")
        self.assertEqual(self.command("x", kernel="here", machine="here"),
                         "make check-here TESTS='^x'")
        with mock.patch.dict(os.environ, KDIR="/linux", KERNEL="/linux/bzImage"):
            self.assertEqual(self.command("x", kernel="yours"),
                             "make check KDIR=/linux KERNEL=/linux/bzImage TESTS='^x'")


class Stages(Case):

    def test_they_are_added_up_and_written(self):
        said = io.StringIO()
        with mock.patch.dict(stages._seconds, clear=True):
            stages.add("boot", 1.25)
            stages.add("boot", 1)
            stages.add("short", 0.1)
            # A busy machine may take a tenth of a second for nothing.
            with mock.patch("time.monotonic", return_value=7), stages.stage("failed"), \
                    contextlib.suppress(KeyError):
                raise KeyError
            stages.write(said)
        rows = json.loads(self.left("stages.json"))
        self.assertEqual((rows["boot"], rows["short"], rows["failed"]), (2.2, 0.1, 0.0))
        self.assertIn("all", rows)
        self.assertIn("     2.2  boot\n", said.getvalue())
        self.assertNotIn("short", said.getvalue())


if __name__ == "__main__":
    unittest.main()
