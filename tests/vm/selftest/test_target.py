# SPDX-License-Identifier: GPL-2.0-only
"""The agent and the server, over a pipe: commands and files on a target that is alive."""

import os
import shutil
import stat
import subprocess
import threading
import time
import unittest
from unittest import mock

import server
import setting
import wire
from target import Failed


class Commands(setting.OnTarget):
    variables = {"OF_TARGET": "kept", "REPLACED": "no"}

    def test_arguments_arrive_as_they_are(self):
        args = ["", "two words", "a\nline", "$HOME", "*", "'\"\\", "-n", "é→"]
        said = self.sh('for a; do printf "<%s>" "$a"; done', *args).stdout
        self.assertEqual(said, "".join(f"<{arg}>" for arg in args))

    def test_environment_is_the_targets_and_what_the_command_is_given(self):
        said = self.sh('echo "$OF_TARGET,$REPLACED,$NEW"',
                       env={"REPLACED": "yes", "NEW": "a b=c"}).stdout
        self.assertEqual(said, "kept,yes,a b=c\n")
        said = self.sh("env | grep -c ^REPLACED=", env={"REPLACED": "yes"}).stdout
        self.assertEqual(said, "1\n")

    def test_a_given_path_is_where_the_command_is_looked_for(self):
        place = setting.folder()
        shutil.copy(shutil.which("true"), place / "only-here")
        self.assertEqual(self.target.run("only-here", check=False).returncode, 127)
        self.target.run("only-here", env={"PATH": str(place)})

    def test_output_and_error_output_and_status_come_apart(self):
        done = self.sh("echo out; echo err >&2; exit 7")
        self.assertEqual((done.stdout, done.stderr, done.returncode), ("out\n", "err\n", 7))

    def test_a_status_that_is_not_zero_fails_and_tells_all(self):
        with self.assertRaises(Failed) as raised:
            self.sh("echo out; echo err >&2; exit 7", check=True)
        for word in ("sh -c", "exit status 7", "out\n", "err\n"):
            self.assertIn(word, str(raised.exception))

    def test_standard_input_is_empty(self):
        self.assertEqual(self.target.run("cat", timeout=5).stdout, "")

    def test_a_signal_is_128_and_its_number(self):
        self.assertEqual(self.sh("kill -TERM $$").returncode, 128 + 15)
        self.assertEqual(self.sh("kill -KILL $$").returncode, 128 + 9)

    def test_sigpipe_ends_commands_as_in_a_shell(self):
        self.assertEqual(self.sh("{ yes; echo $? >&2; } | head -n 1").stderr, "141\n")

    def test_not_found_is_127_and_not_to_be_run_is_126(self):
        done = self.target.run("no-such-program", check=False)
        self.assertEqual(done.returncode, 127)
        self.assertIn("no-such-program: No such file", done.stderr)
        self.assertEqual(self.target.run("/etc/passwd", check=False).returncode, 126)

    def test_some_megabytes_of_output_are_whole(self):
        done = self.sh("seq 300000; seq 300000 >&2")
        numbers = "".join(f"{n}\n" for n in range(1, 300001))
        self.assertTrue(done.stdout == numbers)
        self.assertTrue(done.stderr == numbers)

    def test_what_was_said_last_is_not_lost(self):
        # All output is in the pipes, and the command has ended, before the agent looks.
        done = self.sh("""(sleep 0.2; exec kill -CONT $PPID) >/dev/null 2>&1 &
            kill -STOP $PPID; head -c 60000 /dev/zero; head -c 60000 /dev/zero >&2; exit 3""")
        self.assertEqual((len(done.stdout), len(done.stderr), done.returncode),
                         (60000, 60000, 3))

    def test_output_is_passed_on_as_it_comes(self):
        seen = setting.folder() / "seen"
        done = self.sh('echo first; until [ -e "$1" ]; do sleep 0.01; done', str(seen),
                       output=lambda text: seen.touch(), timeout=5)
        self.assertEqual(done.returncode, 0)

    def test_and_its_characters_are_whole(self):
        shown = []
        self.sh("yes é | head -n 5000", output=shown.append)
        self.assertTrue("".join(shown) == "é\n" * 5000)

    def test_several_commands_run_at_once(self):
        place, results = setting.folder(), []

        def meet(number):
            results.append(self.sh(
                'cd "$1"; : >"$2"; until [ "$(ls | wc -l)" = 8 ]; do sleep 0.05; done; echo "$2"',
                str(place), str(number)))

        threads = [threading.Thread(target=meet, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(done.stdout for done in results), [f"{n}\n" for n in range(8)])

    def test_what_a_command_leaves_behind_does_not_keep_it(self):
        began = time.monotonic()
        done = self.sh("sleep 3 & echo done")
        self.assertEqual((done.stdout, done.returncode), ("done\n", 0))
        self.assertLess(time.monotonic() - began, 2)

    def test_a_command_may_end_with_status_125(self):
        self.assertEqual(self.sh("exit 125").returncode, 125)


class TimeLimit(setting.OnTarget):

    def test_it_ends_the_command_and_all_that_it_started(self):
        mark = f"{os.getpid()}.{time.monotonic_ns()}"
        text = """sleep "$1" & setsid sleep "$1" &
            (setsid sh -c 'sleep "$1" & sleep "$1"; :' sh "$1" &)
            until [ "$(pgrep -fc "^sleep $1")" = 4 ]; do sleep 0.02; done
            echo begun; exec sleep "$1" """
        for limit in (0.5, 2, 8):  # on a busy machine the command begins later
            done = self.sh(text, mark, timeout=limit)
            self.assertEqual(done.returncode, 124)
            self.assertEqual(setting.processes(mark), [])
            if done.stdout:
                break
        self.assertEqual(done.stdout, "begun\n")

    def test_a_command_that_sigkill_does_not_end_is_waited_for_no_longer(self):
        # As one does that sleeps in the kernel: here nobody kills it.
        send = self.target.server.to_target
        with mock.patch.object(server, "DEATH_S", 0.3), mock.patch.object(
                self.target.server, "to_target",
                lambda kind, *rest: kind == wire.KILL or send(kind, *rest)):
            done = self.sh("sleep 3", timeout=0.2)
        self.assertEqual(done.returncode, 124)
        self.assertIn("SIGKILL has not ended it", done.stderr)
        self.assertEqual(self.sh("echo alive").stdout, "alive\n")

    def test_it_is_of_one_command_alone(self):
        other = setting.client(self, self.target.address, "exec", "sleep", "0.6")
        self.assertEqual(self.sh("sleep 9", timeout=0.2).returncode, 124)
        self.assertEqual(other.wait(5), 0)

    def test_who_ends_in_time_is_not_ended(self):
        self.assertEqual(self.sh("sleep 0.1; exit 3", timeout=5).returncode, 3)


class Files(setting.OnTarget):

    def test_contents_and_mode_are_the_same_there(self):
        source, there = setting.folder() / "source", setting.folder() / "there"
        source.write_bytes(bytes(range(256)) * 3000)
        for mode in (0o755, 0o600, 0o4711):
            source.chmod(mode)
            self.target.put(source, there)
            self.assertEqual(stat.S_IMODE(there.stat().st_mode), mode)
            self.assertTrue(there.read_bytes() == source.read_bytes())

    def test_a_mode_may_be_given(self):
        there = setting.folder() / "there"
        self.target.write(b"text", there, 0o640)
        self.assertEqual(stat.S_IMODE(there.stat().st_mode), 0o640)

    def test_an_empty_file_is_empty_there(self):
        there = setting.folder() / "there"
        there.write_text("old")
        self.target.write(b"", there)
        self.assertEqual(there.read_bytes(), b"")

    def test_a_program_that_runs_may_be_replaced(self):
        program = setting.folder() / "program"
        shutil.copy(shutil.which("sleep"), program)
        running = subprocess.Popen([program, "9"])
        try:
            self.target.put(shutil.which("true"), program)
        finally:
            running.kill()
            running.wait()
        self.target.run(str(program), "9", timeout=5)

    def test_what_is_got_is_what_is_there(self):
        there = setting.folder() / "there"
        there.write_bytes(os.urandom(3 << 20))
        self.assertTrue(self.target.get(there) == there.read_bytes())

    def test_files_of_proc_have_contents_too(self):
        with open("/proc/cpuinfo", "rb") as file:
            self.assertEqual(self.target.get("/proc/cpuinfo").count(b"\n"),
                             file.read().count(b"\n"))

    def test_what_is_not_there_can_not_be_got(self):
        with self.assertRaisesRegex(Failed, "/nonexistent/file: No such file"):
            self.target.get("/nonexistent/file")
        with self.assertRaisesRegex(Failed, "Is a directory"):
            self.target.get("/usr")

    def test_nothing_can_be_put_where_there_is_no_folder(self):
        with self.assertRaisesRegex(Failed, "/nonexistent/file: No such file"):
            self.target.write(b"x" * 300000, "/nonexistent/file")
        self.assertTrue(self.target.alive())


if __name__ == "__main__":
    unittest.main()
