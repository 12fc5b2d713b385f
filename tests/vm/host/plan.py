# SPDX-License-Identifier: GPL-2.0-only
"""The plan of a run: one row for each machine, made before the runner builds anything. The code
that builds, boots, runs and reports reads the rows; `make plan` prints them."""

import dataclasses
import os
import pathlib
import re

import machines
import paths
from target import Failed

# Series of stock Debian kernels: the newest image of each is taken.
SERIES = ("6.1", "6.12", "7.2", "7.3")
NEWEST_STABLE, OLDEST = "7.2", "6.1"
# KERNELS may name other kernels of Debian's: a series, with or without a flavour, or a release.
STOCK = re.compile(r"\d+\.\d+(-rt|-cloud|[.-]\S+-amd64)?")
# `make check-all` takes these, too.
FLAVOURS = ("6.1-rt", "6.1-cloud", "6.12-rt", "6.12-cloud", "7.2-rt", "7.2-cloud", "7.3-rt",
            "7.3-cloud")

# Kernels of our own (root/own-kernel.sh). `make check` runs KUnit on these.
KUNIT = ("debug", "um")
# `make check` only builds the modules for these.
BUILT = ("no-thp", "no-zone-device", "no-pat")
# `make check` runs bats on these, too. The debug kernel is too slow for bats.
OWN_CHECKED = ("um",)
# `make check-all` runs KUnit and bats on these.
ALL_OWN = ("um", "persistent", "no-thp", "no-zone-device", "no-pat", "clang", "debug")
# A kernel that lacks most features runs only the tests of these names.
TESTS_OF = {"um": "^(cow|fork|C[0-9]+)"}

# Debian's kernels for other architectures than x86-64, and the series of each.
FOREIGN = {"arm64": "7.2"}

# The option that tells for which machine a user's tree is: UML's has none of these.
ARCHITECTURES = {"ARM64": "arm64", "X86": "x86_64"}

# The series whose guest runs some tests by programs built with ASan and UBSan, and has
# the module whose ioctls' structs have grown, for old programs.
SANITISED = "7.2"
GROWN = "7.2"

# Builds that only one test file needs.
BUILT_FOR = {"patterns": "patterns.bats", "dkms": "dkms.bats", "grown": "uapi-compat.bats"}

# More guests, for the tests in tests/boots/NAME.bats, by the fields of their rows. On the kernel's
# command line `append` follows APPEND.
BOOTS_SERIES = "7.2"
BOOTS = {
    # Machines that lack something.
    "pat": {"append": "nopat"},
    "lockdown": {"append": "lockdown=confidentiality"},
    "signature": {"append": "module.sig_enforce=1"},
    "thp": {"append": "transparent_hugepage=never debugfs=off"},
    "memory": {"memory": 600},
    # Machines whose topmost memory is in another node or zone, or not there at boot.
    "nodes": {"second_node": 1664, "append": "default_hugepagesz=1G hugepages=1"},
    "added": {"dimm": 1024, "virtio_mem": 1024,
              "append": "memhp_default_state=online_movable"},
    "movable": {"append": "movablecore=2G memhp_default_state=online_kernel"},
    # A machine with memory that is for CMA, in the topmost leaf that is all RAM.
    "cma": {"append": "cma=64M@0x230000000"},
}
# Guests of BOOTS whose kernel does not load the module.
WITHOUT_MODULE = ("lockdown", "signature")

# The seconds that a machine may take to boot, and the seconds that its agent may be silent.
BOOT_S, HANG_S = 300, 120
SLOW_BOOT_S, SLOW_HANG_S = 1200, 600
SLOW = ("debug", "coverage", "arm64")


