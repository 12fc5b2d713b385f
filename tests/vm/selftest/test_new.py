# SPDX-License-Identifier: GPL-2.0-only
"""tests/new: the file that it writes, and what it refuses."""

import shutil
import subprocess
import unittest

import setting
import paths


class New(unittest.TestCase):
    def setUp(self):
        self.tests = setting.folder()
        shutil.copy(paths.TESTS / "new", self.tests)

    def new(self, *words):
        return subprocess.run([self.tests / "new", *words], capture_output=True, text=True)

    def test_writes_a_test_that_its_own_command_runs(self):
        done = self.new("some-thing")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("make check KERNELS=7.2 TESTS='^some-thing:'", done.stdout)
        text = (self.tests / "some-thing.bats").read_text()
        self.assertIn('@test "some-thing: ', text)
        self.assertIn("load helpers/common\n", text)
        self.assertNotIn("NAME", text)

    def test_is_the_one_that_the_page_shows(self):
        self.new("hello")
        page = (paths.TOP / "docs" / "writing-tests.md").read_text()
        # The page has spaces where a row of the file has tabs.
        lines = [line.split() for line in page.splitlines()]
        text = (self.tests / "hello.bats").read_text()
        begin = text.index("@test")
        for line in text[begin:].splitlines():
            self.assertIn(line.split(), lines)

    def test_overwrites_nothing(self):
        (self.tests / "there.bats").write_text("mine\n")
        done = self.new("there")
        self.assertEqual(done.returncode, 1)
        self.assertIn("choose another name", done.stderr)
        self.assertEqual((self.tests / "there.bats").read_text(), "mine\n")

    def test_refuses_names_that_are_none(self):
        for words in ([], ["Big"], ["a/b"], ["../x"], ["one", "two"], [""]):
            with self.subTest(words):
                self.assertEqual(self.new(*words).returncode, 2)
        self.assertEqual([file.name for file in self.tests.iterdir()], ["new"])


if __name__ == "__main__":
    unittest.main()
