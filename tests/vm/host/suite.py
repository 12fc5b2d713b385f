# SPDX-License-Identifier: GPL-2.0-only
"""Runs a file of bats tests against a target, and makes one red test of a target that dies.

bats runs here, in the build root. Its raw stream, which bats' formatters read too, tells
when a test begins and ends. If the target dies, all commands of the test fail. The test is red
even if it expects failures, and the runner restarts the target when the test has ended. The next
test waits for the target, and repeats the set-up of the suite and of the file
(tests/helpers/common.bash). If a test takes too long, the runner ends its commands on the target,
then the test.
"""

import dataclasses
import functools
import hashlib
import os
import pathlib
import re
import selectors
import shutil
import signal
import subprocess
import time

import paths
import roots
import wire
from plan import BOOTS, all_files
from target import Failed, Here, end_process, start_process

# The time limit of a test. A file may ask for more: time_limit in helpers/target.bash.
TEST_S = 600
# The runner kills a test that goes on this long after its commands on the target have ended.
GRACE_S = 20
# The runner restarts a target this often at most.
RESTARTS = paths.asked_number("RESTARTS", 10)

# The first line of a splat, and how many lines from there are shown.
SPLAT = re.compile(r"kernel BUG at|BUG:|WARNING:|Oops|general protection fault|Bad page|"
                   r"possible (recursive|circular) locking|Kernel panic|KASAN|UBSAN|"
                   r"rcu: INFO|soft lockup|bad p[gum4]d|Bad rss|sysrq:")
SPLAT_LINES = 24


# Where the build root sees the run's folder: the tests as they were when the run began,
# the client, and each target's socket.
INSIDE = "/run/pfnmap-test"
# The oldest bats that runs the tests, the libraries that they load, and their folder in the build
# root.
OLDEST_BATS = (1, 11)
LIBRARIES = ("bats-support", "bats-assert")
IN_ROOT = "/usr/lib/bats"
# Where a machine may have the libraries: Debian and Arch, nixpkgs, Gentoo, others, npm.
PLACES = (IN_ROOT, "/usr/share/bats", "/usr/share", "/usr/lib", "/usr/local/lib/bats",
          "/usr/local/lib", "/usr/local/lib/node_modules", "/usr/lib/node_modules")


def libraries_here():
    """This machine's libraries of bats: by name, the folder that each is in. The user's
    BATS_LIB_PATH comes first."""
    places = [*filter(None, paths.asked("BATS_LIB_PATH").split(":")), *PLACES]
    return {name: place for name in LIBRARIES for place in reversed(places)
            if os.path.exists(f"{place}/{name}/load.bash")}


@functools.lru_cache(maxsize=None)
def missing_here():
    """What this machine lacks to run bats itself, in the names of host/needs.sh."""
    try:
        said = subprocess.run(["bats", "--version"], check=True, stdout=subprocess.PIPE,
                              text=True).stdout
    except (OSError, subprocess.CalledProcessError):
        said = ""
    version = tuple(map(int, re.findall(r"\d+", said)[:2]))
    return [*(["bats"] if version < OLDEST_BATS else []),
            *(name for name in LIBRARIES if name not in libraries_here()),
            *(["jq"] if shutil.which("jq") is None else [])]


def bats_here():
    """Whether this machine has bats, its libraries and jq itself."""
    return not missing_here()


def bats(args, variables, own=False):
    """A command that runs bats in the build root or, with OWN, on this machine. bats sees the tests
    as they were at the beginning of the run."""
    ours = paths.run_folder()
    there = str(ours) if own else INSIDE
    libraries = ":".join(dict.fromkeys(libraries_here().values())) if own else IN_ROOT
    env = {**variables, "BATS_LIB_PATH": libraries,
           "BASH_ENV": f"{there}/tree/tests/helpers/builtins.bash"}
    for name, value in env.items():
        env[name] = value.replace(str(ours), there)
    args = ["bats", *(arg.replace(str(ours), there) for arg in args)]
    if own:
        return ["env", "-C", f"{there}/tree", *(f"{n}={v}" for n, v in env.items()), *args]
    return roots.Root().command(args, env, [(ours, INSIDE)], f"{INSIDE}/tree")


