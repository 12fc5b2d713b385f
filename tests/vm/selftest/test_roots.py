# SPDX-License-Identifier: GPL-2.0-only
"""roots.unless_same builds nothing twice; which devices a build root has; and of root/build.sh
which tools built a tree (tools_of()), and which lines of a build's output are warnings about
our code (warnings())."""

import os
import pathlib
import re
import subprocess
import time
import unittest
from unittest import mock

import setting  # first: it adds the runner's folders to sys.path
import paths
import roots


class UnlessSame(unittest.TestCase):

    def setUp(self):
        place = setting.folder()
        self.enterContext(mock.patch.object(paths, "BUILD", place / "build"))
        self.enterContext(mock.patch.object(paths, "CACHE", place / "cache"))
        self.source, self.made = place / "source", place / "build" / "made"
        self.source.mkdir(parents=True)
        self.made.parent.mkdir()
        (self.source / "a.c").write_text("a")
        self.builds = 0

    def build(self):
        self.builds += 1
        self.made.write_text(f"made {self.builds}")

    def ask(self, *inputs, name="thing", **kwargs):
        """Asks for the output. True if this made unless_same() build it."""
        before = self.builds
        said = roots.unless_same(name, [self.source, *inputs], [self.made], self.build,
                                 **kwargs)
        self.assertEqual(said, self.builds > before)
        return said

    def test_what_was_never_made_is_made_and_once_only(self):
        self.assertEqual([self.ask() for _ in range(3)], [True, False, False])

    def test_any_change_of_a_source_is_one(self):
        self.ask()
        for change in (lambda: (self.source / "a.c").write_text("b"),
                       lambda: (self.source / "b.c").write_text(""),
                       lambda: (self.source / "b.c").rename(self.source / "c.c"),
                       lambda: (self.source / "c.c").unlink()):
            change()
            self.assertEqual([self.ask(), self.ask()], [True, False])

    def test_a_file_may_be_a_source_and_be_missing(self):
        file = self.source.parent / "file"
        self.assertTrue(self.ask(file))
        self.assertFalse(self.ask(file))
        file.write_text("there")
        self.assertEqual([self.ask(file), self.ask(file)], [True, False])

    def test_words_are_sources(self):
        self.ask("7.2.12", "")
        self.assertFalse(self.ask("7.2.12", ""))
        self.assertTrue(self.ask("7.2.13", ""))
        self.assertTrue(self.ask("", "7.2.13"))

    def test_what_a_build_leaves_is_no_source(self):
        self.ask()
        for name in ("a.o", ".a.o.cmd", "m.ko", "m.mod.c", "Module.symvers"):
            (self.source / name).write_text("left")
        self.assertFalse(self.ask())

    def test_what_is_gone_is_made_again(self):
        self.ask()
        self.made.unlink()
        self.assertTrue(self.ask())

    def test_a_build_that_failed_was_none(self):
        def fails():
            raise roots.Failed("no")

        self.ask()
        (self.source / "a.c").write_text("b")
        for _ in range(2):
            with self.assertRaises(roots.Failed):
                roots.unless_same("thing", [self.source], [self.made], fails)
        # A build that fails may leave half a file, for these inputs or the old ones.
        (self.source / "a.c").write_text("a")
        self.assertTrue(self.ask())

    def test_another_thing_of_the_same_sources_is_another(self):
        for keep in (False, True):
            self.assertTrue(self.ask(name=f"a/b{keep}", keep=keep))
            self.assertTrue(self.ask(name=f"a/c{keep}", keep=keep))
            self.assertFalse(self.ask(name=f"a/b{keep}", keep=keep))

    def test_what_is_kept_is_there_for_other_checkouts(self):
        self.assertTrue(self.ask(keep=True))
        self.made = self.made.parent.parent / "other" / "made"
        with mock.patch.object(paths, "BUILD", self.made.parent):
            self.assertFalse(self.ask(keep=True))
            self.assertEqual(self.made.read_text(), "made 1")
            (self.source / "a.c").write_text("b")
            self.assertTrue(self.ask(keep=True))

    def test_what_is_not_to_be_kept_is_not(self):
        self.assertTrue(self.ask())
        self.made.unlink()
        self.assertTrue(self.ask(keep=True))

    def test_a_folder_is_kept_whole(self):
        folder = self.made.parent / "folder"

        def build():
            (folder / "in").mkdir(parents=True)
            (folder / "in" / "file").write_text("text")

        self.assertTrue(roots.unless_same("f", ["1"], [folder], build, keep=True))
        (folder / "in" / "file").unlink()
        (folder / "other").touch()
        (paths.BUILD / "keys" / "f").unlink()
        self.assertFalse(roots.unless_same("f", ["1"], [folder], build, keep=True))
        self.assertEqual([path.name for path in folder.rglob("*")], ["in", "file"])

    def test_what_nobody_asks_for_is_dropped_in_the_end(self):
        self.ask("old", keep=True)
        old, = (paths.CACHE / "made").iterdir()
        long_ago = time.time() - (roots.KEPT_DAYS + 1) * 24 * 3600
        os.utime(old, (long_ago, long_ago))
        self.ask("new", keep=True)
        self.assertFalse(old.exists())
        self.assertEqual(len(list((paths.CACHE / "made").iterdir())), 1)


