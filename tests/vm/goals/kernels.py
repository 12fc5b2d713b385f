# SPDX-License-Identifier: GPL-2.0-only
"""make kernels: docs/kernels.md, a row for each kernel on which `make check` has run all tests
here (build/results/summary.json). Rows of other kernels stay as they are."""

import json
import re

import paths
import report
from target import Failed

DOCUMENT = paths.TOP / "docs" / "kernels.md"
BEGIN, END = "<!-- rows: make kernels -->\n", "<!-- end of rows -->\n"
HEADING = ["kernel", "whose", "passed", "failed", "skipped", "KUnit", "sources"]


def whose(release):
    """Tells from a kernel's release who built the kernel."""
    stock = r"(\+deb\d+|-\d+)-(rt-|cloud-)?(amd64|arm64)$"
    return "Debian" if re.search(stock, release) else "built here"


def order(release):
    """The sorting key: versions as numbers, then flavours."""
    return [int(part) for part in re.findall(r"\d+", release)[:4]], release


def run():
    try:
        summary = json.loads((paths.RESULTS / "summary.json").read_text())
    except (OSError, ValueError):
        raise Failed("no results here: run 'make check' first") from None
    head, rows, tail = re.fullmatch(f"(.*{BEGIN})(.*)({END}.*)", DOCUMENT.read_text(),
                                    re.S).groups()
    table = {row.split("|")[1].strip(): row for row in rows.splitlines()[2:]}
    for release, counts in summary["kernels"].items():
        if not counts.get("whole"):
            continue
        unit = summary["kunit"].get(release)
        words = [release, whose(release), counts["passed"], counts["failed"],
                 counts["skipped"], f"{unit['passed']} passed, {unit['failed']} failed"
                 if unit else "-", counts["sources"]]
        table[release] = "| " + " | ".join(map(str, words)) + " |"
    lines = ["| " + " | ".join(HEADING) + " |", "|" + "-|" * len(HEADING),
             *(table[release] for release in sorted(table, key=order))]
    DOCUMENT.write_text(head + "\n".join(lines) + "\n" + tail)
    report.show(f"{DOCUMENT.relative_to(paths.TOP)}: {len(table)} kernels")
