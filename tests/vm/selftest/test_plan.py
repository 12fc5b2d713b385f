# SPDX-License-Identifier: GPL-2.0-only
"""plan.py: the rows that `make plan` prints, by its settings."""

import os
import re
import unittest
from unittest import mock

import setting  # first: it adds the runner's folders to sys.path
import machines
import paths
import plan
from target import Failed


class Case(unittest.TestCase):

    def ask(self, **settings):
        """The rows that `make plan NAME=VALUE...` prints, as dicts."""
        with mock.patch.dict(os.environ, settings):
            heading, *rows = plan.table(plan.check())
        self.assertEqual({len(row) for row in rows}, {len(heading)})
        return [dict(zip(heading, row)) for row in rows]


class Kernels(Case):

    def test_all_stock_kernels_and_uml_run_all_tests(self):
        rows = self.ask()
        full = [row["kernel"] for row in rows
                if row["tests"] == f"{len(plan.all_files())} files"]
        self.assertEqual(full, ["6.1", "6.12", "7.2", "7.3", "um"])

    def test_kunit_runs_on_kernels_of_our_own(self):
        self.assertEqual([row["kernel"] for row in self.ask() if row["kunit"] == "yes"],
                         ["um", "debug"])

    def test_what_is_only_built_is_not_booted(self):
        rows = [row for row in self.ask() if row["machine"] == "(none)"]
        self.assertEqual([row["kernel"] for row in rows], list(plan.BUILT))
        for row in rows:
            self.assertEqual((row["tests"], row["kunit"]), ("-", "-"))
            self.assertIn("kunit", row["builds"].split(","))

    def test_one_series_is_its_guest_and_those_with_a_command_line_of_their_own(self):
        rows = self.ask(KERNELS="7.2")
        self.assertEqual([row["boot"] for row in rows], ["-", *plan.BOOTS])
        self.assertEqual({row["kernel"] for row in rows}, {"7.2"})
        self.assertEqual(rows[0]["builds"], "module,patterns,dkms,grown")
        self.assertEqual(rows[0]["programs"], "sanitised")
        for row in rows[1:]:
            self.assertEqual(row["tests"], f"boots/{row['boot']}.bats")
            self.assertEqual((row["builds"], row["programs"]), ("module", "-"))
            self.assertIn(plan.BOOTS[row["boot"]].get("append", ""), row["append"])
            if "memory" in plan.BOOTS[row["boot"]]:
                self.assertEqual(row["MiB"], str(plan.BOOTS[row["boot"]]["memory"]))

    def test_a_goal_has_the_guests_that_boots_names_or_its_own(self):
        plain = plan.row_of("7.2")
        self.assertEqual(plan.boots_of(plain), [plain])
        with mock.patch.dict(os.environ, BOOTS="added memory"):
            added, memory = plan.boots_of(plain)
        self.assertEqual((added.boot, added.virtio_mem, memory.memory), ("added", 1024, 600))
        with mock.patch.dict(os.environ, BOOTS="all"):
            loaded = {row.boot for row in plan.boots_of(plain)}
        self.assertEqual(set(plan.BOOTS) - loaded, {"lockdown", "signature"})
        with mock.patch.dict(os.environ, BOOTS="added many"), \
                self.assertRaisesRegex(Failed, "no guest 'many'"):
            plan.boots_of(plain)

    def test_a_series_without_boots_is_one_guest(self):
        row, = self.ask(KERNELS="6.1")
        self.assertEqual((row["builds"], row["kunit"]), ("module,patterns", "-"))

    def test_debug_is_one_guest_for_bats_and_kunit(self):
        row, = self.ask(KERNELS="debug")
        self.assertEqual((row["kunit"], row["tests"]), ("yes", f"{len(plan.all_files())} files"))

    def test_several_are_several(self):
        self.assertEqual([row["kernel"] for row in self.ask(KERNELS="6.1 um")], ["6.1", "um"])

    def test_a_kernel_that_nobody_knows_is_an_error(self):
        for name in ("nonsense", "6", "6.12-fast", "6.12-", "6.12.107+deb13"):
            with self.assertRaisesRegex(Failed, f"no kernel '{re.escape(name)}': um, "):
                self.ask(KERNELS=f"6.1 {name}")

    def test_the_error_names_every_kernel_of_our_own(self):
        with self.assertRaises(Failed) as caught:
            self.ask(KERNELS="nonsense")
        configs = paths.TOP / "kunit" / "configs"
        for name in {file.name.split(".")[0] for file in configs.glob("*.config")} & {
                "um", "coverage", *plan.ALL_OWN}:
            self.assertIn(f" {name},", str(caught.exception))

    def test_flavours_and_releases_are_stock_kernels(self):
        names = ["6.12-rt", "7.2-cloud", "6.18", "6.1.0-47-amd64", "6.12.107+deb13-rt-amd64"]
        for name, row in zip(names, self.ask(KERNELS=" ".join(names)), strict=True):
            self.assertEqual((row["kernel"], row["machine"]), (name, "x86_64"))
            self.assertEqual((row["builds"], row["tests"]),
                             ("module,patterns", f"{len(plan.all_files())} files"))
            self.assertTrue(plan.row_of(name).is_stock)

    def test_everything_is_flavours_too(self):
        kernels = [row.kernel for row in plan.check(everything=True) if not row.boot]
        self.assertEqual(kernels, [*plan.SERIES, *plan.FLAVOURS, *plan.ALL_OWN, *plan.FOREIGN])

    def test_a_kernel_that_is_named_twice_is_one(self):
        self.assertEqual(len(self.ask(KERNELS="6.1 6.1")), 1)

    def test_slow_kernels_have_time(self):
        with mock.patch.dict(os.environ, KERNELS="debug 6.1"):
            slow, quick = plan.check()
        self.assertEqual((slow.boot_s, slow.hang_s), (plan.SLOW_BOOT_S, plan.SLOW_HANG_S))
        self.assertEqual((quick.boot_s, quick.hang_s), (plan.BOOT_S, plan.HANG_S))

    def test_append_is_everybodys(self):
        rows = self.ask(APPEND="quiet", KERNELS="7.2 um")
        self.assertEqual({row["append"].split()[0] for row in rows}, {"quiet"})


