# SPDX-License-Identifier: GPL-2.0-only
"""goals/atlas_page.py: the page folds rows over modes and marks differences, and a browser runs
its script."""

import re
import shutil
import subprocess
import unittest

import setting  # first: it adds the runner's folders to sys.path
import paths
from goals import atlas_page

BROWSER = shutil.which("chromium")
QUIET = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync")


def row(kernel, requested, **fields):
    return {"kernel": kernel, "method": "vmf_insert_pfn", "region": "mmio", "sharing": "shared",
            "reserved": False, "requested": requested, "result": "ok", "level": "pte",
            "effective": "uncached-minus", "special": True, "tracked": False,
            "refcounted": False, "gup_slow": "EFAULT", "gup_fast": "EFAULT",
            "gup_longterm": "EFAULT", "cow": None} | fields


class AtlasPage(unittest.TestCase):
    def setUp(self):
        self.rows = [row(kernel, mode) for kernel in ("6.1", "7.2")
                     for mode in ("write-back", "write-combining", "uncached-minus")]

    def test_modes_with_one_outcome_on_all_kernels_are_one_row(self):
        kernels, lines = atlas_page.folded(self.rows)
        self.assertEqual(kernels, ["6.1", "7.2"])
        self.assertEqual([modes for _, modes, _ in lines], ["WB WC", "UC-"])
        self.assertEqual(lines[0][2]["6.1"],
                         ("ok", "pte", "UC-", "special", "pin EFAULT"))
        self.assertEqual(lines[1][2]["7.2"][2], "as asked")

    def test_a_difference_on_one_kernel_parts_the_row_and_is_marked(self):
        self.rows[4]["level"] = "pmd"
        _, lines = atlas_page.folded(self.rows)
        self.assertEqual([modes for _, modes, _ in lines], ["WB", "WC", "UC-"])
        self.assertEqual(atlas_page.page(self.rows).count('<td class="differs">'), 1)

    def test_what_no_kernel_has_is_no_row(self):
        absent = [row(kernel, "write-back", method="devmap_pte", result="not on this kernel",
                      level=None, effective=None, sharing=None) for kernel in ("6.1", "7.2")]
        _, lines = atlas_page.folded(absent)
        self.assertEqual(lines, [])

    def test_a_method_links_to_its_pattern_and_its_tests(self):
        page = atlas_page.page(self.rows)
        self.assertIn('href="../module/patterns/vmf_insert_pfn.c"', page)
        self.assertIn('href="../tests/zap.bats"', page)
        self.assertIn('id="vmf_insert_pfn-mmio-shared-UC-"', page)

    def test_each_row_links_to_the_pattern_and_the_guide(self):
        rows = re.findall(r'<tr id="[^"]*vmf_insert_pfn-.*', atlas_page.page(self.rows))
        self.assertEqual(len(rows), 2)
        for line in rows:
            self.assertIn('href="../module/patterns/vmf_insert_pfn.c"', line)
            self.assertIn('href="patterns.md#what-do-you-get"', line)

    def test_the_guide_has_each_method(self):
        listed = (paths.TOP / "module/patterns/list.h").read_text()
        methods = re.findall(r"^METHOD\(\w+, (\w+),", listed, re.M)
        self.assertIn("huge_zero_folio", methods)
        sections = {method: atlas_page.section_of(method) for method in methods}
        self.assertEqual(set(sections.values()), {"#what-do-you-get", "#what-do-you-have"})
        self.assertEqual(sections["devmap_pud"], "#what-do-you-have")

    def test_the_methods_of_one_file_link_to_it(self):
        self.assertEqual(atlas_page.pattern_of("devmap_pmd"), "kernel-only/devmap.c")

    @unittest.skipUnless(BROWSER, "no chromium, which make check-all installs")
    def test_a_browser_counts_the_rows(self):
        folder = setting.folder()
        (folder / "atlas.html").write_text(atlas_page.page(self.rows))
        done = subprocess.run(
            [BROWSER, *QUIET, f"--user-data-dir={folder}/profile", "--dump-dom",
             f"file://{folder}/atlas.html"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=120, check=True)
        self.assertIn("<body class=\"script\">", done.stdout)
        self.assertIn("<output id=\"count\">2 rows</output>", done.stdout)


if __name__ == "__main__":
    unittest.main()
