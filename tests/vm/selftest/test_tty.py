# SPDX-License-Identifier: GPL-2.0-only
"""The agent at a terminal, as in a guest; also at a terminal that takes only as much at once as a
serial line does."""

import os
import pty
import select
import struct
import subprocess
import time
import unittest

import setting  # first: it adds the runner's folders to sys.path
import wire


class Tty(unittest.TestCase):

    def setUp(self):
        setting.programs()
        self.line, tty = pty.openpty()
        self.agent = subprocess.Popen([setting.CLIENT.with_name("target-agent"),
                                       os.ttyname(tty)], stdin=subprocess.DEVNULL)
        for clean_up in ((os.close, tty), (os.close, self.line), (self.agent.wait,),
                         (self.agent.kill,)):
            self.addCleanup(*clean_up)
        self.parser = wire.Parser()
        self.frames = []
        self.heard(wire.HELLO)

    def heard(self, kind, seconds=3, pace=0):
        """The data of the next frame of that kind. self.frames keeps the frames before it."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if select.select([self.line], [], [], 0.1)[0]:
                time.sleep(pace)
                self.frames += self.parser.feed(os.read(self.line, 1350))
            for at, (what, _, data) in enumerate(self.frames):
                if what == kind:
                    del self.frames[at]
                    return data
        raise AssertionError(f"no frame {kind} in {seconds} s")

    def run_there(self, *args, given=b""):
        os.write(self.line, wire.frame(wire.RUN, 1, wire.run_request(args, flags=wire.RUN_INPUT)))
        os.write(self.line, wire.frame(wire.INPUT, 1, given) + wire.frame(wire.INPUT, 1))

    def test_every_byte_passes_both_ways(self):
        given = bytes(range(256)) * 3
        self.run_there("cat", given=given)
        self.assertEqual(struct.unpack("<I", self.heard(wire.EXIT)), (0,))
        self.assertEqual(b"".join(data for kind, _, data in self.frames if kind == wire.OUTPUT),
                         given)

    def test_it_answers_while_a_command_runs(self):
        self.run_there("sleep", "30")
        os.write(self.line, wire.frame(wire.PING, 0))
        self.heard(wire.PONG)
        os.write(self.line, wire.frame(wire.KILL, 1))
        self.assertEqual(struct.unpack("<I", self.heard(wire.EXIT)), (128 + 9,))

    def test_it_answers_while_a_command_says_much(self):
        self.run_there("yes")
        os.write(self.line, wire.frame(wire.PING, 0))
        self.heard(wire.PONG, pace=0.005)
        os.write(self.line, wire.frame(wire.KILL, 1))
        self.heard(wire.EXIT, pace=0.005)

    def test_what_a_command_left_behind_may_say_much(self):
        self.run_there("sh", "-c", "yes & sleep 0.2; exit 3")
        self.heard(wire.EXIT, seconds=2, pace=0.005)


if __name__ == "__main__":
    unittest.main()
