# SPDX-License-Identifier: GPL-2.0-only
"""make check-on HOST=root@box: the tests on a machine reached by ssh. The machine needs nothing
of ours, and the runner leaves it as it was. The goal tests the module that is installed there; with
KDIR, a module that the runner builds here, in the tree of that machine's kernel."""

import os
import pathlib

import paths
import plan
import target
from goals import check
from target import Failed


def there(host, command):
    done = target.ssh(host, command, text=True)
    if done.returncode == 255:
        raise Failed(f"{host}: not to be reached by ssh: {done.stderr.strip()}: "
                     f"'ssh {host} true' has to work without a question")
    return done.returncode, done.stdout.strip()


def run():
    host, kdir = paths.asked("HOST"), paths.asked("KDIR")
    if not host:
        raise Failed("no machine is named: make check-on HOST=root@box")
    if there(host, "id -u")[1] != "0":
        raise Failed(f"{host}: the tests load a module, which needs root: name root@ that machine")
    machine = there(host, "uname -m")[1]
    if machine != "x86_64":
        raise Failed(f"{host}: its processor is {machine}; the programs are for x86_64: "
                     "name another machine")
    row = plan.Row(host, "ssh", release=there(host, "uname -r")[1],
                   files=plan.all_files(), tests=paths.asked("TESTS"))
    if kdir:
        row.kdir = str(pathlib.Path(kdir).resolve())
        row.builds = ("module", "patterns", "grown")
    elif there(host, "modinfo pfnmap_test")[0]:
        raise Failed(f"{host}: no module pfnmap_test is installed there: install it, or "
                     "name the tree of its kernel by KDIR, to build the module here")
    os.environ["JOBS"] = "1"
    return check.run_rows([row])
