# SPDX-License-Identifier: GPL-2.0-only
"""What all tests of the runner share: its modules, with folders of their own; its agent and
client, built once; and targets that are this machine. Import this before the runner's modules."""

import atexit
import functools
import os
import pathlib
import selectors
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest

VM = pathlib.Path(__file__).resolve().parent.parent
SCRATCH = pathlib.Path(tempfile.mkdtemp(prefix="selftest."))
atexit.register(shutil.rmtree, SCRATCH, ignore_errors=True)

# The make that runs these tests must not pass its settings to the tested runner.
for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "KERNELS", "KDIR", "KERNEL",
             "TESTS", "APPEND", "JOBS", "ACCEL", "RESTARTS", "RESTART_S"):
    os.environ.pop(name, None)
os.environ["BUILD_DIR"] = str(SCRATCH / "build")
os.environ["LC_ALL"] = "C"
sys.dont_write_bytecode = True
sys.path[:0] = [str(VM / "host"), str(VM)]

import paths  # noqa: E402

paths.CACHE = SCRATCH / "cache"
paths.CACHE.mkdir()
paths.RESULTS.mkdir(parents=True)

import roots  # noqa: E402
import target  # noqa: E402

CLIENT = paths.BUILD / "userspace" / "bin" / "target"


@functools.lru_cache(maxsize=None)
def programs():
    """Builds agent and client, by this machine's compiler or else the build root's."""
    bin_folder = CLIENT.parent
    bin_folder.mkdir(parents=True)
    said = ""
    if shutil.which("make") and shutil.which("cc"):
        done = subprocess.run(["make", "-j2", "-C", str(VM / "agent"), f"BUILD={bin_folder}"],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode == 0:
            return
        said = done.stdout
    root = roots.Root()
    if not (root.folder / "usr/bin/make").exists():
        raise unittest.SkipTest(f"nothing here to build the agent with {said}")
    there = "/run/pfnmap-selftest"
    subprocess.run(root.command(
        ["make", "-s", "-C", f"{there}/agent", f"BUILD={there}/bin"], {},
        [(VM / "agent", f"{there}/agent"), (bin_folder, f"{there}/bin")]), check=True)


def folder():
    """Makes a new folder."""
    return pathlib.Path(tempfile.mkdtemp(dir=SCRATCH))


def new_target(kind=target.Here, variables=None, hang_s=120, **kwargs):
    """Makes a target, not yet started, with time limits of seconds: so failures show soon."""
    programs()
    made = kind("machine", folder(), variables or {}, **kwargs)
    made.boot_s = 10
    made.server.hang_s = hang_s
    # A request that never ends makes the test red.
    made.request = functools.partial(within, 20, made.request)
    return made


def client(case, *words):
    """Starts a client that runs beside the test, and ends with it."""
    made = subprocess.Popen([CLIENT, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE)
    for clean_up in (made.stdout.close, made.stderr.close, made.wait, made.kill):
        case.addCleanup(clean_up)
    return made


def within(seconds, function, *args, **kwargs):
    """Calls FUNCTION in a thread, and returns or raises what FUNCTION does. Fails if that takes
    longer than so many seconds."""
    results = []

    def call():
        try:
            results.append((function(*args, **kwargs), None))
        except BaseException as error:  # within() raises it in the caller's thread
            results.append((None, error))

    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    thread.join(seconds)
    if not results:
        raise AssertionError(f"{getattr(function, '__name__', function)} took longer than "
                             f"{seconds} s")
    value, error = results[0]
    if error:
        raise error
    return value


def processes(mark):
    """The processes that have MARK as an argument."""
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if mark.encode() in words.split(b"\0") and int(entry.name) != os.getpid():
            found.append(int(entry.name))
    return found


class Impatient(selectors.DefaultSelector):
    """A selector that never waits long, so that the runner looks at its clock often."""

    def select(self, timeout=None):
        return super().select(min(timeout, 0.05))


class Late(Impatient):
    """A selector that lets the runner read bats' output long after bats has written it."""

    def select(self, timeout=None):
        time.sleep(1)
        return super().select(timeout)


class OnTarget(unittest.TestCase):
    """Each test has the same target, in self.target: this machine."""

    variables = {}

    @classmethod
    def setUpClass(cls):
        cls.target = new_target(variables=cls.variables)
        cls.target.start()
        cls.addClassCleanup(cls.target.stop)

    def sh(self, text, *args, **kwargs):
        """Runs a shell command on the target. Its time limit makes a test fail soon whose command
        never ends."""
        return self.target.run("sh", "-c", text, "sh", *args,
                               **{"timeout": 10, "check": False, **kwargs})
