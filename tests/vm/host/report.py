# SPDX-License-Identifier: GPL-2.0-only
"""Shows the results of tests as they come, and leaves them in build/results for tools."""

import collections
import functools
import json
import re
import shlex
import subprocess
import sys
import threading
import xml.etree.ElementTree as xml

import paths
import roots
from plan import all_files

_lock = threading.Lock()


def show(text):
    """Prints lines of progress in one piece, even if other threads print, too."""
    with _lock:
        print(text, flush=True)


def _printable(text):
    """The text without characters that XML 1.0 can't have."""
    return re.sub("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "?", text)


class Kernel:
    """The results of one row: RELEASE.tap, RELEASE.xml, and the counts for the summary. COMMAND
    runs all of the row again."""

    def __init__(self, name, comment, command=""):
        self.name = name
        self.comment = comment
        self.command = command
        self.files = {}  # results by file, in the order in which the files end
        self.order = []
        self.planned = 0
        self.seconds = 0.0
        self.behaviours = {}
        self.leaks = []
        self.trouble = []  # failures besides tests
        self.tap = None

    # Called while the row runs.

    def say(self, *lines):
        """Writes lines to RELEASE.tap at once: the file survives the death of this machine."""
        if not self.tap:
            paths.RESULTS.mkdir(parents=True, exist_ok=True)
            self.tap = open(paths.RESULTS / f"{self.name}.tap", "w", encoding="utf-8")
            print(f"# {self.comment}", file=self.tap)
        print(*lines, sep="\n", file=self.tap, flush=True)

    def add(self, result):
        with _lock:
            self.files.setdefault(result.file, []).append(result)
            self.order.append(result)
            number = len(self.order)
            lines = [self.result_line(number, result), *result.notes]
            self.say(*lines)
        show("\n".join(f"{self.name}| {line}" for line in lines))

    def fail(self, text):
        """Makes the run red, even if all tests pass."""
        with _lock:
            self.trouble.append(text)
            self.say(f"Bail out! {text}")
        show(f"{self.name}| error: {text}")

    @staticmethod
    def result_line(number, result):
        text = f"{'ok' if result.ok else 'not ok'} {number} {result.name} in {result.ms}ms"
        return text + (f" # skip {result.skipped}" if result.skipped else "")

    # Called at the row's end.

    def again(self, result):
        """The command that runs one test again, with the name quoted for make and the shell. The
        set-up of a suite or a file runs before any test."""
        if re.match(r"(setup|teardown)_(suite|file)\b", result.name):
            tests = paths.asked("TESTS").replace("$", "$$")
            return self.command + (f" TESTS={shlex.quote(tests)}" if tests else "")
        name = re.sub(r"[][.{}()*+?^|\\]", r"\\\g<0>", result.name).replace("$", ".")
        return f"{self.command} TESTS={shlex.quote('^' + name)}"

    def counts(self):
        skipped = sum(bool(r.skipped) for r in self.order)
        failed = sum(not r.ok for r in self.order) + len(self.trouble)
        if len(self.order) != self.planned and not self.trouble:
            failed += 1
        return {"passed": sum(r.ok for r in self.order) - skipped, "failed": failed,
                "skipped": skipped, "seconds": round(self.seconds)}

    def not_the_plan(self):
        if len(self.order) == self.planned:
            return []
        return [f"{len(self.order)} results for a plan of {self.planned}"]

    def junit(self):
        """Makes a testsuite for each file, like bats' own formatter, which would take ten seconds
        for so many tests."""
        root = xml.Element("testsuites", time=f"{self.seconds:.3f}")
        for file, results in self.files.items():
            suite = xml.SubElement(
                root, "testsuite", name=file, hostname=self.name, tests=str(len(results)),
                failures=str(sum(not r.ok for r in results)), errors="0",
                skipped=str(sum(bool(r.skipped) for r in results)),
                time=f"{sum(r.ms for r in results) / 1000:.3f}")
            for result in results:
                case = xml.SubElement(suite, "testcase", classname=file,
                                      name=_printable(result.name),
                                      time=f"{result.ms / 1000:.3f}")
                if result.skipped:
                    xml.SubElement(case, "skipped").text = _printable(result.skipped)
                elif not result.ok:
                    xml.SubElement(case, "failure", type="failure").text = _printable(
                        "\n".join(result.notes))
        for text in self.trouble or self.not_the_plan():
            suite = xml.SubElement(root, "testsuite", name="run", tests="1", failures="1")
            case = xml.SubElement(suite, "testcase", classname="run", name=self.name)
            xml.SubElement(case, "failure", type="failure").text = _printable(text)
        xml.indent(root)
        return xml.ElementTree(root)

    def write(self):
        self.say(f"1..{max(self.planned, len(self.order))}")
        self.tap.close()
        self.junit().write(paths.RESULTS / f"{self.name}.xml", encoding="utf-8",
                           xml_declaration=True)
        if self.leaks:
            (paths.RESULTS / f"leaks-{self.name}.txt").write_text("".join(self.leaks))
            show(f"{self.name}| # this kernel has leaked {len(self.leaks)} reservations for ever")


def merge(part, release, counts, behaviours=None):
    """Writes the counts to summary.json, and leaves those of other kernels there."""
    file = paths.RESULTS / "summary.json"
    try:
        summary = json.loads(file.read_text())
    except (OSError, ValueError):
        summary = {}
    for key in ("kernels", "kunit", "behaviours"):
        summary.setdefault(key, {})
    summary[part][release] = counts
    if part == "kernels":
        for seen in summary["behaviours"].values():
            seen.pop(release, None)
        for name, what in (behaviours or {}).items():
            summary["behaviours"].setdefault(name, {})[release] = what
        summary["behaviours"] = {n: v for n, v in summary["behaviours"].items() if v}
    new = file.with_suffix(".new")
    new.write_text(json.dumps(summary, indent=2, sort_keys=True) + "\n")
    new.rename(file)


def table(rows, file=sys.stdout):
    """Prints words in columns, by column(1)."""
    text = "\n".join("\t".join(row) for row in rows) + "\n"
    print(roots.tools().run("column", "-t", "-s", "\t", stdin=text), end="", file=file)


def behaviours(kernels):
    """Prints the behaviours that the tests saw on these kernels: - where no test has noted one."""
    names = {name for kernel in kernels for name in kernel.behaviours}
    if not names:
        return
    releases = [kernel.name for kernel in kernels if kernel.behaviours]
    rows = [["behaviour", *releases]]
    for name in sorted(names):
        said = {kernel.name: kernel.behaviours.get(name, "-") for kernel in kernels}
        rows.append([name, *(said[release] for release in releases)])
    (paths.RESULTS / "behaviours.tsv").write_text("\n".join("\t".join(r) for r in rows) + "\n")
    print()
    table(rows)


@functools.lru_cache(maxsize=None)
def sources():
    """The commit, and whether the tree has changes on top of it."""
    try:
        return subprocess.run(["git", "-C", paths.TOP, "describe", "--always", "--dirty"],
                              check=True, capture_output=True, text=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def options(kernels):
    """Prints which kernel options skipped tests lacked, and how many tests each."""
    for kernel in kernels:
        missing = collections.Counter(
            option for result in kernel.order
            for option in re.findall(r"\bCONFIG_\w+", result.skipped))
        if missing:
            print(f"{kernel.name} lacks " + ", ".join(
                f"{option} ({count} tests)" for option, count in missing.most_common()))


def finish(kernels):
    """Writes all results, and prints how many tests passed. True if nothing failed."""
    if not kernels:
        return True
    paths.RESULTS.mkdir(parents=True, exist_ok=True)
    total = {"passed": 0, "failed": 0, "skipped": 0}
    print()
    for kernel in kernels:
        kernel.write()
        counts = kernel.counts()
        # For `make kernels`: whether these are all tests, and of which sources.
        counts["whole"] = not paths.asked("TESTS") and set(all_files()) <= set(kernel.files)
        counts["sources"] = sources()
        merge("kernels", kernel.name, counts, kernel.behaviours)
        for key in total:
            total[key] += counts[key]
        print(f"{kernel.name:28} {counts['passed']:4} ok {counts['failed']:4} not ok "
              f"{counts['skipped']:4} skipped {counts['seconds']:5} s")
    behaviours(kernels)
    options(kernels)
    print(f"results: {paths.RESULTS}")
    print("{passed} passed, {failed} failed, {skipped} skipped".format(**total), flush=True)
    return not total["failed"]


def failures(kernels):
    """Yields lines about each failed test, with the reason and the command that runs it again,
    and about other failures."""
    for kernel in kernels:
        for result in kernel.order:
            if not result.ok:
                notes = [note for note in result.notes if not re.fullmatch(r"#( --.*)?\s*", note)]
                for line in (f"not ok {result.name}", *notes[:8],
                             f"# again: {kernel.again(result)}"):
                    yield f"{kernel.name}| {line}"
        for text in kernel.trouble or kernel.not_the_plan():
            yield f"{kernel.name}| {text}"