class Devices(unittest.TestCase):

    def mounts(self, folder):
        root = roots.Root.__new__(roots.Root)
        root.folder = folder
        return " ".join(root.command(["true"]))

    def test_a_root_without_devices_sees_this_machines(self):
        folder = setting.folder()
        (folder / "dev").mkdir()
        (folder / "dev" / "null").touch()
        self.assertIn("mount --rbind /dev ", self.mounts(folder))

    def test_a_root_with_devices_keeps_them(self):
        self.assertNotIn("mount --rbind /dev ", self.mounts(pathlib.Path("/")))


def of_build(name, *args, **kwargs):
    """What the function NAME of root/build.sh prints."""
    script = (paths.VM / "root" / "build.sh").read_text()
    function, = re.findall(rf"^{name}\(\) \{{.*?^\}}$", script, re.M | re.S)
    return subprocess.run(["bash", "-c", f'{function}\n{name} "$@"', "sh", *args], text=True,
                          stdout=subprocess.PIPE, check=False, **kwargs).stdout


class Tools(unittest.TestCase):

    def of(self, *lines):
        tree = setting.folder()
        (tree / "include/config").mkdir(parents=True)
        (tree / "include/config/auto.conf").write_text("\n".join(lines) + "\n")
        here = setting.folder()
        for cc in self.HERE:
            (here / cc).touch(mode=0o755)
        with mock.patch.dict(os.environ, ROOT="/root", PATH=f"{here}:{os.environ['PATH']}"):
            os.environ.pop("LLVM", None)
            return of_build("tools_of", str(tree)).split("\n")[:-1]

    # The lines are those that Linux 7.2 and 6.1 write; with quotes, those of 5.14.
    HERE = ("gcc", "gcc-12", "x86_64-linux-gnu-gcc-14", "aarch64-linux-gnu-gcc")

    def test_gcc_is_the_one_that_built_the_tree(self):
        for cc, prefix in (("gcc", ""), ("gcc-12", ""),
                           ("x86_64-linux-gnu-gcc-14", "x86_64-linux-gnu-")):
            self.assertEqual(self.of("CONFIG_CC_IS_GCC=y",
                                     f"CONFIG_CC_VERSION_TEXT={cc} (Debian 12.2.0-14) 12.2.0"),
                             [f"CC={cc}", f"CROSS_COMPILE={prefix}"])
        self.assertEqual(self.of('CONFIG_CC_VERSION_TEXT="gcc-12 (GCC) 11.3.1"'),
                         ["CC=gcc-12", "CROSS_COMPILE="])

    def test_a_gcc_that_is_not_here_is_left_to_the_kernels_build(self):
        self.assertEqual(self.of("CONFIG_CC_VERSION_TEXT=gcc-99 (Debian 99.2.0-1) 99.2.0"), [])

    def test_a_cross_compiler_has_its_architecture(self):
        self.assertEqual(self.of("CONFIG_ARM64=y", "CONFIG_CC_VERSION_TEXT="
                                 "aarch64-linux-gnu-gcc (Debian 12.2.0-14) 12.2.0"),
                         ["CC=aarch64-linux-gnu-gcc", "CROSS_COMPILE=aarch64-linux-gnu-",
                          "ARCH=arm64"])

    def test_clang_is_llvm(self):
        self.assertEqual(self.of("CONFIG_CC_IS_CLANG=y", "CONFIG_CC_VERSION_TEXT="
                                 "Debian clang version 19.1.7 (3+b1)"), ["LLVM=1"])


class Warnings(unittest.TestCase):

    def counted(self, log):
        return of_build("warnings", input=log)

    def test_those_of_the_kernels_own_tools_are_not_about_our_code(self):
        self.assertEqual(self.counted("""\
warning: the compiler differs from the one used to build the kernel
  The kernel was built by: gcc (Debian 14.2.0-19) 14.2.0
warning: pahole version differs from the one used to build the kernel
WARNING: Symbol version dump "Module.symvers" is missing.
make[2]: warning: Clock skew detected. Your build may be incomplete.
  CC [M]  pattern_cow.o
Skipping BTF generation for pattern_cow.ko due to unavailability of vmlinux
"""), "")

    def test_those_that_name_a_file_are(self):
        for line in ("/work/x/cow/cow.c:12:5: warning: unused variable 'x' [-Wunused-variable]",
                     "uapi/pfnmap_test.h:3: warning: missing something",
                     "WARNING: modpost: missing MODULE_DESCRIPTION() in cow/pattern_cow.o",
                     'WARNING: modpost: "f" [/work/x/cow/pattern_cow.ko] undefined!',
                     "cow/cow.o: warning: objtool: f() falls through to next function g()"):
            with self.subTest(line):
                self.assertEqual(self.counted(f"  CC [M]  cow.o\n{line}\n"), f"{line}\n")


if __name__ == "__main__":
    unittest.main()
