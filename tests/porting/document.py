#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: GPL-2.0-only
"""document.py [--check]: writes docs/porting.md from the snippets beside this file and from
behaviour.txt. With --check it only says whether the page is up to date.

A snippet's row is the second line of the probe of the same name (module/probes), and begins with
the release of the change. If the snippet shows another change than the probe asks about, the
snippet has a row of its own as its second line. The code has to ask for each release that the row
names, and the probe has to name each release, too: so neither date can be wrong alone."""

import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parents[1]
PAGE = TOP / "docs" / "porting.md"
INTRO = """\
# Porting: the helpers by release

*`make porting` writes this page, of [`tests/porting/`](../tests/porting).*

Helpers that got another name, gained or lost an argument, or changed their behaviour, newest first.
Each snippet compiles on both sides of its change: `make lint` builds all snippets for each kernel
(6.1, 6.12, 7.2 and 7.3). Its release is that of the probe by which our own module finds out
([`module/probes/`](../module/probes)). Stable and distribution kernels may have a change earlier
than the version says: if your driver builds for these, ask as `module/probes/` does.
"""


def number(release):
    """A release as numbers, for sorting."""
    return tuple(int(part) for part in release.split("."))


def probe_line(probe):
    """A probe's second line."""
    return (TOP / "module" / "probes" / probe).read_text().splitlines()[1]


def dates(probe):
    """The releases that a probe's second line names."""
    return set(re.findall(r"\b(\d+\.\d+)\b", probe_line(probe)))


def row_of(path, lines):
    """A snippet's row, and the lines of its code."""
    own = re.match(r"/\* \d+\.\d+: ", lines[1])
    # (2) is the probe's answer on such kernels.
    return (lines[1], lines[2:]) if own else (
        re.sub(r" \(\d\):", ":", probe_line(path.name)), lines[1:])


def snippets():
    """[(release, text, name, code)], newest first."""
    found = []
    for path in sorted(set(HERE.glob("*.c")) - {HERE / "main.c"}):
        lines = path.read_text().splitlines()
        line, code = row_of(path, lines)
        row = re.fullmatch(r"/\* (\d+\.\d+): (.+)\.? \*/", line)
        if not row:
            sys.exit(f"{path.name}: its row is not /* RELEASE: what changed */: {line}")
        told = set(re.findall(r"\b(\d+\.\d+): ", line))
        asked = {f"{a}.{b}" for a, b in
                 re.findall(r"KERNEL_VERSION\((\d+), (\d+), 0\)", path.read_text())}
        if told != asked:
            sys.exit(f"{path.name}: tells of {sorted(told)}, and asks for {sorted(asked)}: "
                     "make both the same")
        probed = dates(path.name) | (dates("follow_pte.c") if "follow" in path.name else set())
        if not told <= probed:
            sys.exit(f"{path.name}: {sorted(told)}, and module/probes/ says {sorted(probed)}: "
                     "mend one of them")
        found.append((row[1], row[2].rstrip("."), path.stem, "\n".join(code).strip()))
    return sorted(found, key=lambda one: (number(one[0]), one[2]), reverse=True)


def behaviour():
    """[(release, helper, what, test)], newest first."""
    rows = [re.split(r"\s+\|\s+", line) for line in
            (HERE / "behaviour.txt").read_text().splitlines()
            if line and not line.startswith("#")]
    tests = "".join(path.read_text() for path in (TOP / "tests").glob("*.bats"))
    for row in rows:
        if len(row) != 4:
            sys.exit(f"behaviour.txt: not four columns between |: {row}")
        finding = (TOP / "tests" / "findings" / row[3]).is_dir()
        if not finding and f'"{row[3]}' not in tests:
            sys.exit(f"behaviour.txt: no test's name begins so, and no finding has it: {row[3]}")
    return sorted(rows, key=lambda row: number(row[0]), reverse=True)


def page():
    """The page's text."""
    out = [INTRO, "## Names and arguments\n", "| since | what changed | snippet |", "|-|-|-|"]
    changes = snippets()
    for release, text, name, _ in changes:
        out.append(f"| {release} | {text} | [{name}](#{name}) |")
    out += ["\n## Behaviour\n", "The name and the arguments stay, and something else comes out.\n",
            "| since | helper | what changed | shown by |", "|-|-|-|-|"]
    for release, helper, what, test in behaviour():
        out.append(f"| {release} | {helper} | {what} | `{test}` |")
    out.append("\n## Snippets")
    for release, text, name, code in changes:
        out.append(f"\n### {name}\n\n{release}: {text}.\n\n```c\n{code}\n```")
    return "\n".join(out) + "\n"


def main():
    text = page()
    if sys.argv[1:] != ["--check"]:
        PAGE.write_text(text)
    elif not PAGE.exists() or PAGE.read_text() != text:
        sys.exit("docs/porting.md is not what tests/porting/ makes: run 'make porting'")


if __name__ == "__main__":
    main()
