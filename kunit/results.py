#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""results.py PARSER DIR: reads DIR/*.ktap by the kernel's own parser, which lies in
the folder PARSER (tools/testing/kunit), prints the results, and writes
DIR/counts.json. Fails if a test failed, or if there is none."""

import io
import json
import pathlib
import sys

parser, folder = sys.argv[1], pathlib.Path(sys.argv[2])
sys.path.insert(0, parser)
import kunit_parser  # noqa: E402
import kunit_printer  # noqa: E402

totals = {"passed": 0, "failed": 0, "skipped": 0}
for path in sorted(folder.glob("*.ktap")):
    lines = path.read_text(errors="replace").splitlines()
    said = io.StringIO()
    test = kunit_parser.parse_run_tests(
        lines, kunit_printer.Printer(output=said))
    counts = test.counts
    bad = counts.failed + counts.crashed + counts.errors
    if bad or not counts.total():
        print("\n".join(line for line in said.getvalue().splitlines()
                        if "[PASSED]" not in line and "====" not in line))
        bad = bad or 1
    print(f"{path.stem:25} {counts.passed:4} ok {bad:4} not ok "
          f"{counts.skipped:4} skipped")
    totals["passed"] += counts.passed
    totals["failed"] += bad
    totals["skipped"] += counts.skipped
if not any(totals.values()):
    print("no suite said anything")
    totals["failed"] = 1
print("kunit: {passed} passed, {failed} failed, {skipped} skipped".format(**totals))
(folder / "counts.json").write_text(json.dumps(totals))