def known_methods():
    """NAME:FAMILY of each method, even of those that a kernel lacks: bats counts tests by these."""
    rows = re.findall(r"^METHOD\(\w+, (\w+), (\w+),",
                      (paths.TOP / "module/patterns/list.h").read_text(), re.M)
    return " ".join(f"{name}:{family}" for name, family in rows)


def matching(files, tests):
    """The files that have a test whose name matches TESTS. bats needs some seconds to tell, so
    the runner keeps the answer."""
    tree = paths.run_folder() / "tree"
    methods = known_methods()
    key = hashlib.sha256(f"{tests}\0{methods}".encode())
    for path in sorted(path for path in tree.rglob("*") if path.is_file()):
        key.update(path.read_bytes())
    known = paths.CACHE / "matching" / key.hexdigest()[:24]
    if not known.exists():
        if subprocess.run(["grep", "-E", "--", tests], stdin=subprocess.DEVNULL).returncode > 1:
            raise Failed(f"TESTS={tests} is no regular expression as grep -E has it")
        running = []
        # Our Debian package has no boots/.
        every = [*all_files(), *(file for file in (f"boots/{boot}.bats" for boot in BOOTS)
                                 if (tree / "tests" / file).exists())]
        for part in range(2):
            folder = paths.run_folder() / f"gather.{part}"
            log = open(f"{folder}.log", "w+", encoding="utf-8")
            running.append((folder, log, start_process(bats(
                ["--count", "--filter", tests, "--no-tempdir-cleanup", "--tempdir", str(folder)]
                + [f"tests/{file}" for file in every[part::2]],
                {"KNOWN_METHODS": methods, "PATTERNS": re.sub(r":\w+", "", methods)}),
                stdout=subprocess.DEVNULL, stderr=log)))
        found = set()
        for folder, log, process in running:
            process.wait()
            end_process(process)
            if process.returncode:
                log.seek(0)
                raise Failed(f"bats can't read all files of tests:\n{log.read()}")
            log.close()
            for line in (folder / "test_list_file.txt").read_text().splitlines():
                found.add(line.split("\t")[0].split("/tests/")[1])
        known.parent.mkdir(exist_ok=True)
        known.write_text("\n".join(found))
    found = set(known.read_text().split())
    return [file for file in files if file in found]


class BailOut(Failed):
    """No more tests can run on this kernel."""


@dataclasses.dataclass
class Result:
    """The result of one test, as bats' stream tells it."""

    file: str
    name: str
    ok: bool
    skipped: str = ""  # why
    ms: int = 0
    notes: list = dataclasses.field(default_factory=list)  # lines that begin with '#'


def splat(console, since, only=False):
    """The first lines of a splat in the console's log, from SINCE on. Without a splat: the last
    lines of the log, or with ONLY none."""
    with open(console, "rb") as file:
        file.seek(since)
        lines = file.read().decode(errors="replace").replace("\r", "").splitlines()
    for at, line in enumerate(lines):
        if SPLAT.search(line):
            return lines[at:at + SPLAT_LINES]
    return [] if only else lines[-SPLAT_LINES:]


