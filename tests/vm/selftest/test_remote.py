# SPDX-License-Identifier: GPL-2.0-only
"""target.Remote, by an ssh that is a script and runs everything on this machine: which files Remote
brings to the host, and that it removes all of them."""

import pathlib
import shutil
import time
import unittest
from unittest import mock

import setting  # first: it adds the runner's folders to sys.path
import target
from target import Failed, Gone

# Takes arguments as ssh does: options, the host, and words for a shell. Fails as if the host were
# out of reach, as often as the file `away` has lines.
SSH = """#!/bin/sh
while :; do case $1 in -*) shift ;; *) break ;; esac; done
[ "$1" = root@box ] || { echo "no host $1" >&2; exit 255; }
shift
if [ -s HERE/away ]; then
    sed -i 1d HERE/away
    echo "Connection refused" >&2
    exit 255
fi
exec sh -c "$*"
"""

BUSYBOX = """#!/bin/sh
[ "$1" != --install ] || exec touch "$3/applet"
exec "$@"
"""


class Remote(unittest.TestCase):

    def setUp(self):
        setting.programs()
        self.here = setting.folder()
        bring = self.here / "bring"
        (bring / "bin").mkdir(parents=True)
        for path, text in ((self.here / "ssh", SSH.replace("HERE", str(self.here))),
                           (bring / "bin" / "busybox", BUSYBOX),
                           (bring / "bin" / "ours", "#!/bin/sh\necho ours\n")):
            path.write_text(text)
            path.chmod(0o755)
        shutil.copy(setting.CLIENT.parent / "target-agent", bring / "bin")
        (bring / "pfnmap_test.ko").write_text("module")
        self.enterContext(mock.patch.object(target, "SSH", (str(self.here / "ssh"), "-oX=y")))
        sleep = time.sleep
        self.enterContext(mock.patch.object(time, "sleep", lambda s: sleep(min(s, 0.05))))
        self.up = setting.new_target(lambda _, folder, variables: target.Remote(
            "root@box", folder, variables, bring))
        self.addCleanup(lambda: setting.within(15, self.up.stop))
        self.up.start()
        self.place = pathlib.Path(self.up.place)

    def test_what_it_needs_is_in_a_folder_of_its_own(self):
        self.assertRegex(str(self.place), r"^/(tmp|run|var/tmp)/pfnmap-test\.")
        self.assertEqual((self.place / "pfnmap_test.ko").read_text(), "module")
        self.assertTrue((self.place / "tmp").is_dir())

    def test_its_programs_are_found_and_the_machines_go_before_busyboxs(self):
        self.assertEqual(self.up.run("ours").stdout, "ours\n")
        path = self.up.run("sh", "-c", "echo $PATH").stdout.strip().split(":")
        self.assertEqual((path[0], path[-1]), (f"{self.place}/bin", f"{self.place}/applets"))
        self.assertIn("/usr/bin", path)

    def test_nothing_is_left_there(self):
        self.up.run("touch", f"{self.place}/tmp/file")
        self.up.stop()
        self.assertFalse(self.place.exists())
        self.up = setting.new_target()  # for the clean-up

    def test_one_that_reboots_is_waited_for_and_is_as_it_was(self):
        self.up.run("touch", f"{self.place}/tmp/file")
        with self.assertRaises(Gone):
            setting.within(5, self.up.run, "sh", "-c", "kill -9 $PPID; sleep 30")
        (self.here / "away").write_text("\n" * 4)
        self.up.restart()
        self.assertEqual(self.up.place, str(self.place))
        self.assertFalse((self.place / "tmp" / "file").exists())
        self.assertEqual(self.up.run("ours").stdout, "ours\n")

    def test_one_that_does_not_come_back_is_gone(self):
        self.up.restart_s = 0
        (self.here / "away").write_text("\n" * 100)
        with self.assertRaisesRegex(Gone, "not to be reached by ssh: Connection refused"):
            self.up.restart()
        (self.here / "away").unlink()

    def test_one_without_room_for_it_is_an_error(self):
        (self.here / "bring" / "bin" / "busybox").write_text(
            "#!/bin/sh\ncat >/dev/null\necho no room >&2; exit 1\n")
        with self.assertRaisesRegex(Failed, "can't be brought to .*: no room.*: is there room"):
            self.up.restart()


if __name__ == "__main__":
    unittest.main()
