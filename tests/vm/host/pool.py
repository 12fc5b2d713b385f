# SPDX-License-Identifier: GPL-2.0-only
"""Spreads work over this machine's processors, with a worker for each. A worker has one target
at a time, and runs piece after piece of work on it. A builder goes ahead of the workers."""

import dataclasses
import json
import pathlib
import re
import shutil
import threading
import time
import traceback

import builder
import machines
import paths
import plan
import report
import rig
import stages
import suite
from target import Failed

# A second guest is worth its boot if so many seconds of work are left.
WORTH_S = 25
# The guessed time of a file that never ran before.
GUESS_S = 10

DURATIONS = paths.CACHE / "durations.json"
_KMEMLEAK = "/sys/kernel/debug/kmemleak"


def spoils(file):
    """True if this file leaves the machine in a state in which no other file can run."""
    text = (paths.TESTS / file).read_text()
    return re.search(r"^# bats file_tags=.*\bspoils\b", text, re.M) is not None


class Durations:
    """How long each file took the last time, on each kernel."""

    def __init__(self):
        try:
            self.seconds = json.loads(DURATIONS.read_text())
        except (OSError, ValueError):
            self.seconds = {}

    def of(self, kernel, item):
        return self.seconds.get(kernel, {}).get(item, GUESS_S)

    def note(self, kernel, item, seconds):
        self.seconds.setdefault(kernel, {})[item] = round(seconds, 1)

    def save(self):
        new = DURATIONS.with_suffix(".new")
        new.write_text(json.dumps(self.seconds, indent=1))
        new.rename(DURATIONS)


@dataclasses.dataclass
class Work:
    """A row whose machine can be started, and the tests that are left to run there."""

    row: object
    results: report.Kernel
    image: pathlib.Path
    items: list  # of files, and "kunit"
    guests: int = 0
    workers: int = 0
    over: bool = False  # no more tests can run there
    consoles: int = 0  # kept so far
    console_lock: object = dataclasses.field(default_factory=threading.Lock)


class Pool:
    """run() builds and runs all rows and jobs; True if nothing failed."""

    def __init__(self, rows, jobs=(), kunit=None):
        self.rows = rows
        self.jobs = list(jobs)  # (name, function): work on this machine, without a target
        self.kunit = kunit
        self.durations = Durations()
        self.ready = threading.Condition()
        self.building = True
        self.works = []
        self.kernels = []
        self.failures = []  # of jobs, and of what could not be built
        self.whole = not paths.asked("TESTS")

    def run(self):
        memory = max((row.memory for row in self.rows if row.is_guest), default=1024)
        workers = [Worker(self, n) for n in range(machines.jobs(memory))]
        for worker in workers:
            worker.start()
        try:
            self.build()
        finally:
            with self.ready:
                self.building = False
                self.ready.notify_all()
            for worker in workers:
                worker.join()
        if self.whole:
            self.durations.save()
        for work in self.works:
            if work.results not in self.kernels:
                self.failures += [f"{work.row.name}: {text}" for text in work.results.trouble]
        return not self.failures

    def build(self):
        try:
            if all(row.machine == "here" for row in self.rows) and suite.bats_here():
                paths.snapshot(client=paths.BUILD / "userspace" / "bin" / "target")
            else:
                builder.basics()
                paths.snapshot()
        except Failed as error:
            self.fail(str(error))
            return
        for row in self.rows:
            try:
                if row.tests:
                    plan.narrow(row, suite.matching(row.files, row.tests))
                    if not (row.files or row.kunit):
                        continue
                self.build_row(row)
            except Failed as error:
                self.fail(f"{row.kernel}{' ' + row.boot if row.boot else ''}: {error}")

    def build_row(self, row):
        if not builder.ready(row) or row.image == "-":
            return
        for text in row.lost.values():
            self.fail(f"{row.kernel}: {text}")
        row.accel = rig.accelerator(row)
        results = report.Kernel(row.name, f"kernel {row.release}, accel {row.accel}",
                                plan.command(row))
        items = list(row.files)
        items.sort(key=lambda item: -self.durations.of(row.kernel, item))
        if row.kunit and self.kunit and "kunit" not in row.lost:
            items.insert(0, "kunit")
        work = Work(row, results, builder.image(row), items)
        with self.ready:
            self.works.append(work)
            if row.files:
                self.kernels.append(results)
            self.ready.notify_all()

    def fail(self, text):
        with self.ready:
            self.failures.append(text)
        report.show(f"error: {text}")

    # Called by the workers.

    def next(self, worker):
        """The next job or item: (work, item); (None, (name, function)); or None at the end."""
        with self.ready:
            while True:
                found = self.choose(worker)
                if found:
                    if found[0] and found[0] is not worker.work:
                        found[0].workers += 1
                    return found
                # Another worker or the builder may still leave work to this worker.
                if not self.building:
                    return None
                self.ready.wait()

    def choose(self, worker):
        item = self.item_of(worker.work, worker)
        if item:
            return worker.work, item
        if self.jobs:
            return None, self.jobs.pop(0)
        left = [work for work in self.works if work.items and not work.over]
        left.sort(key=lambda work: -self.left_of(work) / (work.workers + 1))
        for work in left:
            if not work.workers or self.left_of(work) > WORTH_S:
                item = self.item_of(work, worker)
                if item:
                    return work, item
        return None

    def left_of(self, work):
        return sum(self.durations.of(work.row.kernel, item) for item in work.items)

    def item_of(self, work, worker):
        """The next item of WORK. A file that spoils a machine goes last, to a worker that has the
        machine for itself."""
        if not work or work.over:
            return None
        for item in work.items:
            if item == "kunit" or not spoils(item):
                work.items.remove(item)
                return item
        if work.items and (work is worker.work or not work.workers):
            return work.items.pop(0)
        return None


