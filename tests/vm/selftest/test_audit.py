# SPDX-License-Identifier: GPL-2.0-only
"""The rules of `make audit`: each hits the lines that its fixtures mark, and nothing else. No rule
hits our own patterns, which the rules recommend to their readers. A mark is /* audit: RULE */ at
the end of the line."""

import pathlib
import re
import shutil
import subprocess
import sys
import unittest

TOP = pathlib.Path(__file__).resolve().parents[3]
AUDIT = TOP / "tests" / "audit"
FIXTURES = AUDIT / "fixtures"
MARK = re.compile(r"/\* audit: ([a-z-]+) \*/")
HIT = re.compile(r"(.+?):(\d+): ([a-z-]+): .+; see (docs/\S+?)#(\S+)")


def patterns():
    """Our own patterns, anywhere below module/. Leaves out code that reads m->flags, which is
    wrong on purpose."""
    found = [path for path in sorted((TOP / "module").rglob("*.c"))
             if re.search(r"^const struct pfnmap_method ", path.read_text(), re.M) and
             not re.search(r"\bm->flags\b", path.read_text())]
    return [path for path in found if path.parent.name != "misuse"]


def marks():
    """(file's name, line, rule) of each expected hit."""
    return {(path.name, number, mark[1])
            for path in FIXTURES.glob("*.c")
            for number, line in enumerate(path.read_text().splitlines(), 1)
            for mark in MARK.finditer(line)}


@unittest.skipUnless(shutil.which("spatch"), "no spatch here: package coccinelle")
class Audit(unittest.TestCase):
    """One run over all fixtures and patterns."""

    @classmethod
    def setUpClass(cls):
        cls.ran = subprocess.run([sys.executable, "-B", AUDIT / "audit.py", FIXTURES, *patterns()],
                                 text=True, capture_output=True, check=False)
        cls.hits = [HIT.fullmatch(line) for line in cls.ran.stdout.splitlines()]

    def test_each_line_is_a_hit(self):
        self.assertNotIn(None, self.hits, self.ran.stdout)
        self.assertEqual(self.ran.returncode, 1, self.ran.stderr)

    def test_hits_are_what_the_fixtures_mark(self):
        got = {(pathlib.Path(hit[1]).name, int(hit[2]), hit[3]) for hit in self.hits}
        self.assertEqual(sorted(got), sorted(marks()))

    def test_patterns_are_silent(self):
        self.assertGreater(len(patterns()), 20)
        hit = {hit[1] for hit in self.hits} - {str(path) for path in FIXTURES.glob("*.c")}
        self.assertEqual(sorted(hit), [])

    def test_messages_lead_to_a_heading(self):
        for hit in self.hits:
            headings = re.findall(r"^#+ (.+)$", (TOP / hit[4]).read_text(), re.M)
            self.assertIn(hit[5], [re.sub(r"[^a-z0-9 -]", "", one.lower()).replace(" ", "-")
                                   for one in headings])

    def test_a_tree_without_mappings_is_an_error(self):
        ran = subprocess.run([sys.executable, "-B", AUDIT / "audit.py", TOP / "docs"],
                             text=True, capture_output=True, check=False)
        self.assertEqual(ran.returncode, 2, ran.stderr)
        self.assertIn("no C file with a mapping", ran.stderr)


class Rules(unittest.TestCase):
    """Tests that need no spatch."""

    def test_each_rule_has_a_true_and_a_false_positive(self):
        for rule in AUDIT.glob("*.cocci"):
            with self.subTest(rule.name):
                self.assertTrue([mark for mark in marks() if mark[2] == rule.stem])
        silent = "".join(path.read_text() for path in FIXTURES.glob("*.c"))
        self.assertGreaterEqual(silent.count("/* Silent: "), len(list(AUDIT.glob("*.cocci"))))

    def test_each_mark_is_of_a_rule(self):
        self.assertEqual({mark[2] for mark in marks()},
                         {rule.stem for rule in AUDIT.glob("*.cocci")})

    def test_headers_name_tests_and_findings_that_there_are(self):
        tests = "".join(path.read_text() for path in (TOP / "tests").glob("*.bats"))
        findings = {path.name for path in (TOP / "tests" / "findings").iterdir()}
        for rule in AUDIT.glob("*.cocci"):
            header = re.sub(r"\n//\s+", " ", rule.read_text().split("\n\n", 1)[0])
            text = re.search(r"Shown by:(.+?) Fix:", header)[1]
            with self.subTest(rule.name):
                names = re.findall(r'"([^"]+)"', text)
                for name in names:
                    self.assertIn(name, tests)
                named = [one for one in findings if re.search(rf"\b{one}\b", text)]
                self.assertTrue(names or named or "no test" in text, text)


if __name__ == "__main__":
    unittest.main()
