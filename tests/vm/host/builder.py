# SPDX-License-Identifier: GPL-2.0-only
"""Makes what a row of the plan needs: its kernel, the builds for the kernel, and its image."""

import pathlib
import shutil

import paths
import plan
import roots
from target import Failed

ROOT = paths.VM / "root"
SOURCES = {
    "module": paths.TOP / "module",
    "kunit": paths.TOP / "kunit",
    "patterns": paths.TESTS / "patterns",
    "userspace": paths.TOP / "userspace",
    "agent": paths.VM / "agent",
    "findings": paths.TESTS / "findings",
    "dkms.conf": paths.TOP / "dkms.conf",
    "dkms.bats": paths.TESTS / "packaging/dkms.bats",
    "packaging.sh": ROOT / "packaging.sh",
}


def basics():
    """Makes the build root, and builds the programs."""
    roots.script("root", stage="build root")
    roots.script("source", stage="linux-source's checkpatch and selftest")
    programs()


def programs_folder(kind=""):
    return paths.BUILD / f"programs{'-' + kind if kind else ''}"


def programs(kind=""):
    """Builds the programs. KIND is PROGRAMS of build.sh."""
    env = {"PROGRAMS": kind, "ROOT_FOR": "arm64" if kind == "arm64" else ""}
    made = programs_folder(kind) / "bin"
    inputs = [SOURCES["userspace"], SOURCES["agent"], ROOT / "build.sh", ROOT / "config.sh",
              paths.TOP / "module/uapi", paths.TOP / "module/patterns",
              str(roots.Root(env["ROOT_FOR"]).folder)]
    roots.unless_same(f"programs-{kind}", inputs, [made], keep=True, build=lambda: roots.script(
        "build", "userspace", env=env, stage=f"build: programs {kind}".rstrip()))


def _root_of(row):
    """The scripts' environment, which chooses the build root for the row's machine."""
    return {"ROOT_FOR": "arm64" if row.machine == "arm64" else ""}


def find_kernel(row):
    """Gets a row's kernel, and fills in the fields that depend on it. False if there is no such
    kernel."""
    if not row.is_guest or row.kdir and not row.is_own:
        row.suite = row.suite or "trixie"
    elif row.is_stock or row.machine == "arm64":
        series = plan.FOREIGN.get(row.kernel, row.kernel)
        env = _root_of(row)
        found = roots.script("kernel", series, env=env, stage=f"kernel {row.kernel}")
        if not found:
            return False
        row.release, row.suite, row.image, row.modules = found.split()
    elif row.is_own:
        config = row.kernel + (":build" if row.image == "-" else "")
        found = roots.script("own-kernel", config, stage=f"kernel {row.kernel}")
        row.release, row.kdir, row.image, _, row.source = found.split()
    return True


def _inputs(row, *names):
    kdir = pathlib.Path(row.kdir) if row.kdir else None
    tree = [kdir / "Module.symvers", kdir / "include/config/auto.conf"] if kdir else []
    return [*(SOURCES[name] for name in names), ROOT / "build.sh", row.release, row.kdir,
            row.suite, *tree]


def _script(row, what, *args):
    roots.script("build", what, *args, env=_root_of(row), stage=f"build: {what} {row.release}")


def _ways(row):
    """Yields each word of row.builds with its inputs, its outputs and the function that builds it:
    the arguments for roots.unless_same."""
    out = paths.BUILD / row.release
    of = (row.release, row.suite, *([row.kdir] if row.kdir else []))

    def kunit():
        # The suites find the module's headers and symbols where the module was built.
        _script(row, "module", *of)
        _script(row, "kunit", *of)

    def finding(name):
        return ("findings",), [out / "findings" / name], lambda: _script(
            row, "finding", row.release, row.suite, name, *of[2:])

    ways = {
        "module": (("module",), [out / "pfnmap_test.ko"], lambda: _script(row, "module", *of)),
        "kunit": (("module", "kunit"), [out / "pfnmap_test_kunit.ko"], kunit),
        "patterns": (("module", "patterns"), [out / "patterns"],
                     lambda: _script(row, "patterns", *of)),
        "grown": (("module",), [out / "pfnmap_test_grown.ko"],
                  lambda: _script(row, "grown", row.release, row.suite)),
        "dkms": (("module", "dkms.conf", "dkms.bats", "packaging.sh"), [out / "dkms"],
                 lambda: roots.script("packaging", "dkms", row.release,
                                      stage=f"dkms {row.release}")),
    }
    for what in row.builds:
        kind, _, name = what.partition(":")
        yield what, *(finding(name) if kind == "finding" else ways[what])