def stat_of(pid):
    """The fields of a process's stat from its state on; None if the process has ended."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    return stat.rsplit(")", 1)[1].split()


def children(pid):
    """All processes below one, the nearest first."""
    parents = {}
    for entry in pathlib.Path("/proc").iterdir():
        stat = stat_of(entry.name) if entry.name.isdigit() else None
        if stat:
            parents.setdefault(int(stat[1]), []).append(int(entry.name))
    found, at = parents.get(pid, []), 0
    while at < len(found):
        found += parents.get(found[at], [])
        at += 1
    return found


def began_at(pid):
    """When a process began at the latest, by the clock of Target.gone_at; 0 if the process has
    ended. The kernel counts whole ticks of 10 ms, and the next test may begin in the tick in which
    the target dies."""
    stat = stat_of(pid)
    return (int(stat[19]) + 1) / os.sysconf("SC_CLK_TCK") if stat else 0.0


def test_number(pid):
    """The number that bats gave the test that this process runs: the third of the arguments FILE,
    TEST, NUMBER, NUMBER IN THE FILE, TRY."""
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_text().rstrip("\0").split("\0")[-3]
    except (OSError, IndexError):
        return ""


def kill_tree(pid):
    """Kills a process and all below it. Stops them first, so that none starts another meanwhile."""
    stopped = []
    while fresh := [one for one in [pid, *children(pid)] if one not in stopped]:
        for one in fresh:
            send(one, signal.SIGSTOP)
        stopped += fresh
    for one in stopped:
        send(one, signal.SIGKILL)


def send(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


class Stream:
    """Makes Results of bats' raw stream of one file; and makes tests red for the runner."""

    BEGIN = re.compile(r"begin \d+ (.+)")
    RESULT = re.compile(r"(ok|not ok) \d+ (.*?)(?: in (\d+)ms)?( # skip ?(.*))?$")

    def __init__(self, file, on_result):
        self.file = file
        self.on_result = on_result
        self.planned = 0
        self.has_plan = False
        self.begun = 0
        self.given = 0
        self.last = None  # a result that may still be added to
        self.current = None  # the name of the test that runs
        self.blame = None  # notes that make the next result, or the last one, red

    def line(self, text):
        """True if a test, or something between tests, begins or ends with this line."""
        if not self.has_plan and re.fullmatch(r"1\.\.\d+", text):
            self.planned, self.has_plan = int(text[3:]), True
        elif found := self.BEGIN.fullmatch(text):
            self.end_current()
            self.pass_on()
            self.current = found[1]
            self.begun += 1
            return True
        elif text.startswith("suite "):
            return True
        elif found := self.RESULT.match(text):
            word, name, ms, skip, why = found.groups()
            self.give(Result(self.file, name, word == "ok", (why or "no reason") if skip else "",
                             int(ms or 0)))
            return True
        elif self.last:
            self.last.notes.append(text if text.startswith("#") else f"# {text}")
        elif text.strip():
            print(text, flush=True)
        return False

    def give(self, result):
        self.pass_on()
        self.current = None
        self.last = result
        self.given += 1
        self.take_blame()

    def take_blame(self):
        if self.blame and self.last:
            self.last.ok, self.last.skipped = False, ""
            self.last.notes = self.blame + self.last.notes
            self.blame = None

    def end_current(self):
        """Ends the open test: another one begins, or the stream ends."""
        if self.current is not None:
            self.give(Result(self.file, self.current, False, notes=["# it was killed"]))
        self.take_blame()

    def pass_on(self):
        if self.last:
            self.on_result(self.last)
        self.last = None


