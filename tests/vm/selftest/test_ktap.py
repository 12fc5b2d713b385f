# SPDX-License-Identifier: GPL-2.0-only
"""ktap.py: the verdict on KUnit's results, by the kernel's own parser where a root has it,
and on a kernel that dies meanwhile."""

import contextlib
import functools
import io
import json
import types
import unittest
from unittest import mock

import setting  # first: it adds the runner's folders to sys.path
import ktap
import paths
import plan
import roots
import target
from target import Failed, Gone

GOOD = """\
KTAP version 1
1..1
    KTAP version 1
    # Subtest: memtype
    1..3
    ok 1 one
    ok 2 two # SKIP no PAT
    # three: 1 is 2
    {three} 3 three
# memtype: pass:1 fail:1 skip:1 total:3
{three} 1 memtype
"""


def parser():
    """The source tree with the kernel's own parser, as the root that builds kernels sees it."""
    root = roots.Root("kernel").folder
    found = sorted(root.glob("linux/*/tools/testing/kunit/kunit_parser.py"))
    return f"/{found[0].parents[3].relative_to(root)}" if found else None


class Case(unittest.TestCase):

    def setUp(self):
        self.enterContext(mock.patch.object(paths, "RESULTS", setting.folder()))
        self.row = plan.Row("um", "um", release="7.2.12-selftest", source="/linux")


class Judge(Case):

    def judge(self, **suites):
        self.row.source = parser()
        if not self.row.source:
            self.skipTest("no root here has built a kernel, whose parser is needed")
        folder = setting.folder()
        for name, text in suites.items():
            (folder / f"{name}.ktap").write_text(text)
        self.text, counts = ktap.Suites.judge(self.row, folder)
        return counts

    def test_a_good_suite(self):
        self.assertEqual(self.judge(memtype=GOOD.format(three="ok")),
                         {"passed": 2, "failed": 0, "skipped": 1})

    def test_a_suite_with_a_failure_shows_it(self):
        self.assertEqual(self.judge(memtype=GOOD.format(three="not ok")),
                         {"passed": 1, "failed": 1, "skipped": 1})
        self.assertIn("[FAILED] three", self.text)
        self.assertNotIn("[PASSED]", self.text)

    def test_a_suite_that_ends_in_the_middle_is_red(self):
        whole = GOOD.format(three="ok")
        counts = self.judge(memtype=whole[:whole.index("    ok 2")], good=whole)
        self.assertGreaterEqual(counts["failed"], 1)
        self.assertGreaterEqual(counts["passed"], 3)

    def test_an_empty_suite_is_red(self):
        self.assertEqual(self.judge(memtype="")["failed"], 1)

    def test_no_suite_is_red(self):
        self.assertEqual(self.judge(), {"passed": 0, "failed": 1, "skipped": 0})
        self.assertIn("no suite said anything", self.text)


class Run(Case):
    """Suites.run() with a target that has the results as files; the parser is a stub."""

    def setUp(self):
        super().setUp()
        folder = setting.folder()
        self.target = mock.Mock()
        self.target.console = folder / "console.log"
        self.target.console.write_text("[1.0] WARNING: of long ago\n")
        self.target.run.side_effect = self.command
        self.target.has = functools.partial(target.Target.has, self.target)
        self.target.get.side_effect = lambda path: f"of {path}".encode()
        self.dies_at = None
        self.commands = []
        self.suites = ktap.Suites()

        def judge(row, where):
            self.judged = {path.name: path.read_text() for path in where.glob("*.ktap")}
            return "memtype 3 ok", {"passed": 3, "failed": 0, "skipped": 0}

        self.suites.judge = judge

    def command(self, *args, **kwargs):
        self.commands.append(" ".join(args))
        if self.dies_at and self.dies_at in self.commands[-1]:
            with open(self.target.console, "a") as console:
                console.write("[2.0] BUG: new\n[2.1] RIP: f\n")
            raise self.death
        return types.SimpleNamespace(returncode=1 if args[0] == "test" else 0,
                                     stdout="memtype\nheld\n" if args[0] == "ls" else "")

    def go(self):
        with contextlib.redirect_stdout(io.StringIO()) as said:
            self.suites.run(self.target, self.row)
            self.ok = self.suites.finish()
            print(*self.suites.said, sep="\n")
        return said.getvalue()

    def test_each_suite_is_read_and_the_modules_are_gone_again(self):
        said = self.go()
        self.assertTrue(self.ok)
        self.assertEqual(self.judged, {
            f"{name}.ktap": f"of /sys/kernel/debug/kunit/{name}/results"
            for name in ("memtype", "held")})
        self.assertEqual([text.split()[0] for text in self.commands],
                         ["test", "insmod", "insmod", "ls", "rmmod", "rmmod"])
        self.assertIn("kunit 7.2.12-selftest: 3 passed, 0 failed", said)
        summary = json.loads((paths.RESULTS / "summary.json").read_text())
        self.assertEqual(summary["kunit"]["7.2.12-selftest"]["passed"], 3)

    def test_a_kernel_that_dies_is_red_with_its_last_words_and_restarted(self):
        self.dies_at, self.death = "_kunit.ko", Gone("it has ended")
        said = self.go()
        self.assertFalse(self.ok)
        self.assertIn("not ok the kernel died: it has ended", said)
        self.assertIn("BUG: new", said)
        self.assertNotIn("long ago", said)
        self.target.restart.assert_called_once()
        console = paths.RESULTS / "kunit-7.2.12-selftest" / "console.log"
        self.assertEqual(console.read_text(), "[2.0] BUG: new\n[2.1] RIP: f\n")

    def test_a_command_that_fails_is_red(self):
        self.dies_at, self.death = "rmmod", Failed("rmmod: exit status 1")
        self.assertIn("not ok rmmod: exit status 1", self.go())
        self.assertFalse(self.ok)

    def test_what_was_there_before_is_not_of_this_run(self):
        old = paths.RESULTS / "kunit-7.2.12-selftest"
        old.mkdir()
        (old / "gone.ktap").write_text("of another run")
        self.go()
        self.assertNotIn("gone.ktap", self.judged)


if __name__ == "__main__":
    unittest.main()