@dataclasses.dataclass
class Row:
    """A machine, the builds for it, and the tests to run on it."""

    kernel: str  # as in KERNELS, or HOST
    machine: str = "x86_64"  # or arm64, um, ssh, here
    boot: str = ""  # of BOOTS
    builds: tuple = ()  # words of builder.py
    programs: str = ""  # a second set of programs: sanitised
    files: tuple = ()  # test files, below tests/
    tests: str = ""  # filter on the names of tests
    kunit: bool = False
    append: str = ""
    memory: int = 0
    second_node: int = 0  # so many MiB, the last ones, are a NUMA node of their own
    dimm: int = 0  # MiB of a further DIMM, which ACPI adds and may eject
    virtio_mem: int = 0  # MiB that the driver virtio_mem adds
    cpus: int = 1
    boot_s: int = BOOT_S
    hang_s: int = HANG_S
    # The build fills these in.
    release: str = ""
    suite: str = ""
    lost: dict = dataclasses.field(default_factory=dict)  # words of builds: why they failed
    kdir: str = ""
    image: str = ""
    source: str = ""
    modules: str = ""  # a folder of the kernel's own
    accel: str = "tcg"
    counts_instructions: bool = False
    plugin: str = ""
    extra: tuple = ()  # (folder here, its place in the guest)
    packages: bool = False  # the files of Debian packages, in place of our builds

    @property
    def name(self):
        """The name of the row's results, with which the row's lines of output begin."""
        return self.release + (f".{self.boot}" if self.boot else "")

    @property
    def is_guest(self):
        return self.machine not in ("ssh", "here")

    @property
    def is_stock(self):
        return bool(STOCK.fullmatch(self.kernel))

    @property
    def is_own(self):
        return self.kernel in ALL_OWN + ("coverage",)


def all_files():
    """The test files for any machine, by name: so zz-* is last."""
    return tuple(sorted(path.name for path in paths.TESTS.glob("*.bats")))


def row_of(kernel, **fields):
    """A row for that kernel, without tests yet."""
    machine = kernel if kernel in FOREIGN or kernel == "um" else "x86_64"
    fields.setdefault("memory", machines.MEMORY[machine])
    row = Row(kernel, machine, append=paths.asked("APPEND"), builds=("module",),
              **time_of(kernel), **fields)
    if not (row.is_stock or row.is_own or kernel in FOREIGN):
        known = ", ".join(ALL_OWN + ("coverage",) + tuple(FOREIGN))
        raise Failed(f"KERNELS: no kernel '{kernel}': {known}, or of Debian's a series (6.12), "
                     "with a flavour (6.12-rt, 6.12-cloud), or a release (6.1.0-56-amd64)")
    return row


def own_tree():
    """The user's kernel: KDIR and KERNEL."""
    kdir, image = paths.asked("KDIR"), paths.asked("KERNEL")
    if not (kdir and image):
        raise Failed("KDIR and KERNEL go together: KDIR=tree KERNEL=tree/arch/x86/boot/bzImage")
    kdir = pathlib.Path(kdir).resolve()
    try:
        release = (kdir / "include/config/kernel.release").read_text().strip()
        options = (kdir / "include/config/auto.conf").read_text().splitlines()
    except OSError:
        raise Failed(f"{kdir} is no built kernel tree: run make there, or name the output "
                     "folder if you built with O=") from None
    if not os.path.exists(image):
        raise Failed(f"KERNEL: no kernel image {image}: make writes arch/x86/boot/bzImage, or "
                     "arch/arm64/boot/Image")
    machine = next((machine for option, machine in ARCHITECTURES.items()
                    if f"CONFIG_{option}=y" in options), None)
    if not machine:
        raise Failed(f"{kdir} is configured for an architecture that no guest has here: a tree "
                     "for x86-64 or arm64 can be tested")
    # The KUnit suites map memory by kunit_attach_mm(), which 6.17 exports and 6.14 does not.
    exports = kdir / "Module.symvers"
    has_kunit = exports.exists() and "\tkunit_attach_mm\t" in exports.read_text()
    return Row("yours", machine, append=paths.asked("APPEND"), builds=("module",),
               release=release, kdir=str(kdir), image=str(pathlib.Path(image).resolve()),
               memory=machines.MEMORY[machine], kunit=has_kunit, **time_of(machine))


def time_of(kernel):
    """The time limits of a slow kernel, as fields of a row."""
    return {"boot_s": SLOW_BOOT_S, "hang_s": SLOW_HANG_S} if kernel in SLOW else {}


def kernels(default):
    """The kernels that KERNELS names, or else the default."""
    return tuple(dict.fromkeys(paths.asked("KERNELS").split())) or tuple(default)


def rows_of(default, **fields):
    """A row for each kernel that was asked for."""
    if paths.asked("KDIR") or paths.asked("KERNEL"):
        row = own_tree()
        return [dataclasses.replace(row, **fields)]
    return [row_of(kernel, **fields) for kernel in kernels(default)]


