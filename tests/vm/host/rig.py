# SPDX-License-Identifier: GPL-2.0-only
"""Starts the target of a row, and describes the target to the tests in variables."""

import os
import pathlib

import builder
import machines
import paths
import roots
import suite
import target
from target import Failed

# Variables by which a user tells what a machine has.
OF_A_MACHINE = ("DISPOSABLE", "IVSHMEM", "PFNMAP_TEST_RESERVED", "DKMS")

# Where kernel and programs keep their counts of the lines that have run.
GCOV = "/run/gcov"


def accelerator(row):
    """kvm if this machine boots a stock kernel with KVM, else tcg. /dev/kvm can exist and open, and
    still fail: so only a boot tells. The runner keeps the answer until this machine's next boot."""
    if row.machine != "x86_64" or row.counts_instructions:
        return "tcg"
    if paths.asked("ACCEL"):
        if paths.asked("ACCEL") not in ("kvm", "tcg"):
            raise Failed(f"ACCEL is kvm or tcg, not '{paths.asked('ACCEL')}'")
        return paths.asked("ACCEL")
    boot = pathlib.Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    answer = paths.CACHE / f"accel-{boot}"
    if not answer.exists():
        answer.write_text("kvm" if machines.kvm_probable() and boots_by_kvm(row) else "tcg")
    return answer.read_text().strip()


def boots_by_kvm(row):
    row.accel = "kvm"
    guest = target.Guest(row, builder.image(row), paths.run_folder() / "kvm", {})
    guest.boot_s = 60
    try:
        guest.start()
        return True
    except Failed:
        roots.say("KVM does not boot a stock kernel here: emulating")
        return False
    finally:
        guest.stop()


def module_path(row, up=None):
    """The module's path on the target; empty if modprobe is to find the module."""
    if row.packages or row.machine in ("ssh", "here") and "module" not in row.builds:
        return ""
    if row.machine == "ssh":
        return f"{up.place}/pfnmap_test.ko"
    if row.machine == "here":
        return str(paths.TOP / "module" / "pfnmap_test.ko")
    return f"/lib/modules/{row.release}/extra/pfnmap_test.ko"


def target_of(row, image, number=0):
    """The target of a row, not yet started: the number-th. IMAGE is builder.image's."""
    if row.machine == "here":
        programs = paths.BUILD / "userspace" / "bin"
        return target.Here(row.name, paths.run_folder() / "here",
                           {"PATH": f"{programs}:{os.environ['PATH']}:/usr/sbin:/sbin"})
    if row.machine == "ssh":
        return target.Remote(row.kernel, paths.run_folder() / "machine", {}, image)
    return guest(row, image, number)


def guest(row, initrd, number=0):
    """A guest of the row, not yet started: the number-th."""
    name = f"{row.name}.{number}" if number else row.name
    variables = {}
    if row.packages:
        variables["TARGET_PATH"] = "/usr/libexec/pfnmap-test:/usr/sbin:/usr/bin"
    if row.kernel == "coverage":
        variables["GCOV_PREFIX"] = GCOV
    return target.Guest(row, initrd, paths.run_folder() / name, variables)


def test_variables(row, up):
    """The environment variables of the tests of a row, on a target that is up."""
    variables = {"PFNMAP_TEST_KO": module_path(row, up), "TARGET_TMP": "/tmp",
                 "KNOWN_METHODS": suite.known_methods()}
    if row.machine == "ssh":
        variables["TARGET_TMP"] = f"{up.place}/tmp"
    if row.machine == "here":
        variables["TARGET_TMP"] = str(up.folder)
    if row.is_guest:
        # Tests may do what only a reboot undoes.
        variables["DISPOSABLE"] = "1"
    if row.machine in ("x86_64", "arm64"):
        variables["IVSHMEM"] = machines.IVSHMEM
    if row.virtio_mem:
        variables["VIRTIO_MEM"] = str(row.virtio_mem)
    if row.machine == "arm64":
        # On arm64 no memmap= on the kernel's command line tells the tests.
        variables["PFNMAP_TEST_RESERVED"] = machines.ARM64_RESERVED
    if row.programs == "sanitised":
        variables["SANITISED_PROGRAMS"] = "/usr/local/sanitised"
        variables["SANITISER_REPORTS"] = "/run/sanitiser"
    if "dkms" in row.builds or row.packages:
        variables["DKMS"] = "yes"
    drivers = sorted((paths.BUILD / row.release / "patterns").glob("pattern_*.ko"))
    if "patterns" in row.builds:
        variables["PATTERNS"] = " ".join(path.stem.removeprefix("pattern_") for path in drivers)
    for name in ("FUZZ_SECONDS", "FUZZ_SEED", "FUZZ_GUESS", "STORM_SECONDS", "STORM_CYCLES",
                 "PFNMAP_TEST_SEED", *(OF_A_MACHINE if not row.is_guest else ())):
        if os.environ.get(name):
            variables[name] = os.environ[name]
    return variables


def load(guest_target, row):
    """Loads the module, with the two ranges of 1 GiB that are reserved at boot: they have room
    for leaves of every level."""
    _, mmio, dax = machines.reserved_ranges(row.machine)
    guest_target.run("insmod", module_path(row), f"mmio={mmio}", f"dax={dax}")


def begin(guest_target, row):
    """Prepares a target that is up for the tests of its row."""
    if row.programs == "sanitised":
        guest_target.run("mkdir", "-p", "-m", "1777", "/run/sanitiser")
    if guest_target.release != row.release:
        raise Failed(f"{row.name}: this kernel is {guest_target.release}, not {row.release}: "
                     "KERNEL has to be the image of the tree KDIR")
    if row.kernel == "coverage":
        # A program creates its files of counts when it first ends. A test may run the program later
        # as the user nobody, who could not create them.
        guest_target.run("sh", "-c", "for p in /usr/local/bin/pfnmap*; do $p --help; done "
                         f">/dev/null 2>&1; chmod -R a+rwX {GCOV}")
    if any(name.startswith("boots/") for name in row.files):
        # Tests in boots/ start without the module: some test what programs say of its absence.
        guest_target.server.set_up = True


def guests(rows, cpus=1, **fields):
    """Yields (row, guest) for each row. The guest is up until the caller asks for the next."""
    builder.basics()
    paths.snapshot()
    for row in rows:
        row.cpus = cpus
        for name, value in fields.items():
            setattr(row, name, value)
        if not builder.ready(row):
            continue
        row.accel = accelerator(row)
        up = guest(row, builder.image(row))
        try:
            up.start()
            begin(up, row)
            yield row, up
        finally:
            up.stop()


def counts(guest_target, name):
    """Fetches the counts of kernel and programs for goals/coverage.sh. A file of counts has the
    path of its object where that was built. debugfs reports no sizes, so cat copies the files."""
    guest_target.run("sh", "-euc", """cd /sys/kernel/debug/gcov
        find . -name '*.gcda' | while read -r file; do
            mkdir -p "$1/${file%/*}"
            cat "$file" >"$1/$file"
        done
        tar -C "$1" -czf /tmp/gcov.tar.gz .""", "sh", GCOV)
    (paths.RESULTS / f"gcov-{name}.tar.gz").write_bytes(guest_target.get("/tmp/gcov.tar.gz"))


def tidy(up):
    """Unloads the module on a machine that is not a guest."""
    if up.alive() and up.server.set_up:
        up.run("rmmod", "pfnmap_test", check=False)