class Run:
    """A run of one file on a target; on_result is called with each Result."""

    def __init__(self, target, file, tests, variables, folder, on_result):
        self.target = target
        self.file = file
        self.tests = tests
        self.variables = variables
        self.folder = pathlib.Path(folder)  # ours, on this machine
        self.on_result = on_result
        self.own_bats = isinstance(target, Here) and bats_here()
        self.stream = None
        self.process = None
        self.began = 0.0  # when the test, or what is between two tests, began
        self.console_at = 0
        self.limited = False
        self.dead_since = 0.0
        self.died = False

    def go(self):
        """All tests of the file. Raises BailOut where the target dies too often."""
        blame = None
        for last in (False, True):
            self.stream = Stream(self.file, self.on_result)
            self.stream.blame = blame
            self.died = False
            self.run_bats()
            if not self.stream.has_plan:
                raise Failed(f"{self.file}: bats has not run, see above: "
                             "'bash -n' and 'bats -c' look at the file's syntax")
            if self.stream.begun or not self.died or last:
                break
            # The target died in setup_file, and bats has run no test. Run bats once more, and
            # blame the first test.
            blame = self.stream.blame or self.stream.last.notes
            if not self.target.alive():
                self.dead_since = 0.0
                self.restart()
        self.stream.pass_on()

    def command(self):
        args = ["--formatter", "cat", "--timing"]
        if not self.file.startswith("boots/"):
            args += ["--setup-suite-file", "tests/setup_suite.bash"]
        if self.tests:
            args += ["--filter", self.tests]
        return bats([*args, f"tests/{self.file}"], {
            **self.variables, "RUN": str(self.folder), "TMPDIR": str(self.folder),
            "TARGET": str(self.target.address),
            "TARGET_CLIENT": str(paths.run_folder() / "target")}, self.own_bats)

    def run_bats(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "time-limit").unlink(missing_ok=True)
        self.begin()
        self.process = start_process(self.command(), stdin=subprocess.DEVNULL,
                                     stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            self.follow()
        finally:
            self.kill_bats()
        self.stream.end_current()

    def follow(self):
        rest = b""
        with selectors.DefaultSelector() as selector, self.process.stdout as said:
            selector.register(said, selectors.EVENT_READ)
            while True:
                # If the target was gone, the look below finds all that bats wrote before the death.
                was_gone = self.target.gone.is_set()
                if selector.select(1):
                    data = os.read(said.fileno(), 1 << 16)
                    if not data:
                        break
                    *lines, rest = (rest + data).split(b"\n")
                    self.lines([line.decode(errors="replace") for line in lines])
                self.look_at_target(was_gone)
                self.look_at_clock()
            self.note_death()

    def lines(self, texts):
        """Takes the lines that bats has written since the last look. The target may have died
        meanwhile: in the test that ends first in these lines, in the one that begins last, or in
        one between."""
        begun = [at for at, text in enumerate(texts) if Stream.BEGIN.fullmatch(text)]
        if begun and not self.dead_since:
            for text in texts[:begun[-1]]:
                self.line(text)
            texts = texts[begun[-1]:]
        # Before the stream says that a test has failed because of the death.
        self.note_death()
        for text in texts:
            self.line(text)

    def line(self, text):
        blame = None
        if self.dead_since and Stream.BEGIN.fullmatch(text):
            if self.was_there(text.split()[1]):
                # This test's first line came late: blame this test, and not the one before it.
                blame, self.stream.blame = self.stream.blame, None
            else:
                # The next test waits for a target: do not blame it for the death of this one.
                self.stream.end_current()
                self.dead_since = 0.0
                self.restart()
        if self.stream.line(text):
            self.begin()
        self.stream.blame = blame or self.stream.blame

    def was_there(self, number):
        """True if the test of the last line, of that number, began before the target died. A test
        that began later waits for a target, and so is the one that runs."""
        pid = self.test_process()
        return pid is None or test_number(pid) != number or began_at(pid) < self.target.gone_at

    def begin(self):
        self.began = time.monotonic()
        self.limited = False
        self.console_at = os.path.getsize(self.target.console)

    def note_death(self):
        if not self.target.gone.is_set() or self.dead_since:
            return
        self.dead_since = time.monotonic()
        self.died = True
        self.stream.blame = (self.stream.blame or []) + [
            f"# the target is gone: {self.target.why_gone}",
            *(f"#   {line}" for line in splat(self.target.console, self.console_at))]

    def look_at_target(self, was_gone):
        if was_gone:
            self.note_death()
        if not self.dead_since:
            return
        now = time.monotonic()
        if self.stream.current is not None and now < self.dead_since + GRACE_S:
            return  # the test's commands fail at once, and the test ends
        if self.stream.current is not None:
            self.end_test()
        self.dead_since = 0.0
        self.restart()

    def restart(self):
        try:
            if self.target.boots > RESTARTS:
                raise BailOut(f"{self.target.name} has died {RESTARTS + 1} times")
            self.target.restart()
        except Failed as error:
            self.kill_bats()
            self.stream.end_current()
            self.stream.pass_on()
            raise BailOut(str(error)) from error
        self.begin()

    def time_limit(self):
        try:
            return float((self.folder / "time-limit").read_text())
        except (OSError, ValueError):
            return TEST_S

    def look_at_clock(self):
        took = time.monotonic() - self.began
        limit = self.time_limit()
        if not self.limited and took > limit:
            self.limited = True
            self.stream.blame = [f"# it took longer than {limit:.0f} s, and was ended"]
            self.target.request(wire.CONTROL, b"kill")
        elif self.limited and took > limit + GRACE_S:
            self.end_test()
            # The test may have left anything on the target.
            self.target.server.detach("a test could not be ended")
            self.dead_since = time.monotonic()
            self.begin()

    def test_process(self, *others):
        """The pid of the test that runs, or of a process of bats that OTHERS name; else None."""
        for pid in children(self.process.pid):
            try:
                command = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
            except OSError:
                continue
            if any(name in command for name in (b"bats-exec-test", *others)):
                return pid
        return None

    def end_test(self):
        """Kills the processes of the test that runs; bats goes on with the next one."""
        others = (b"bats-exec-file",) if self.stream.current is None else ()
        pid = self.test_process(*others)
        if pid is not None:
            kill_tree(pid)

    def kill_bats(self):
        end_process(self.process)
        self.process = None


if __name__ == "__main__":
    print(*missing_here())
