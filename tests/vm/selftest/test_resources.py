# SPDX-License-Identifier: GPL-2.0-only
"""The resources of `make bench`: holes in the guest's RAM, ranges between them, and the part of the
document that a run of this group alone replaces."""

import unittest
from unittest import mock

import setting  # first: it adds the runner's folders to sys.path
import machines
from goals import bench, bench_resources, document

IOMEM = """\
00000000-00000fff : Reserved
00001000-0009fbff : System RAM
  00001000-00001fff : Kernel code
80000000-8fffffff : PCI Bus
140000000-17fffffff : Reserved
  140000000-17fffffff : pfnmap_test mmio
"""


class Layout(unittest.TestCase):
    def test_no_two_ranges_touch(self):
        holes, ranges = bench_resources.layout()
        taken = sorted([(at << 20, (at << 20) + 4096) for at in holes] +
                       [(at << 20, at + bench_resources.RANGE << 20) for at in ranges])
        for (_, end), (start, _) in zip(taken, taken[1:]):
            self.assertLess(end, start)
        self.assertLess(taken[-1][1], 0x140000000)  # the first of RESERVED above 4 GiB
        self.assertIn("1G$0x140000000", machines.RESERVED)

    def test_each_range_has_as_many_holes_before_it_as_asked(self):
        holes, ranges = bench_resources.layout()
        self.assertEqual([2 * sum(hole < at for hole in holes) for at in ranges],
                         list(bench_resources.ADDED))

    def test_the_command_line_has_room(self):
        self.assertLess(len(bench_resources.append()), 1400)


class Before(unittest.TestCase):
    def test_counts_by_level(self):
        self.assertEqual(bench_resources.before(IOMEM, 0x140000000), (3, 4))


class Rest(unittest.TestCase):
    def test_groups_that_did_not_run_stay(self):
        file = setting.folder() / "tables.md"
        file.write_text(bench.DOCUMENT.read_text())
        old = file.read_text()
        release, text = document.sections(old, "##")[1][0]
        new = f"## {release}\n\nAccelerator tcg.\n\n### Targets\n\n| a |\n| - | - |\n\n" \
              "### Faults behind resources\n\n| what |\n| - | - |\n| new | 1 |\n"
        document.write(file, bench.with_rest(old, new))
        kernel = dict(document.sections(file.read_text(), "##")[1])[release]
        made = dict(document.sections(kernel, "###")[1])
        for name, part in document.sections(text, "###")[1]:
            if name != "Faults behind resources":
                self.assertEqual(made[name].rstrip(), part.rstrip())
        self.assertIn("| new | 1 |", made["Faults behind resources"])

    def test_no_figures_move_to_another_release(self):
        with mock.patch.object(bench, "roots"):
            self.assertEqual(bench.with_rest(
                "## 6.12.1-amd64\n\n### Faults\n\nx\n",
                "## 6.12.2-amd64\n\n### Faults behind resources\n\ny\n"), "")


if __name__ == "__main__":
    unittest.main()
