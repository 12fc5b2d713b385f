# SPDX-License-Identifier: GPL-2.0-only
"""make target: a guest to work with, until you interrupt it. From another shell, run commands
on the guest by build/target."""

import shutil
import signal

import paths
import plan
import rig


def run():
    for row, guest in rig.guests(plan.rows_of((plan.NEWEST_STABLE,))[-1:]):
        shutil.copy2(paths.CLIENT, paths.BUILD / "target")
        print(f"{row.name} is up, till you press ^C; in another shell:\n"
              f"    build/target {guest.address} exec uname -a\n"
              f"    build/target {guest.address} exec insmod {rig.module_path(row)}\n"
              f"    build/target --help", flush=True)
        signal.pause()
