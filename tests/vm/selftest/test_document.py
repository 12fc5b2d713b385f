# SPDX-License-Identifier: GPL-2.0-only
"""The documents that atlas, bench and findings write: a run on one kernel replaces the text about
this kernel, and the text about others stays to the letter."""

import re
import unittest
from unittest import mock

import setting  # first: it adds the runner's folders to sys.path
import paths
from goals import atlas, bench, bench_page, document, findings

NEWER = "7.2.99+deb13-amd64"
# Each goal, and the text of its document in the tree.
WHOLE = {goal: goal.DOCUMENT.read_text() for goal in (atlas, bench, findings)}


def headings(text, mark="##"):
    return [heading for heading, _ in document.sections(text, mark)[1]]


def section(text, heading, mark="##"):
    return dict(document.sections(text, mark)[1])[heading].rstrip()


class Performance(unittest.TestCase):
    def test_the_page_is_that_of_its_tables(self):
        self.assertEqual(bench_page.page(WHOLE[bench]), bench.PAGE.read_text())

    def test_a_target_that_is_missed_shows(self):
        tables = WHOLE[bench].replace(" | met |", " | MISSED |", 1)
        self.assertEqual(bench_page.page(tables).count("**missed**"), 1)

    def test_a_handler_that_has_grown_shows(self):
        tables = re.sub(r"(\| \w+\[pfnmap_test\] \| \d+ \| )[\d.]+ ", r"\g<1>151.0 ",
                        WHOLE[bench], count=1)
        self.assertIn("| 151 | 150 | **missed** |", bench_page.page(tables))


class Merge(unittest.TestCase):
    def setUp(self):
        self.old = "# A\n\nold\n\n## 6.1.0-56-amd64\n\none\n\n### Faults\n\nx\n\n" \
                   "## 7.2.12+deb13-amd64\n\ntwo\n\n## What changed\n\n" \
                   "### 6.1.0-56-amd64 to 7.2.12+deb13-amd64\n\n- a\n"

    def test_replaces_the_section_of_the_kernel_and_keeps_the_rest(self):
        self.assertEqual(
            document.merged(self.old, f"# A\n\nnew\n\n## {NEWER}\n\nthree\n"),
            f"# A\n\nnew\n\n## 6.1.0-56-amd64\n\none\n\n### Faults\n\nx\n\n## {NEWER}\n\nthree\n\n"
            "## What changed\n\n### 6.1.0-56-amd64 to 7.2.12+deb13-amd64\n\n- a\n")

    def test_replaces_what_changed_between_the_kernels_that_ran(self):
        new = "# A\n\n## 6.1.0-57-amd64\n\nX\n\n## What changed\n\n" \
              f"### 6.1.0-57-amd64 to {NEWER}\n\n- b\n\n### {NEWER} to 7.3.4-amd64\n\n- c\n"
        text = section(document.merged(self.old, new), "What changed")
        self.assertEqual(headings(text, "###"),
                         [f"6.1.0-57-amd64 to {NEWER}", f"{NEWER} to 7.3.4-amd64"])

    def test_one_kernel_has_nothing_to_say_of_what_changed(self):
        text = document.merged(self.old, f"# A\n\n## {NEWER}\n\nx\n\n## What changed\n\n")
        self.assertEqual(section(text, "What changed"), section(self.old, "What changed"))

    def test_puts_kernels_in_order(self):
        text = self.old
        for release in ("10.0.1-amd64", "6.12.1+deb13-amd64", "7.2.13-debug",
                        "7.2.12+deb13-rt-amd64"):
            text = document.merged(text, f"# A\n\n## {release}\n\nx\n")
        self.assertEqual(headings(text), [
            "6.1.0-56-amd64", "6.12.1+deb13-amd64", "7.2.12+deb13-amd64", "7.2.13-debug",
            "7.2.12+deb13-rt-amd64", "10.0.1-amd64", "What changed"])

    def test_needs_no_document_to_begin_with(self):
        self.assertEqual(document.merged("", "# A\n\n## 7.2.1-amd64\n\nx\n\n\n"),
                         "# A\n\n## 7.2.1-amd64\n\nx\n")

    def test_the_same_again_is_the_same(self):
        for goal in (atlas, bench):
            with self.subTest(goal.__name__):
                self.assertEqual(document.merged(WHOLE[goal], WHOLE[goal]).rstrip(),
                                 WHOLE[goal].rstrip())

    def test_documents_of_the_tree_lose_but_one_section(self):
        for goal in (atlas, bench):
            with self.subTest(goal.__name__):
                text = document.merged(WHOLE[goal], f"# A\n\n## {NEWER}\n\nx\n")
                names = headings(text)
                self.assertEqual([name for name in names if name not in headings(WHOLE[goal])],
                                 [NEWER])
                self.assertEqual(len(names), len(headings(WHOLE[goal])))
                for name in set(names) - {NEWER}:
                    self.assertEqual(section(text, name), section(WHOLE[goal], name))


class Findings(unittest.TestCase):
    def setUp(self):
        self.file = setting.folder() / "findings.md"
        self.file.write_text(WHOLE[findings])
        for name, value in (("DOCUMENT", self.file), ("roots", mock.Mock())):
            patch = mock.patch.object(findings, name, value)
            patch.start()
            self.addCleanup(patch.stop)
        top = mock.patch.object(paths, "TOP", self.file.parent)
        top.start()
        self.addCleanup(top.stop)
        self.names = sorted(path.parent.name for path in findings.FOLDER.glob("*/finding.txt"))

    def write(self, became, *names):
        ran = [findings.Finding(name) for name in names]
        for finding in ran:
            finding.became = dict(became)
        findings.write(self.names, ran)
        return self.file.read_text()

    def test_one_kernel_replaces_its_row_alone(self):
        text = self.write({NEWER: "no longer there"}, *self.names)
        old = WHOLE[findings].splitlines()
        changed = [line for line in text.splitlines() if line not in old]
        self.assertEqual(set(changed), {f"| {NEWER} | no longer there |"})
        self.assertEqual(len(text.splitlines()), len(old))
        self.assertNotIn("| 7.2.12+", text)

    def test_one_finding_replaces_its_section_alone(self):
        name = self.names[0]
        text = self.write({NEWER: "no longer there"}, name)
        self.assertEqual(text.count(NEWER), 1)
        for other in self.names[1:]:
            self.assertEqual(findings.told(other, text), findings.told(other, WHOLE[findings]))

    def test_a_finding_that_is_new_comes_in_its_place(self):
        name = self.names[1]
        self.file.write_text(WHOLE[findings].replace(findings.told(name, WHOLE[findings]), ""))
        text = self.write({NEWER: "reproduced"}, name)
        places = [text.index(f"`tests/findings/{name}/`") for name in self.names]
        self.assertEqual(places, sorted(places))

    def test_all_kernels_write_it_anew(self):
        text = self.write({"6.1.0-99-amd64": "a", "6.12.9-amd64": "b", NEWER: "c",
                           "7.3.9-amd64": "d"}, *self.names)
        self.assertNotIn("| 6.1.0-56-amd64 |", text)
        self.assertEqual(text.count("| kernel | |"), len(self.names))


if __name__ == "__main__":
    unittest.main()
