# SPDX-License-Identifier: GPL-2.0-only
"""Targets that die, hang, or send data that is no frame: the clients that wait for one hear of it
at once, and after a restart the target is as new."""

import os
import signal
import socket
import struct
import subprocess
import threading
import time
import unittest
from unittest import mock

import setting  # first: it adds the runner's folders to sys.path
import server
import target
import wire
from target import Failed, Gone

DIE = "kill -9 $PPID; sleep 30"


class Scripted(target.Target):
    """A target whose agents are functions of the test, one for each start. Each gets the line."""

    def __init__(self, name, folder, variables, agents):
        super().__init__(name, folder, variables)
        self.agents = list(agents)
        self.launched = 0

    def launch(self):
        ours, theirs = socket.socketpair()
        agent = self.agents[min(self.launched, len(self.agents) - 1)]
        self.launched += 1

        def talk():
            with theirs:
                agent(theirs)

        threading.Thread(target=talk, daemon=True).start()
        return ours


def hello(line):
    line.sendall(wire.frame(wire.HELLO, 0, b"1.2.3"))


def silent(line):
    hello(line)
    while line.recv(4096):
        pass


def answering(line):
    """An agent that answers pings, and nothing else."""
    hello(line)
    parser = wire.Parser()
    while data := line.recv(4096):
        for kind, channel, _ in parser.feed(data):
            if kind == wire.PING:
                line.sendall(wire.frame(wire.PONG, channel))


def dead(line):
    pass


class Death(unittest.TestCase):

    def setUp(self):
        self.target = setting.new_target()
        self.addCleanup(lambda: setting.within(15, self.target.stop))
        self.target.start()

    def die(self):
        with self.assertRaises(Gone) as raised:
            setting.within(5, self.target.run, "sh", "-c", DIE)
        return str(raised.exception)

    def test_a_command_ends_at_once_and_says_why(self):
        self.assertIn("the target is gone: it has ended", self.die())
        self.assertFalse(self.target.alive())
        self.assertEqual(self.target.why_gone, "it has ended")

    def test_all_that_run_end(self):
        others = [setting.client(self, self.target.address, "exec", "sh", "-c",
                                 "echo begun; exec sleep 30") for _ in range(3)]
        for other in others:
            other.stdout.readline()
        self.die()
        for other in others:
            _, said = other.communicate(timeout=5)
            self.assertEqual((other.returncode, said),
                             (125, b"target: the target is gone: it has ended\n"))

    def test_what_is_asked_later_fails_at_once(self):
        self.die()
        with self.assertRaises(Gone):
            setting.within(5, self.target.run, "true")
        with self.assertRaises(Failed):
            setting.within(5, self.target.get, "/etc/passwd")
        with self.assertRaises(Failed):
            setting.within(5, self.target.write, bytes(1 << 20), setting.folder() / "file")

    def test_files_of_a_target_that_is_gone_are_gone(self):
        self.die()
        with self.assertRaises(Gone):
            self.target.get("/etc/passwd")

    def test_a_restart_makes_it_as_new(self):
        self.die()
        self.target.restart()
        self.assertTrue(self.target.alive())
        self.assertEqual(self.target.run("echo", "back").stdout, "back\n")
        self.assertEqual(self.target.boots, 2)

    def test_a_restart_ends_what_ran(self):
        mark = f"{os.getpid()}.{time.monotonic_ns()}"
        other = setting.client(self, self.target.address, "exec", "sh", "-c",
                               'echo begun; setsid sleep "$1"', "sh", mark)
        other.stdout.readline()
        again = setting.client(self, self.target.address, "restart")
        self.assertEqual(again.wait(15), 0)
        self.assertEqual(other.wait(5), 125)
        self.assertEqual(setting.processes(mark), [])
        self.target.run("true")

    def test_nothing_is_left_when_all_is_over(self):
        mark = f"{os.getpid()}.{time.monotonic_ns()}"
        self.target.run("sh", "-c", 'sleep "$1" >/dev/null 2>&1 &', "sh", mark)
        self.addCleanup(lambda: [os.kill(pid, 9) for pid in setting.processes(mark)])
        self.target.stop()
        self.target = setting.new_target()  # for the clean-up
        self.assertEqual(setting.processes(mark), [])

    def test_a_client_that_waits_is_told_of_a_new_target(self):
        self.target.server.hold = self.target.server.set_up = True
        self.die()
        command = ("--wait", self.target.address, "exec", "true")
        waiting = setting.client(self, *command)
        with self.assertRaises(subprocess.TimeoutExpired):
            waiting.wait(0.2)
        self.target.restart()
        # The target that died was set up; the new one is not.
        self.assertEqual(waiting.wait(5), 123)
        self.target.request(wire.CONTROL, b"set-up")
        self.assertEqual(setting.client(self, *command).wait(5), 0)

    def test_nobody_waits_for_a_target_that_nobody_restarts(self):
        self.die()
        client = setting.client(self, "--wait", self.target.address, "exec", "true")
        self.assertEqual(client.wait(5), 125)

    def test_a_client_that_waits_ends_with_the_runner(self):
        self.target.server.hold = True
        self.die()
        waiting = setting.client(self, "--wait", self.target.address, "exec", "true")
        time.sleep(0.1)
        setting.within(5, self.target.stop)
        self.assertEqual(waiting.wait(5), 125)
        self.target = setting.new_target()  # for the clean-up

    def test_an_agent_that_is_not_there_is_no_target(self):
        self.target.agent_command = lambda: ["sh", "-c", "echo 'no agent' >&2"]
        with self.assertRaisesRegex(Gone, "it has ended\n *no agent"):
            setting.within(5, self.target.restart)
        self.assertFalse(self.target.alive())


