#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: GPL-2.0-only
"""audit.py TREE|FILE...: looks for the traps of docs/patterns.md in kernel sources, by the
Coccinelle rules beside this file. A hit is a place to look at, not yet a bug. The status is 1 if
there are hits, 2 if something could not be looked at.

A rule is one .cocci. Its header says the trap, what shows it, the fix, since which kernel; and
what a file has to contain for the rule to be asked of it (a regular expression), so that a whole
kernel takes minutes."""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
HEADER = ("Trap", "Shown by", "Fix", "Since", "Files")
# A file without any of these has no mapping.
ANY = re.compile(rb"vm_area_struct|vm_fault")
REPORT = re.compile(r"(?P<file>.+?):(?P<line>\d+):\d+-\d+: (?P<text>.+)")
# Where a hit leads, if the rule's header has no See.
SEE = "docs/patterns.md#traps"


class Rule:
    """A .cocci, and the fields of its header."""

    def __init__(self, path):
        self.path = path
        self.name = path.stem
        self.header = dict(re.findall(r"^// ([A-Z][a-z ]+):\s+(.+)$", path.read_text(), re.M))
        lacks = [field for field in HEADER if field not in self.header]
        if lacks:
            raise ValueError(f"{path.name}: the header lacks {', '.join(lacks)}: see the other "
                             "rules")
        self.see = self.header.get("See", SEE)
        self.files = re.compile(self.header["Files"].encode())

    def hits(self, files):
        """The hits [(file, line, text)], and spatch's complaints."""
        with tempfile.NamedTemporaryFile("w", suffix=".groups") as groups:
            groups.write("".join(f"{file}\n\n" for file in files))
            groups.flush()
            ran = subprocess.run(
                ["spatch", "--very-quiet", "--no-includes", "--timeout", "120",
                 "--macro-file", HERE / "macros.h", "--sp-file", self.path,
                 "--file-groups", groups.name],
                text=True, capture_output=True, check=False)
        found = [REPORT.fullmatch(line) for line in ran.stdout.splitlines()]
        hits = [(hit["file"], int(hit["line"]), hit["text"]) for hit in found if hit]
        wrong = [line[:300] for line in ran.stderr.splitlines()
                 if re.search(r"(?i)error|exn|timeout|unable", line)]
        if ran.returncode:
            wrong.append(f"spatch: status {ran.returncode}")
        return hits, wrong


def rules():
    """All, by name."""
    return [Rule(path) for path in sorted(HERE.glob("*.cocci"))]


def sources(places):
    """(path, contents) of each file that is given, and below a folder of each C file with a
    mapping."""
    for place in places:
        if place.is_file():
            yield place, place.read_bytes()
            continue
        for folder, folders, names in os.walk(place):
            folders[:] = sorted(name for name in folders if name not in (".git", "Documentation"))
            for name in sorted(names):
                path = pathlib.Path(folder, name)
                if path.suffix == ".c" and not path.is_symlink():
                    text = path.read_bytes()
                    if ANY.search(text):
                        yield path, text


def audit(places, chosen):
    """The hits [(file, line, rule, text)] in order, what went wrong, and the number of files."""
    of_rule = {rule.name: [] for rule in chosen}
    seen = 0
    for path, text in sources(places):
        seen += 1
        for rule in chosen:
            if rule.files.search(text):
                of_rule[rule.name].append(path)
    hits, wrong = set(), []
    for rule in chosen:
        files = of_rule[rule.name]
        if not files:
            continue
        if sys.stderr.isatty():
            print(f"==> {rule.name}: {len(files)} files", file=sys.stderr)
        found, complaints = rule.hits(files)
        hits.update((file, line, rule.name, f"{text}; see {rule.see}")
                    for file, line, text in found)
        wrong += [f"{rule.name}: {line}" for line in complaints]
    return sorted(hits), wrong, seen


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[2])
    parser.add_argument("--rule", action="append", help="only this one (more than once)",
                        choices=sorted(path.stem for path in HERE.glob("*.cocci")))
    parser.add_argument("place", nargs="+", type=pathlib.Path, metavar="TREE|FILE")
    args = parser.parse_args()
    lost = [str(place) for place in args.place if not place.exists()]
    if lost:
        parser.error("there is no " + ", ".join(lost))
    os.nice(10)
    hits, wrong, seen = audit(args.place,
                              [rule for rule in rules() if args.rule in (None, []) or
                               rule.name in args.rule])
    for file, line, rule, text in hits:
        print(f"{file}:{line}: {rule}: {text}")
    for line in wrong:
        print(f"audit: {line}", file=sys.stderr)
    if not seen:
        wrong.append("no C file with a mapping")
        print(f"audit: no C file with a mapping below {' '.join(map(str, args.place))}: "
              "name a folder with drivers",
              file=sys.stderr)
    print(f"audit: {len(hits)} hits, {seen} files with mappings", file=sys.stderr)
    return 2 if wrong else int(bool(hits))


if __name__ == "__main__":
    sys.exit(main())