class Tests(Case):

    def test_a_filter_is_everybodys_and_leaves_kunit_out(self):
        rows = self.ask(TESTS="^T4")
        self.assertEqual({row["filter"] for row in rows}, {"^T4"})
        self.assertEqual({row["kunit"] for row in rows}, {"-"})
        self.assertEqual({row["kernel"] for row in rows}, {"6.1", "6.12", "7.2", "7.3", "um"})

    def test_uml_has_a_filter_of_its_own(self):
        row, = self.ask(KERNELS="um")
        self.assertEqual(row["filter"], plan.TESTS_OF["um"])

    def test_what_files_do_not_need_is_not_built(self):
        with mock.patch.dict(os.environ, KERNELS="7.2"):
            row = plan.check()[0]
        plan.narrow(row, ["map.bats", "uapi-compat.bats"])
        self.assertEqual(row.builds, ("module", "grown"))
        self.assertEqual(row.files, ("map.bats", "uapi-compat.bats"))

    def test_what_is_built_for_one_file_is_for_a_file_that_there_is(self):
        self.assertLessEqual(set(plan.BUILT_FOR.values()), set(plan.all_files()))
        for boot in plan.BOOTS:
            self.assertTrue((paths.TESTS / "boots" / f"{boot}.bats").exists(), boot)


class Yours(Case):

    def setUp(self):
        self.tree = setting.folder()
        (self.tree / "include/config").mkdir(parents=True)
        (self.tree / "include/config/kernel.release").write_text("7.4.0-rc1+\n")
        (self.tree / "include/config/auto.conf").write_text("CONFIG_X86=y\n")
        self.image = self.tree / "bzImage"
        self.image.touch()

    def ask_yours(self, **settings):
        return self.ask(KDIR=str(self.tree), KERNEL=str(self.image), **settings)

    def test_it_is_the_only_one(self):
        row, = self.ask_yours()
        self.assertEqual((row["kernel"], row["machine"], row["builds"], row["kunit"]),
                         ("yours", "x86_64", "module,patterns", "-"))

    def test_its_name_is_its_release(self):
        with mock.patch.dict(os.environ, KDIR=str(self.tree), KERNEL=str(self.image)):
            row, = plan.check()
        self.assertEqual((row.name, row.kdir, row.image),
                         ("7.4.0-rc1+", str(self.tree), str(self.image)))

    def test_kunit_runs_where_it_has_that(self):
        exports = self.tree / "Module.symvers"
        for name, kunit in (("kunit_attach_mm", "yes"), ("kunit_kmalloc_array", "-")):
            exports.write_text(f"0x1\ta\tvmlinux\tEXPORT_SYMBOL\t\n"
                               f"0x2\t{name}\tlib/kunit/kunit\tEXPORT_SYMBOL_GPL\t\n")
            row, = self.ask_yours()
            self.assertEqual((row["kunit"], "kunit" in row["builds"].split(",")),
                             (kunit, kunit == "yes"))
        exports.write_text("0x2\tkunit_attach_mm\tvmlinux\tEXPORT_SYMBOL_GPL\t\n")
        self.assertEqual(self.ask_yours(TESTS="^T4")[0]["kunit"], "-")

    def test_another_architectures_tree_is_for_its_machine(self):
        (self.tree / "include/config/auto.conf").write_text("CONFIG_64BIT=y\nCONFIG_ARM64=y\n")
        row, = self.ask_yours()
        self.assertEqual((row["machine"], row["builds"], row["MiB"]),
                         ("arm64", "module", str(machines.MEMORY["arm64"])))

    def test_a_tree_that_no_guest_can_boot_is_an_error(self):
        for option in ("CONFIG_RISCV=y", "CONFIG_UML=y\nCONFIG_UML_X86=y\nCONFIG_X86_64=y"):
            (self.tree / "include/config/auto.conf").write_text(f"CONFIG_64BIT=y\n{option}\n")
            with self.assertRaisesRegex(Failed, "an architecture that no guest has here"):
                self.ask_yours()

    def test_one_without_the_other_is_an_error(self):
        for settings in ({"KDIR": str(self.tree)}, {"KERNEL": str(self.image)}):
            with self.assertRaisesRegex(Failed, "KDIR and KERNEL go together"):
                self.ask(**settings)

    def test_what_is_not_there_is_an_error(self):
        with self.assertRaisesRegex(Failed, "no built kernel tree"):
            self.ask(KDIR=str(setting.folder()), KERNEL=str(self.image))
        with self.assertRaisesRegex(Failed, "no kernel image"):
            self.ask(KDIR=str(self.tree), KERNEL="/nonexistent/bzImage")


if __name__ == "__main__":
    unittest.main()
