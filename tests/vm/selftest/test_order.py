# SPDX-License-Identifier: GPL-2.0-only
"""suite.Run, where the result depends on whether the runner sees bats' output or the target's death
first: these tests give it both, step by step."""

import contextlib
import io
import os
import selectors
import threading
import time
import unittest
from unittest import mock

import setting  # first: it adds the runner's folders to sys.path
import suite


class Dying:
    """One object that is both a target that dies on request and the bats beside it."""

    name, address, boots, why_gone = "machine", "nowhere", 1, "it has ended"

    def __init__(self):
        self.console = setting.folder() / "console.log"
        self.console.touch()
        self.gone = threading.Event()
        self.said, self.to_say = os.pipe()
        self.stdout = open(self.said, "rb", buffering=0)

    def say(self, *lines, last=False):
        """Writes all lines at once, as bats does."""
        os.write(self.to_say, "".join(f"{line}\n" for line in lines).encode())
        if last:
            os.close(self.to_say)
            self.to_say = os.open(os.devnull, os.O_WRONLY)

    def restart(self):
        self.boots += 1
        self.gone.clear()
        self.say("ok 2 two in 1ms", last=True)


class Order(unittest.TestCase):

    def setUp(self):
        self.dying, self.results, self.ended = Dying(), [], 0
        self.dying.request = self.dying.server = mock.Mock()
        self.dying.server.detach = lambda why: self.dying.gone.set()
        for name, value in (("start_process", lambda *_, **__: self.dying), ("GRACE_S", 1),
                            ("end_process", mock.Mock()), ("TEST_S", 30),
                            ("bats", mock.Mock())):
            self.enterContext(mock.patch.object(suite, name, value))
        self.enterContext(mock.patch.object(suite.Run, "end_test", lambda _: self.end_test()))
        # The second test begins when the target is gone.
        self.enterContext(mock.patch.object(suite.Run, "was_there", lambda *_: False))
        self.enterContext(mock.patch.object(selectors, "DefaultSelector", setting.Impatient))
        self.enterContext(contextlib.redirect_stdout(io.StringIO()))
        run = suite.Run(self.dying, "a.bats", "", {}, setting.folder(), self.results.append)
        self.thread = threading.Thread(target=run.go, daemon=True)
        self.thread.start()
        self.dying.say("1..2", "begin 1 one")
        while self.thread.is_alive() and not (run.stream and run.stream.current):
            time.sleep(0.01)

    def end_test(self):
        """Only the first test takes too long: the runner must not end another."""
        self.ended += 1
        self.dying.say(*self.killed, last=self.ended > 1)
        if self.then:
            threading.Timer(0.2, self.dying.say, self.then).start()

    def verdicts(self):
        self.thread.join(10)
        return [(r.name, r.ok) for r in self.results]

    def test_a_death_is_seen_when_the_next_test_has_begun(self):
        self.killed, self.then = ["begin 2 two"], []
        self.dying.gone.set()
        self.dying.say("not ok 1 one in 1ms", "# why", "begin 2 two")
        self.assertEqual(self.verdicts(), [("one", False), ("two", True)])
        self.assertIn("# the target is gone: it has ended", self.results[0].notes)

    def takes_too_long(self):
        with mock.patch.object(suite, "TEST_S", 0.1):
            self.assertEqual(self.verdicts(), [("one", False), ("two", True)])
        self.assertEqual(self.ended, 1)
        self.assertIn("# it took longer than 0 s, and was ended", self.results[0].notes)

    def test_one_that_could_not_be_ended_and_the_next_begins_at_once(self):
        self.killed, self.then = ["begin 2 two"], []
        self.takes_too_long()

    def test_one_that_could_not_be_ended_and_the_next_begins_later(self):
        self.killed, self.then = ["bats-exec-file: line 226:  5432 Killed"], ["begin 2 two"]
        self.takes_too_long()


if __name__ == "__main__":
    unittest.main()
