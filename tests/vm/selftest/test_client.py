# SPDX-License-Identifier: GPL-2.0-only
"""The client, as a person or a test runs it in a shell: target SOCKET COMMAND..."""

import os
import subprocess
import time
import unittest

import setting

USAGE = (2, 64)  # our exit status, and argp's own


def target(*words, **kwargs):
    kwargs.setdefault("stdin", subprocess.DEVNULL)
    if "input" in kwargs:
        del kwargs["stdin"]
    return subprocess.run([setting.CLIENT, *words], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=15, check=False, **kwargs)


class Exec(setting.OnTarget):

    def setUp(self):
        self.address = self.target.address

    def test_status_and_both_outputs_are_the_commands(self):
        done = target(self.address, "exec", "sh", "-c", "echo out; echo err >&2; exit 5")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (5, b"out\n", b"err\n"))

    def test_options_behind_exec_are_the_commands(self):
        done = target(self.address, "exec", "echo", "-i", "--timeout", "1", "-e")
        self.assertEqual(done.stdout, b"-i --timeout 1 -e\n")

    def test_standard_input_is_given_only_where_it_is_asked_for(self):
        self.assertEqual(target(self.address, "exec", "cat", input=b"text").stdout, b"")
        self.assertEqual(target("-i", self.address, "exec", "cat", input=b"text").stdout,
                         b"text")

    def test_some_megabytes_go_there_and_back(self):
        data = os.urandom(5 << 20)
        done = target("-i", self.address, "exec", "tee", "/dev/stderr", input=data)
        self.assertTrue(done.stdout == data)
        self.assertTrue(done.stderr == data)

    def test_who_does_not_read_its_input_ends_all_the_same(self):
        done = target("-i", self.address, "exec", "sh", "-c", "exit 4", input=bytes(1 << 20))
        self.assertEqual(done.returncode, 4)

    def test_variables_are_the_commands(self):
        done = target("-e", "A=1 2", "--env=B=", self.address, "exec", "sh", "-c",
                      'echo "<$A><$B>"')
        self.assertEqual(done.stdout, b"<1 2><>\n")

    def test_a_limit_ends_it_with_124(self):
        done = target("-t", "0.2", self.address, "exec", "sh", "-c", "echo begun; sleep 30")
        self.assertEqual((done.returncode, done.stdout), (124, b"begun\n"))

    def test_the_command_ends_when_the_client_does(self):
        mark = f"{os.getpid()}.{time.monotonic_ns()}"
        client = setting.client(self, self.address, "exec", "sh", "-c",
                                'sleep "$1" & sleep "$1"; :', "sh", mark)
        self.wait(lambda: len(setting.processes(mark)) >= 4)
        client.kill()
        self.wait(lambda: setting.processes(mark) == [])

    def test_kill_ends_all_that_runs(self):
        client = setting.client(self, self.address, "exec", "sh", "-c",
                                "echo begun; exec sleep 30")
        client.stdout.readline()
        self.assertEqual(target(self.address, "kill").returncode, 0)
        self.assertEqual(client.wait(5), 128 + 9)

    def wait(self, condition):
        until = time.monotonic() + 5
        while not condition():
            self.assertLess(time.monotonic(), until)
            time.sleep(0.02)


class Files(setting.OnTarget):

    def test_put_and_get(self):
        place = setting.folder()
        (place / "a").write_bytes(os.urandom(200000))
        (place / "a").chmod(0o751)
        self.assertEqual(target(self.target.address, "put", place / "a",
                                place / "b").returncode, 0)
        self.assertEqual((place / "b").stat().st_mode, (place / "a").stat().st_mode)
        done = target(self.target.address, "get", place / "b")
        self.assertEqual(done.returncode, 0)
        self.assertTrue(done.stdout == (place / "a").read_bytes())
        self.assertEqual(target(self.target.address, "get", place / "b",
                                place / "c").returncode, 0)
        self.assertTrue((place / "c").read_bytes() == (place / "a").read_bytes())

    def test_get_of_what_is_not_there(self):
        done = target(self.target.address, "get", "/nonexistent")
        self.assertEqual((done.returncode, done.stdout), (1, b""))
        self.assertIn(b"/nonexistent: No such file", done.stderr)

    def test_put_of_what_is_not_here(self):
        done = target(self.target.address, "put", "/nonexistent", "/tmp/x")
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"/nonexistent: No such file", done.stderr)


class Words(setting.OnTarget):

    def test_a_target_that_is_there_is_alive(self):
        self.assertEqual(target(self.target.address, "alive").returncode, 0)

    def test_set_up_is_what_a_client_says_it_is(self):
        self.assertEqual(target(self.target.address, "is-set-up").returncode, 1)
        self.assertEqual(target(self.target.address, "set-up").returncode, 0)
        self.assertEqual(target(self.target.address, "is-set-up").returncode, 0)

    def test_what_nobody_knows_is_an_error(self):
        done = target(self.target.address, "dance")
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"no 'dance'", done.stderr)

    def test_usage(self):
        address = self.target.address
        for words in ((), (address,), (address, "exec"), (address, "put", "one"),
                      (address, "get", "1", "2", "3"), ("--nonsense", address, "alive"),
                      ("-e", "novalue", address, "exec", "true"),
                      ("-t", "soon", address, "exec", "true")):
            with self.subTest(words=words):
                done = target(*words)
                self.assertIn(done.returncode, USAGE)
                self.assertIn(b"target", done.stderr)
                self.assertEqual(done.stdout, b"")

    def test_a_limit_is_a_number_of_seconds(self):
        for limit in ("-5", "5x", "1e300"):
            done = target(f"-t{limit}", self.target.address, "exec", "true")
            self.assertIn(done.returncode, USAGE)

    def test_an_address_where_nobody_is(self):
        done = target("/nonexistent/socket", "exec", "true")
        self.assertEqual(done.returncode, 125)
        self.assertIn(b"/nonexistent/socket: No such file", done.stderr)


if __name__ == "__main__":
    unittest.main()