def build(row):
    """Builds everything that row.builds names. On a user's own kernel any build but the module's
    may fail: row.lost then says which and why, and the tests run without its outputs."""
    if row.machine == "here":
        return  # the Makefile has built all
    if row.is_own:
        out = paths.BUILD / row.release
        arch = "um" if row.machine == "um" else "x86_64"
        roots.unless_same(f"own-{row.release}", _inputs(row, "module", "kunit"),
                          [out / "pfnmap_test.ko", out / "pfnmap_test_kunit.ko"],
                          lambda: _script(row, "own", row.release, row.kdir, arch), keep=True)
        return
    row.lost = {}
    for what, names, made, way in _ways(row):
        try:
            # The inputs name a user's tree only by its path: so other checkouts can't share this.
            roots.unless_same(f"{what}-{row.release}", _inputs(row, *names), made, way,
                              keep=not row.kdir)
        except Failed as error:
            if not row.kdir or what == "module":
                raise
            row.lost[what] = str(error)


def bring(row):
    """Makes the folder that goes to a machine that runs already."""
    folder = paths.BUILD / "bring"
    roots.unless_same("bring", [ROOT / "image.sh", ROOT / "image-tree.sh", ROOT / "config.sh",
                                programs_folder()],
                      [folder / "bin" / "busybox"],
                      lambda: roots.script("image", "bring", str(folder), stage="image"))
    for old in (*folder.glob("*.ko"), *folder.glob("patterns/*.ko")):
        old.unlink()
    if "module" in row.builds:
        built = paths.BUILD / row.release
        (folder / "patterns").mkdir(exist_ok=True)
        for path in (*built.glob("*.ko"), *built.glob("patterns/*.ko")):
            shutil.copy(path, folder / path.relative_to(built))
    return folder


def image(row):
    """Makes what a row's machine needs to start: a guest's initramfs, or bring()'s folder."""
    if row.machine == "here":
        return None
    if row.machine == "ssh":
        return bring(row)
    env = _root_of(row)
    kind = "coverage" if row.kernel == "coverage" else env["ROOT_FOR"]
    programs(kind)
    if row.programs == "sanitised":
        programs("sanitised")
    layers = [pathlib.Path(roots.script("image", "base", env=env, stage="image"))]
    out, own = paths.BUILD / "image", paths.BUILD / row.release

    def layer(name, made, inputs, *args):
        roots.unless_same(f"image-{name}",
                          [ROOT / "image.sh", ROOT / "config.sh", *inputs], [made],
                          lambda: roots.script("image", *args, stage="image",
                                               env={**env, "PROGRAMS": kind}))
        layers.append(made)

    layer(f"programs-{kind}", out / f"programs{'-' + kind if kind else ''}.cpio",
          [programs_folder(kind), paths.VM / "agent/init"], "programs")
    if row.programs == "sanitised":
        layer("sanitised", out / "sanitised.cpio", [programs_folder("sanitised")],
              "sanitised")
    built = [path for path in sorted(own.glob("**/*.ko"))]
    user = [path for path in sorted(own.glob("findings/*/user"))]
    tree = pathlib.Path(row.kdir) if row.kdir and row.image != "-" else None
    layer(f"kernel-{row.release}", own / "image.cpio",
          [*built, *user, row.modules,
           *([tree / "modules.builtin", tree / "Module.symvers"] if tree else [])],
          "kernel", row.release, row.modules, str(tree or ""))
    for folder, there in row.extra:
        name = there.strip("/").replace("/", "-")
        layer(f"extra-{name}", out / f"{name}.cpio", [folder], "folder", folder, there,
              str(out / f"{name}.cpio"))
    if row.packages:
        layer(f"packages-{row.release}", own / "packages.cpio", [own / "packages.tar"],
              "packages", row.release)
    initrd = own / f"initrd{'.' + row.programs if row.programs else ''}"
    with open(initrd, "wb") as to:
        for path in layers:
            with open(path, "rb") as part:
                shutil.copyfileobj(part, to, 1 << 20)
    return initrd


def ready(row):
    """Builds all that a row needs. False if there is no such kernel."""
    if not find_kernel(row):
        return False
    build(row)
    return True
