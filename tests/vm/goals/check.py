# SPDX-License-Identifier: GPL-2.0-only
"""make check: lint, and all tests of bats and KUnit, on all kernels that you ask for."""

import sys

import ktap
import paths
import plan
import pool
import report
import roots
import stages
from target import Failed


def lint():
    """The parts of lint, each a job of its own. A part leaves out what was clean before and has
    not changed since."""
    for part in ("checkpatch", "scripts", "documents", "audit", "sparse"):
        yield f"lint: {part}", lambda part=part: host("tests/lint/run.sh", part)


def host(script, *args):
    """Runs a script on this machine, and shows its output only if it fails."""
    return roots.quietly(paths.TOP / script, *args)


def once(name, inputs, script, *args):
    """A job that does not run again while its inputs are the same."""
    def job():
        if not host(script, *args):
            raise Failed(f"{name}: failed")

    files = [paths.TOP / file for file in (script, *inputs)]
    return name, lambda: roots.unless_same(
        name, [str(roots.Root().folder), *files], [], job, keep=True) or True


def jobs(whole):
    if not whole:
        return
    yield from lint()
    yield once("check-runner", ("tests/vm", "tests/helpers", "tests/setup_suite.bash", "tests/new",
                                "tests/findings", "tests/audit", "docs"),
               "tests/vm/selftest/all.py")
    yield once("valgrind", ("userspace", "module/uapi", "module/patterns",
                            "tests/shared/commands.bash"), "tests/vm/goals/valgrind.sh")
    yield once("make install", ("Makefile", "module", "userspace", "tests/packaging"),
               "tests/vm/root/packaging.sh", "install")


def run(everything=False):
    whole = not any(map(paths.asked, ("KERNELS", "KDIR", "KERNEL", "TESTS")))
    return run_rows(plan.check(everything), jobs(whole))


def run_rows(rows, with_jobs=()):
    """Runs all rows and all jobs; True if nothing failed."""
    suites = ktap.Suites()
    work = pool.Pool(rows, with_jobs, suites.run)
    ok = work.run()
    ok = report.finish(work.kernels) and ok
    ok = suites.finish() and ok
    if rows and not suites.totals and not any(kernel.order for kernel in work.kernels):
        unmatched = paths.asked("TESTS") and not work.failures
        work.fail("no test was run" + (": TESTS matches no name of a test on these kernels"
                                       if unmatched else ""))
        ok = False
    stages.write(sys.stdout)
    # Failures come last: CI may show only the end of the output.
    for line in [*report.failures(work.kernels), *suites.said,
                 *(f"error: {text}" for text in work.failures)]:
        print(line)
    return ok
