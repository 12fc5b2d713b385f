# SPDX-License-Identifier: GPL-2.0-only
"""KUnit's suites on a target whose kernel has KUnit. The suites run when the runner loads their
module. The runner reads the results from debugfs, and the kernel's own parser judges them, in the
root that builds kernels."""

import json
import re
import shutil
import threading
import time

import machines
import paths
import report
import roots
import rig
from target import Failed, Gone
import suite

_FOLDER = "/sys/kernel/debug/kunit"


class Suites:
    """Call run() on each target. finish() reports on all, and is True if nothing failed."""

    def __init__(self):
        self.lock = threading.Lock()
        self.totals = {}  # counts by release
        self.said = []

    def run(self, target, row):
        began = time.monotonic()
        folder = paths.RESULTS / f"kunit-{row.release}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        console_at = target.console.stat().st_size
        trouble = ""
        try:
            self.collect(target, row, folder)
        except Gone as error:
            lines = suite.splat(target.console, console_at)
            trouble = "\n".join([f"not ok the kernel died: {error}", *lines])
            target.restart()
        except Failed as error:
            trouble = f"not ok {error}"
        (folder / "console.log").write_bytes(target.console.read_bytes()[console_at:])
        text, counts = self.judge(row, folder)
        if trouble:
            text, counts["failed"] = f"{text}\n{trouble}", counts["failed"] + 1
        counts["seconds"] = round(time.monotonic() - began)
        report.show("\n".join(f"{row.name}| {line}" for line in text.strip().splitlines()))
        (folder / "said").write_text(text + "\n")
        (folder / "counts.json").write_text(json.dumps(counts))
        with self.lock:
            self.totals[row.release] = counts
            self.said += [f"kunit-{row.release}| {line}" for line in text.splitlines()
                          if re.search(r"FAILED|CRASHED|^not ok", line)]

    def collect(self, target, row, folder):
        """Runs the suites, and leaves the KTAP of each in FOLDER."""
        module = rig.module_path(row)
        loaded = target.has("/sys/module/pfnmap_test")
        if not loaded and machines.reserved(row.machine):
            rig.load(target, row)
        elif not loaded:
            target.run("insmod", module)
        target.run("insmod", module.replace(".ko", "_kunit.ko"), timeout=1800)
        suites = target.run("ls", _FOLDER).stdout.split()
        for name in suites:
            (folder / f"{name}.ktap").write_bytes(target.get(f"{_FOLDER}/{name}/results"))
        target.run("rmmod", "pfnmap_test_kunit")
        if not loaded:
            target.run("rmmod", "pfnmap_test")

    @staticmethod
    def judge(row, folder):
        """The text and the counts that the kernel's parser makes of the results."""
        root = roots.Root("kernel")
        place = root.folder / "tmp" / f"ktap-{row.release}"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        try:
            for path in (paths.TOP / "kunit" / "results.py", *folder.glob("*.ktap")):
                shutil.copy(path, place)
            inside = f"/tmp/{place.name}"
            parser = f"{row.source}/tools/testing/kunit" if row.source else \
                f"{roots.script('own-kernel', 'source')}/tools/testing/kunit"
            text = root.run("python3", f"{inside}/results.py", parser, inside, check=False)
            counts = json.loads((place / "counts.json").read_text())
        except (OSError, ValueError):
            text, counts = "no suite said anything", {"passed": 0, "failed": 1, "skipped": 0}
        finally:
            shutil.rmtree(place, ignore_errors=True)
        return text, counts

    def finish(self):
        for release, counts in self.totals.items():
            report.merge("kunit", release, counts)
            print(f"kunit {release}: {counts['passed']} passed, {counts['failed']} failed, "
                  f"{counts['skipped']} skipped, {counts['seconds']} s")
        return not any(counts["failed"] for counts in self.totals.values())
