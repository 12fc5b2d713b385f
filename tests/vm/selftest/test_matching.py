# SPDX-License-Identifier: GPL-2.0-only
"""suite.matching(): which files have a test whose name matches. bats is a script here that
writes the same list as bats."""

import unittest
from unittest import mock

import setting  # first: it adds the runner's folders to sys.path
import paths
import suite
from target import Failed

BATS = """
while [ "$1" != --tempdir ]; do shift; done
folder=$2
shift 2
mkdir -p "$folder"
cd "$TREE"
grep -lE "$FILTER" "$@" | sed "s,.*,/run/tree/&\\ttest_1," >"$folder/test_list_file.txt"
echo "$@" >>"$ASKED"
exit "$STATUS"
"""


class Matching(unittest.TestCase):

    def setUp(self):
        place = setting.folder()
        tests = place / "tree" / "tests"
        (tests / "boots").mkdir(parents=True)
        self.files = ("a.bats", "b.bats", "c.bats")
        for name, text in zip((*self.files, "boots/pat.bats"), ("one", "two", "one two", "two")):
            (tests / name).write_text(text)
        self.asked, self.status = place / "asked", 0
        self.tests = tests
        for where, name, value in (
                (paths, "run_folder", lambda: place), (paths, "CACHE", place),
                (suite, "bats", self.bats), (suite, "BOOTS", {"pat": ()}),
                (suite, "all_files", lambda: self.files)):
            self.enterContext(mock.patch.object(where, name, value))

    def bats(self, args, variables, own=False):
        return ["env", f"TREE={self.tests.parent}", f"ASKED={self.asked}",
                f"FILTER={args[args.index('--filter') + 1]}", f"STATUS={self.status}",
                "sh", "-c", BATS, "bats", *args]

    def times_asked(self):
        return len(self.asked.read_text().splitlines())

    def test_they_are_those_of_the_row_in_its_order(self):
        self.assertEqual(suite.matching(("c.bats", "b.bats", "a.bats"), "one"),
                         ["c.bats", "a.bats"])
        self.assertEqual(suite.matching(("boots/pat.bats",), "two"), ["boots/pat.bats"])
        self.assertEqual(suite.matching(self.files, "three"), [])

    def test_bats_is_asked_once_of_all_files(self):
        suite.matching(("a.bats",), "one")
        suite.matching(("b.bats",), "one")
        self.assertEqual(sorted(self.asked.read_text().split()),
                         sorted(f"tests/{name}" for name in (*self.files, "boots/pat.bats")))

    def test_and_again_when_a_file_has_changed(self):
        suite.matching(self.files, "one")
        before = self.times_asked()
        (self.tests / "b.bats").write_text("one")
        self.assertEqual(suite.matching(self.files, "one"), list(self.files))
        self.assertEqual(self.times_asked(), 2 * before)

    def test_an_answer_of_a_bats_that_failed_is_none(self):
        self.status = 1
        with self.assertRaises(Failed):
            suite.matching(self.files, "one")


if __name__ == "__main__":
    unittest.main()
