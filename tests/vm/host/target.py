# SPDX-License-Identifier: GPL-2.0-only
"""A target is where commands run: a guest, a machine reached by ssh, or this machine. All
three have the same interface. They differ in how the agent gets there, what starts the agent, and
what a restart does."""

import codecs
import os
import pathlib
import shlex
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time

import machines
import paths
import server
import wire


SSH = ("ssh", "-oBatchMode=yes", "-oConnectTimeout=10")


def ssh(host, command, **kwargs):
    """Runs a shell command on HOST; exit status 255 if ssh can't reach it. Output is bytes."""
    kwargs.setdefault("stdin", subprocess.DEVNULL)
    return subprocess.run([*SSH, host, command], check=False, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, **kwargs)


# Processes that must not outlive this process, each with a session of its own.
started = set()
# Start no more processes, and restart no target that dies now.
ending = threading.Event()


def kill_started():
    ending.set()
    for pid in list(started):
        try:
            os.killpg(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def start_process(command, **kwargs):
    if ending.is_set():
        raise Failed("the run is being ended")
    process = subprocess.Popen(command, start_new_session=True, **kwargs)
    started.add(process.pid)
    return process


def end_process(process):
    """Kills the process and its session; does nothing for None."""
    if process:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()
        started.discard(process.pid)


class Failed(Exception):
    """A step that the run needs has failed. The text says which, and what to do."""


class Gone(Failed):
    """The target is not up, or no longer up."""


class Target:
    """Only the owner calls start(), restart() and stop(); any thread may call the rest."""

    boot_s = 300

    def __init__(self, name, folder, variables, hang_s=120):
        self.name = name
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.address = self.folder / "socket"
        self.console = self.folder / "console.log"
        self.console.touch()
        self.variables = variables  # environment variables of its commands
        self.release = None
        self.why_gone = None
        self.gone_at = 0.0  # by CLOCK_BOOTTIME
        self.boots = 0
        self.console_from = 0  # where the log of this boot begins
        self.gone = threading.Event()
        self.arrived = threading.Event()
        self.server = server.Server(str(self.address), self, hang_s)
        self.server.start()

    # Called by the server's thread.

    def on_hello(self, release):
        self.release = release
        self.arrived.set()

    def on_gone(self, why):
        self.why_gone = why
        self.gone_at = time.clock_gettime(time.CLOCK_BOOTTIME)
        self.gone.set()
        self.arrived.set()

    def on_control(self, word):
        """Answers a client: (status, text)."""
        if word != "restart":
            return 2, f"no '{word}'"
        try:
            self.restart()
        except Failed as error:
            return 1, str(error)
        return 0, ""

    # Each kind of target defines these.

    def launch(self):
        """Starts the target, and returns the socket to its agent."""
        raise NotImplementedError

    def end(self):
        """Ends what launch() has started."""

    # Called by the target's owner.

    def start(self):
        """Starts the target, and waits until it answers. If the target dies before, as emulators do
        on busy machines, tries once more."""
        for last in (False, True):
            # Forget the state in which a test left the target: helpers/common.bash.
            (self.folder / "state-kept").unlink(missing_ok=True)
            self.gone.clear()
            self.arrived.clear()
            self.why_gone = None
            self.console_from = os.path.getsize(self.console)
            self.server.attach(self.launch())
            if not self.arrived.wait(self.boot_s):
                self.server.detach(f"it did not come up in {self.boot_s} s")
                self.arrived.wait()
            if not self.gone.is_set():
                self.boots += 1
                return
            self.end()
            if last:
                raise Gone(f"{self.name}: {self.why_gone}\n{self.last_words()}")

    def restart(self):
        self.server.detach("it is being restarted")
        self.end()
        self.start()

    def stop(self):
        self.server.close()
        self.end()

    def last_words(self, lines=15):
        text = self.console.read_text(errors="replace").replace("\r", "")
        return "\n".join(f"    {line}" for line in text.splitlines()[-lines:])

    # Called by any thread.

    def alive(self):
        return self.arrived.is_set() and not self.gone.is_set()

    def run(self, *args, env=None, timeout=0, check=True, output=None):
        """Runs a command, and returns its output as text. Calls OUTPUT with each piece of output as
        soon as the piece arrives."""
        pieces, errors = [], []
        decoders = {kind: codecs.getincrementaldecoder("utf-8")("replace")
                    for kind in (wire.OUTPUT, wire.ERROR)}

        def take(kind, data):
            (pieces if kind == wire.OUTPUT else errors).append(data)
            if output:
                output(decoders[kind].decode(data))

        status = self.request(wire.RUN, wire.run_request(args, env, timeout), take=take)
        text = b"".join(pieces).decode(errors="replace")
        said = b"".join(errors).decode(errors="replace")
        if status == wire.GONE and said.endswith("\n") and \
                said.splitlines()[-1].startswith("target: the target is gone"):
            raise Gone(f"{self.name}: {said.strip()}")
        if check and status:
            raise Failed(f"{self.name}: {shlex.join(args)}: exit status {status}\n{said}{text}")
        return subprocess.CompletedProcess(args, status, text, said)

    def has(self, path):
        return self.run("test", "-e", path, check=False).returncode == 0

    def put(self, path, where, mode=None):
        data = pathlib.Path(path).read_bytes()
        if mode is None:
            mode = os.stat(path).st_mode & 0o7777
        self.write(data, where, mode)

    def write(self, data, where, mode=0o644):
        said = []
        request = struct.pack("<I", mode) + str(where).encode() + b"\0"
        status = self.request(wire.PUT, request, data, lambda _, text: said.append(text))
        self.check_file(status, where, said)

    def get(self, where):
        """A file's bytes."""
        pieces, errors = [], []
        status = self.request(wire.GET, str(where).encode() + b"\0", take=lambda kind, data: (
            pieces if kind == wire.OUTPUT else errors).append(data))
        self.check_file(status, where, errors)
        return b"".join(pieces)

    def check_file(self, status, where, said):
        if status:
            raise (Gone if status == wire.GONE else Failed)(
                f"{self.name}: {where}: {b''.join(said).decode(errors='replace')}")

    def request(self, kind, data, given=None, take=None):
        """Sends a request as a client of the server, and then the data GIVEN."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.connect(str(self.address))
            sock.sendall(wire.frame(kind, 0, data))
            if given is not None:
                for at in range(0, len(given), 1 << 16):
                    sock.sendall(wire.frame(wire.INPUT, 0, given[at:at + (1 << 16)]))
                sock.sendall(wire.frame(wire.INPUT, 0))
            parser = wire.Parser()
            while True:
                received = sock.recv(1 << 16)
                if not received:
                    raise Gone(f"{self.name}: the server has ended")
                for what, _, payload in parser.feed(received):
                    if what == wire.EXIT:
                        return struct.unpack("<I", payload)[0]
                    if take:
                        take(what, payload)


class Guest(Target):
    """An emulated machine, or User Mode Linux, of a row of the plan."""

    def __init__(self, row, initrd, folder, variables):
        super().__init__(row.name, folder, variables, row.hang_s)
        self.row = row
        self.initrd = initrd
        self.boot_s = row.boot_s
        self.process = None

    def on_control(self, word):
        name, _, mib = word.partition("=")
        if name != "virtio-mem" or not self.row.virtio_mem:
            return super().on_control(word)
        try:
            machines.resize_virtio_mem(self.folder, int(mib))
        except (OSError, ValueError) as error:
            return 1, f"{word}: {error}"
        return 0, ""

    def launch(self):
        ours, theirs = socket.socketpair()
        with theirs, open(self.folder / "qemu.log", "ab") as log:
            if self.row.machine == "um":
                self.launch_uml(theirs)
            else:
                self.process = start_process(
                    machines.qemu(self.row, self.initrd, self.console, self.variables),
                    stdin=theirs, stdout=theirs, stderr=log)
        return ours

    def launch_uml(self, line):
        # UML must be able to poll its terminals, so they can't be files or /dev/null.
        idle_read, idle_write = os.pipe()
        said_read, said_write = os.pipe()
        self.process = start_process(
            machines.uml(self.row, self.initrd, line.fileno(), idle_read, self.variables),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said_write,
            pass_fds=[line.fileno(), idle_read])
        os.close(idle_read)
        os.close(said_write)

        def log():
            with open(said_read, "rb", buffering=0) as said, \
                    open(self.console, "ab", buffering=0) as console:
                shutil.copyfileobj(said, console)
            os.close(idle_write)

        threading.Thread(target=log, daemon=True).start()

    def power_off(self):
        """Powers the guest off from inside, so that the emulator ends in an orderly way."""
        try:
            self.run("poweroff", "-f")
        except Gone:
            pass
        self.process.wait(60)

    def end(self):
        end_process(self.process)
        self.process = None


class Piped(Target):
    """A target whose agent is a child of ours, or a child of ssh's at the other end."""

    def __init__(self, name, folder, variables):
        super().__init__(name, folder, variables)
        self.process = None

    def agent_command(self):
        raise NotImplementedError

    def launch(self):
        ours, theirs = socket.socketpair()
        with theirs, open(self.console, "ab") as log:
            self.process = start_process(self.agent_command(), stdin=theirs, stdout=theirs,
                                         stderr=log)
        return ours

    def end(self):
        if self.process:
            # When the line closes, the agent ends, with all processes that it started.
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                pass
            end_process(self.process)
            self.process = None


class Here(Piped):
    """This machine. A restart only makes a new agent."""

    def agent_command(self):
        return ["env", *(f"{name}={value}" for name, value in self.variables.items()),
                str(paths.BUILD / "userspace" / "bin" / "target-agent")]


class Remote(Piped):
    """A machine reached by ssh. All files for the machine go to one folder there, which the runner
    removes at the end. If the machine dies, the runner waits for it to reboot."""

    used = set()  # the machines that have such a folder

    def __init__(self, host, folder, variables, bring):
        super().__init__(host, folder, variables)
        self.host = host
        self.bring = bring  # a folder here, whose contents go there
        self.restart_s = paths.asked_number("RESTART_S", 300)
        self.place = None  # the folder there

    def ssh(self, command, **kwargs):
        return ssh(self.host, command, **kwargs)

    def reach(self, seconds):
        """Waits until the machine answers."""
        until = time.monotonic() + seconds
        while (done := self.ssh("true")).returncode:
            if time.monotonic() >= until:
                raise Gone(f"{self.host}: not to be reached by ssh: "
                           f"{done.stderr.decode(errors='replace').strip()}")
            time.sleep(3)

    def settle(self):
        """Makes a folder there from which programs can run, and brings all files. After a
        restart the folder has the same name."""
        made = self.ssh(f"rm -rf {self.place} && mkdir -m 700 {self.place} && echo {self.place}"
                        if self.place else """for d in /tmp /run /var/tmp; do
            t=$(mktemp -d $d/pfnmap-test.XXXXXX 2>/dev/null) || continue
            printf '#!/bin/sh\\n' >$t/x && chmod 700 $t/x && $t/x 2>/dev/null &&
                rm $t/x && echo $t && exit
            rm -rf $t
        done; exit 1""")
        self.place = made.stdout.decode().strip()
        self.used.add(self)
        if made.returncode or not self.place:
            raise Failed(f"{self.host}: no folder of /tmp, /run and /var/tmp lets programs run: "
                         "mount one without noexec")
        # The machine may have no tar.
        with open(self.bring / "bin" / "busybox", "rb") as busybox:
            done = self.ssh(f"cat >{self.place}/busybox && chmod 700 {self.place}/busybox",
                            stdin=busybox)
        if not done.returncode:
            with subprocess.Popen(["tar", "-C", str(self.bring), "-czf", "-", "."],
                                  stdout=subprocess.PIPE) as tar:
                done = self.ssh(f"cd {self.place} && ./busybox tar -xzf - && mkdir applets && "
                                "./busybox --install -s $PWD/applets && mkdir -m 1777 tmp",
                                stdin=tar.stdout)
        if done.returncode:
            raise Failed(f"{self.host}: the programs can't be brought to {self.place}: "
                         f"{done.stderr.decode(errors='replace').strip()}: is there room?")

    def agent_command(self):
        variables = dict(self.variables)
        # The machine's own programs come before busybox's.
        variables["PATH"] = f"{self.place}/bin:$PATH:/usr/sbin:/sbin:{self.place}/applets"
        words = " ".join(f'{name}="{value}"' for name, value in variables.items())
        return [*SSH, "-oServerAliveInterval=5", "-oServerAliveCountMax=6", self.host,
                f"exec env {words} {self.place}/bin/target-agent"]

    def launch(self):
        self.reach(self.restart_s if self.boots else 10)
        self.settle()
        return super().launch()

    def end(self):
        super().end()
        if self.place:
            self.ssh(f"rm -rf {self.place}")
        self.used.discard(self)

    def leave(self):
        """Leaves at once, even if commands still run there. If the tests loaded the module, unloads
        the module as soon as no process has it open."""
        unload = """for i in 1 2 3 4 5; do
            rmmod pfnmap_test && break
            sleep 1
        done; """ if self.server.set_up else ""
        self.ssh(f"{unload}rm -rf {self.place}", timeout=60)