def with_tests(row):
    """The row with all bats tests, and with the builds that the tests need."""
    builds = row.builds
    if row.machine == "x86_64":
        builds += ("patterns",)
    if row.kernel in SERIES and row.kernel != OLDEST:
        # packaging/dkms.bats has not been tried with dkms of bookworm.
        builds += ("dkms",)
    if row.kernel == GROWN:
        builds += ("grown",)
    return dataclasses.replace(
        row, builds=builds, files=all_files(),
        tests=paths.asked("TESTS") or TESTS_OF.get(row.kernel, ""),
        programs="sanitised" if row.kernel == SANITISED else "")


def narrow(row, files):
    """Leaves the row only these files, and the builds that the files need."""
    row.files = tuple(files)
    row.builds = tuple(what for what in row.builds
                       if BUILT_FOR.get(what) is None or BUILT_FOR[what] in files)


def with_kunit(row):
    return dataclasses.replace(row, kunit=True, builds=row.builds + ("kunit",))


def booted(row, boot):
    """The row as that guest of BOOTS."""
    if boot not in BOOTS:
        raise Failed(f"BOOTS: no guest '{boot}': {', '.join(BOOTS)}, or all")
    fields = BOOTS[boot]
    append = f"{row.append} {fields.get('append', '')}".strip()
    return dataclasses.replace(row, boot=boot, **(fields | {"append": append}))


def boots_of(row):
    """The guests of BOOTS that the setting of this name asks for, otherwise as ROW; or all that
    load the module; without the setting, ROW itself."""
    names = paths.asked("BOOTS").split()
    if names == ["all"]:
        names = [name for name in BOOTS if name not in WITHOUT_MODULE]
    return [booted(row, name) for name in names] or [row]


def boots(row):
    """Rows for the tests of all guests of BOOTS, otherwise as ROW."""
    for boot in BOOTS:
        yield dataclasses.replace(
            booted(row, boot), files=(f"boots/{boot}.bats",), programs="", kunit=False,
            tests=paths.asked("TESTS"), builds=("module",))


def check(everything=False):
    """`make check`, or check-all."""
    given = paths.asked("KERNELS") or paths.asked("KDIR")
    whole = not (given or paths.asked("TESTS"))
    rows = []
    others = FLAVOURS + ALL_OWN + tuple(FOREIGN) if everything else OWN_CHECKED
    for row in rows_of(SERIES + others):
        if paths.asked("TESTS"):
            row.kunit = False
        elif row.is_own and (given or everything or row.kernel in KUNIT):
            row = with_kunit(row)
        elif row.kunit:
            row = with_kunit(row)
        row = with_tests(row)
        rows.append(row)
        if row.kernel == BOOTS_SERIES:
            rows.extend(boots(row))
    if whole and not everything:
        rows += [with_kunit(row_of(kernel)) for kernel in KUNIT if kernel not in OWN_CHECKED]
        rows += [dataclasses.replace(with_kunit(row_of(kernel)), kunit=False, image="-")
                 for kernel in BUILT]
    return rows


def command(row):
    """The command that runs all of a row again."""
    if row.machine == "here":
        return "make check-here"
    tree = f" KDIR={paths.asked('KDIR')}" if paths.asked("KDIR") else ""
    if row.machine == "ssh":
        return f"make check-on HOST={row.kernel}{tree}"
    if tree:
        return f"make check{tree} KERNEL={paths.asked('KERNEL')}"
    return f"make check KERNELS={row.kernel}"


def table(rows):
    """For `make plan`: lists of words. The first list is the heading."""
    yield ["kernel", "machine", "boot", "builds", "programs", "tests", "filter", "kunit",
           "MiB", "append"]
    for row in rows:
        tests = f"{len(row.files)} files" if len(row.files) > 1 else "".join(row.files)
        yield [row.kernel, row.machine if row.image != "-" else "(none)", row.boot or "-",
               ",".join(row.builds), row.programs or "-", tests or "-", row.tests or "-",
               "yes" if row.kunit else "-", str(row.memory), row.append or "-"]


if __name__ == "__main__":
    # For scripts that go through all series.
    print(*SERIES)