class Worker(threading.Thread):
    """Has one target at a time."""

    def __init__(self, pool, number):
        super().__init__(name=f"worker {number}")
        self.pool = pool
        self.folder = paths.run_folder() / f"worker.{number}"
        self.work = None
        self.target = None

    def run(self):
        try:
            self.work_on()
        except Exception:  # any error makes the run red
            self.pool.fail(traceback.format_exc())

    def work_on(self):
        while found := self.pool.next(self):
            work, item = found
            try:
                if work:
                    self.take(work)
                    self.do_item(item)
                else:
                    self.do_job(*item)
            except suite.BailOut as error:
                self.bail_out(str(error))
            except Failed as error:
                self.bail_out(str(error))
            except Exception:  # the other workers go on after any error
                self.bail_out(traceback.format_exc())
        self.leave()

    def bail_out(self, text):
        if self.work:
            self.work.results.fail(text)
            self.work.over = True
        else:
            self.pool.fail(text)
        self.leave(quietly=True)

    def do_job(self, name, function):
        self.leave()
        with stages.stage(name):
            if not function():
                self.pool.fail(f"{name}: failed")

    def take(self, work):
        if work is self.work:
            return
        self.leave()
        with self.pool.ready:
            number, work.guests = work.guests, work.guests + 1
        self.work = work
        with stages.stage("boot"):
            self.target = rig.target_of(work.row, work.image, number)
            self.target.server.hold = True
            self.target.start()
        rig.begin(self.target, work.row)

    def do_item(self, item):
        row, results = self.work.row, self.work.results
        began = time.monotonic()
        with stages.stage(f"tests {row.name}"):
            if item == "kunit":
                self.pool.kunit(self.target, row)
            else:
                self.run_file(item)
        seconds = time.monotonic() - began
        self.pool.durations.note(row.kernel, item, seconds)
        results.seconds += seconds
        if item != "kunit" and spoils(item):
            self.leave(quietly=True)

    def run_file(self, file):
        results = self.work.results
        shutil.rmtree(self.folder, ignore_errors=True)
        if not self.target.alive():
            self.target.restart()
        run = suite.Run(self.target, file, self.work.row.tests,
                        rig.test_variables(self.work.row, self.target), self.folder,
                        results.add)
        try:
            run.go()
        finally:
            results.planned += run.stream.planned
            self.collect()

    def collect(self):
        """Adds the files that the tests of a file have written to the results."""
        results = self.work.results
        for path in self.folder.iterdir() if self.folder.exists() else ():
            if path.name == "behaviours":
                for line in path.read_text().splitlines():
                    name, _, what = line.partition("\t")
                    results.behaviours[name] = what
            elif path.name == "leaks":
                results.leaks += path.read_text().splitlines(keepends=True)
            elif path.suffix == ".json":
                paths.RESULTS.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, paths.RESULTS)

    def leave(self, quietly=False):
        """Gives the target up."""
        work, self.work = self.work, None
        if not work:
            return
        try:
            if self.target and self.target.alive() and not quietly:
                last_look(self.target, work.results)
                if work.row.kernel == "coverage":
                    rig.counts(self.target, self.target.folder.name)
        except Failed as error:
            work.results.fail(str(error))
        finally:
            if self.target:
                if not work.row.is_guest:
                    rig.tidy(self.target)
                keep_console(self.target, work)
                self.target.stop()
                self.target = None
            with self.pool.ready:
                work.workers -= 1
                self.pool.ready.notify_all()


def last_look(guest, results):
    """Looks for faults that only show at the end: leaks, and splats that no test saw."""
    if guest.has(_KMEMLEAK):
        # kmemleak skips objects younger than five seconds, and one scan is not sure.
        time.sleep(6)
        for _ in range(2):
            guest.run("sh", "-c", f"echo scan >{_KMEMLEAK}")
            time.sleep(1)
        said = guest.run("cat", _KMEMLEAK).stdout
        if said.strip():
            results.fail(f"kmemleak has something to say:\n{said}")
    lines = suite.splat(guest.console, guest.console_from, only=True)
    if lines and all(result.ok for result in results.order):
        results.fail("the kernel complained:\n" + "\n".join(f"    {line}" for line in lines))


def keep_console(guest, work):
    paths.RESULTS.mkdir(parents=True, exist_ok=True)
    with work.console_lock:
        mode = "ab" if work.consoles else "wb"
        work.consoles += 1
        with open(paths.RESULTS / f"{work.row.name}.console.log", mode) as to:
            to.write(guest.console.read_bytes())
