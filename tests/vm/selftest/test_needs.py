# SPDX-License-Identifier: GPL-2.0-only
"""host/needs.sh on machines of other distributions, with package managers that only note their
arguments; and where suite.py finds bats' libraries."""

import os
import pathlib
import shutil
import subprocess
import unittest
from unittest import mock

import setting  # first: it adds the runner's folders to sys.path
import suite

# The programs that the script itself runs; any machine has them all.
PROGRAMS = ("bash", "cut", "date", "dirname", "grep", "mkdir", "mktemp", "rm", "sed", "sha256sum",
            "tail", "uname")
MANAGERS = ("apt-get", "dnf", "pacman", "zypper")
DEBIAN, UBUNTU = "ID=debian", "ID=ubuntu\nID_LIKE=debian"
ROCKY, ARCH = "ID=rocky\nID_LIKE='rhel centos fedora'", "ID=arch"
SUSE = "ID=opensuse-tumbleweed\nID_LIKE='opensuse suse'"


class Needs(unittest.TestCase):

    def setUp(self):
        self.place = setting.folder()
        for name in PROGRAMS:
            (self.place / name).symlink_to(shutil.which(name))
        self.program("id", "echo 0")
        for name in MANAGERS:
            self.program(name, f'echo "{name} $*" >>{self.place}/called')
        self.bats_lacks("bats", *suite.LIBRARIES, "jq")

    def bats_lacks(self, *names):
        """Makes suite.py say that these are missing."""
        self.program("python3", f"echo {' '.join(names)}")

    def program(self, name, text="true"):
        path = self.place / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    def ask(self, distribution, goal, **variables):
        """Runs needs.sh. Returns what the script installed, and what it printed if it failed."""
        (self.place / "os-release").write_text(distribution)
        called = self.place / "called"
        called.unlink(missing_ok=True)
        done = subprocess.run(
            [str(self.place / "bash"), str(setting.VM / "host" / "needs.sh"), goal], check=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={"HOME": str(self.place), "PATH": str(self.place),
                 "OS_RELEASE": str(self.place / "os-release"),
                 "PROC_MODULES": str(self.place / "os-release"), **variables})
        said = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
        self.assertEqual(done.returncode, len(said), done.stderr)
        return (called.read_text() if called.exists() else "", "".join(said))

    def test_a_package_has_the_name_that_the_distribution_gave_it(self):
        for distribution, words in (
                (DEBIAN, "apt-get install -y --no-install-recommends qemu-system-x86 mmdebstrap "),
                (ROCKY, "dnf install -y qemu-system-x86-core mmdebstrap ")):
            called, said = self.ask(distribution, "check")
            self.assertIn(words, called)
            self.assertEqual(said, "")

    def test_gpg_is_for_machines_whose_apt_does_not_trust_debian(self):
        self.assertNotIn(" gpg", self.ask(DEBIAN, "check")[0])
        self.assertIn(" gpg", self.ask(UBUNTU, "check")[0])

    def test_what_no_package_has_leads_to_the_container(self):
        for distribution, words in ((ARCH, "pacman has no package for mmdebstrap; "),
                                    (SUSE, "zypper has no package for mmdebstrap")):
            called, said = self.ask(distribution, "check")
            self.assertEqual(called, "")
            self.assertIn(words, said)
            self.assertIn("docs/ci.md", said)

    def test_check_here_names_what_to_install_and_installs_nothing(self):
        called, said = self.ask(ARCH, "check-here")
        self.assertEqual(called, "")
        self.assertIn("run: pacman -S --needed --noconfirm util-linux jq bats bats-assert "
                      "bats-support gcc", said)

    def test_check_here_has_no_need_of_an_emulator(self):
        called = self.ask(DEBIAN, "check-here")[0]
        self.assertNotIn("qemu", called)
        self.assertIn(" kmod ", called)

    def test_headers_that_no_package_has_are_those_of_a_tree(self):
        self.program("apt-cache", "exit 1")
        called, said = self.ask(DEBIAN, "check-here", KERNELRELEASE="none")
        self.assertNotIn("install", called)
        self.assertIn(f"apt has no linux-headers-{os.uname().release}: name the tree", said)
        self.assertIn("make check-here KDIR=~/linux", said)
        # An available package is installed.
        self.program("apt-cache")
        called, said = self.ask(DEBIAN, "check-here", KERNELRELEASE="none")
        self.assertIn(f"linux-headers-{os.uname().release}", called)
        self.assertEqual(said, "")

    def test_check_here_wants_a_kernel_that_takes_modules(self):
        called, said = self.ask(DEBIAN, "check-here", PROC_MODULES="/none")
        self.assertEqual(called, "")
        self.assertIn("this kernel takes no modules", said)
        self.assertEqual(self.ask(DEBIAN, "check", PROC_MODULES="/none")[1], "")

    def test_check_here_wants_the_tree_of_the_running_kernel(self):
        config = self.place / "include" / "config"
        config.mkdir(parents=True)
        for release, error in (("1.2.3", "is the tree of 1.2.3, and this machine runs "),
                               (os.uname().release, "")):
            (config / "kernel.release").write_text(f"{release}\n")
            said = self.ask(DEBIAN, "check-here", KDIR=str(self.place))[1]
            self.assertIn(error, said)
            self.assertEqual(bool(error), "is the tree of" in said)

    def test_libraries_that_no_package_has_are_the_users_to_bring(self):
        self.assertIn("dnf has no package for bats-assert bats-support; get them into a folder "
                      "of BATS_LIB_PATH, and run: dnf install -y util-linux jq bats gcc",
                      self.ask(ROCKY, "check-here")[1])
        self.bats_lacks()
        self.assertIn("run: dnf install -y util-linux gcc", self.ask(ROCKY, "check-here")[1])

    def test_a_machine_that_has_all_is_left_alone(self):
        for name in ("qemu-system-x86_64", "mmdebstrap", "flock", "gpg"):
            self.program(name)
        if pathlib.Path("/usr/share/keyrings/debian-archive-keyring.gpg").exists():
            for distribution in (UBUNTU, SUSE):
                self.assertEqual(self.ask(distribution, "check"), ("", ""))

    def test_only_root_installs(self):
        self.program("id", "echo 1000")
        self.assertEqual(self.ask(DEBIAN, "check")[0], "")

    def test_a_manager_that_nobody_knows_is_not_run(self):
        (self.place / "apt-get").unlink()
        called, said = self.ask("ID=other", "check")
        self.assertEqual(called, "")
        self.assertIn("please install what apt-get would, which is not here: qemu", said)


class Libraries(unittest.TestCase):

    def setUp(self):
        self.places = []
        for names in (suite.LIBRARIES[:1], suite.LIBRARIES):
            self.places.append(str(setting.folder()))
            for name in names:
                os.makedirs(f"{self.places[-1]}/{name}")
                pathlib.Path(self.places[-1], name, "load.bash").touch()

    def test_the_users_own_come_first(self):
        one, both = self.places
        with mock.patch.object(suite, "PLACES", (both,)):
            for said, folders in ((f"{one}:{both}", [one, both]), (one, [one, both]),
                                  (f"/none:{both}", [both, both]), ("", [both, both])):
                with mock.patch.dict(os.environ, BATS_LIB_PATH=said):
                    self.assertEqual(suite.libraries_here(), dict(zip(suite.LIBRARIES, folders)))

    def test_what_is_missing_is_told_by_name(self):
        with mock.patch.object(suite, "PLACES", ()), \
                mock.patch.dict(os.environ, BATS_LIB_PATH=self.places[0], PATH="/none"):
            self.assertEqual(suite.missing_here.__wrapped__(),
                             ["bats", *suite.LIBRARIES[1:], "jq"])


if __name__ == "__main__":
    unittest.main()