class Line(unittest.TestCase):

    def start(self, *agents, hang_s=120, boot_s=10):
        made = setting.new_target(Scripted, agents=agents, hang_s=hang_s)
        made.boot_s = boot_s
        self.addCleanup(setting.within, 15, made.stop)
        setting.within(10, made.start)
        return made

    def test_one_that_says_nothing_any_more_is_gone(self):
        with mock.patch.object(server, "PING_S", 0.05):
            up = self.start(silent, hang_s=0.3)
            with self.assertRaisesRegex(Gone, "it has not answered for 0.3 s"):
                setting.within(5, up.run, "sleep", "30")
        self.assertFalse(up.alive())

    def test_one_that_answers_is_not(self):
        with mock.patch.object(server, "PING_S", 0.05):
            up = self.start(answering, hang_s=0.7)
            time.sleep(1)
            self.assertTrue(up.alive())

    def test_one_that_dies_while_it_comes_up_is_tried_once_more(self):
        up = self.start(dead, silent)
        self.assertTrue(up.alive())
        self.assertEqual((up.launched, up.boots, up.release), (2, 1, "1.2.3"))

    def test_one_that_never_comes_up_is_gone(self):
        with self.assertRaisesRegex(Gone, "it did not come up in 0.3 s"):
            self.start(lambda line: line.recv(1), boot_s=0.3)
        with self.assertRaisesRegex(Gone, "it has ended"):
            self.start(dead)

    def test_one_that_talks_nonsense_is_gone(self):
        def babbling(line):
            hello(line)
            time.sleep(0.05)
            line.sendall(b"[    1.234567] kernel says hello\n")
            line.recv(4096)

        up = self.start(babbling)
        with self.assertRaisesRegex(Gone, "no frame: .*kernel says"):
            setting.within(5, up.run, "sleep", "30")

    def test_a_frame_may_come_in_pieces(self):
        def slow(line):
            hello(line)
            _, _, channel, _ = wire.HEAD.unpack_from(line.recv(4096))
            said = wire.frame(wire.OUTPUT, channel, b"output") + \
                wire.frame(wire.ERROR, channel, b"error") + \
                wire.frame(wire.EXIT, channel, struct.pack("<I", 3))
            for at in range(len(said)):
                line.sendall(said[at:at + 1])
                time.sleep(0.0005)
            line.recv(4096)

        done = setting.within(5, self.start(slow).run, "any", check=False)
        self.assertEqual((done.stdout, done.stderr, done.returncode), ("output", "error", 3))


class Server(unittest.TestCase):
    """No client may disturb the others."""

    def setUp(self):
        self.target = setting.new_target()
        self.target.start()
        self.addCleanup(setting.within, 15, self.target.stop)
        self.addCleanup(target.end_process, self.target.process)
        # Keeps the traceback of a thread that dies off standard error.
        self.enterContext(mock.patch.object(threading, "excepthook"))

    def connect(self, *frames):
        sock = socket.socket(socket.AF_UNIX)
        self.addCleanup(sock.close)
        sock.connect(str(self.target.address))
        for frame in frames:
            sock.sendall(frame)
        return sock

    def still_works(self):
        setting.within(1, self.target.request, wire.CONTROL, b"alive")

    def test_a_client_that_sends_no_frames(self):
        sock = self.connect(b"GET / HTTP/1.0\r\n\r\n")
        self.assertIn(b"no frame", sock.recv(4096))
        self.still_works()

    def test_a_client_that_goes_in_the_middle_of_a_frame(self):
        self.connect(wire.frame(wire.RUN, 0, wire.run_request(["true"]))[:20]).close()
        self.still_works()

    def test_a_client_that_sends_a_broken_request(self):
        self.connect(wire.frame(wire.RUN, 0, b"x"))
        self.connect(wire.frame(wire.CONTROL, 0, b"\xff"))
        self.still_works()

    def test_a_client_that_does_not_read(self):
        sock = self.connect(wire.frame(wire.RUN, 0, wire.run_request(["cat", "/dev/zero"])))
        try:
            time.sleep(0.2)
            setting.within(1, self.target.run, "true")
        finally:
            sock.close()

    def test_a_line_that_ends_while_it_is_let_go(self):
        # The request to detach, and the end of the line, reach the server at once.
        go_on = threading.Event()
        self.target.server.call(go_on.wait)
        time.sleep(0.1)
        self.target.server.detach("let go")
        os.killpg(self.target.process.pid, signal.SIGKILL)
        self.target.process.wait()
        go_on.set()
        setting.within(5, self.target.gone.wait)
        self.still_works()


if __name__ == "__main__":
    unittest.main()
