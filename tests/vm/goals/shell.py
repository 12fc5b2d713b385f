# SPDX-License-Identifier: GPL-2.0-only
"""make shell: a guest with the module loaded, and its console as this terminal."""

import os
import subprocess

import builder
import machines
import plan
import rig
from target import Failed


def run():
    row = plan.rows_of((plan.NEWEST_STABLE,))[-1]
    if row.machine == "um":
        raise Failed("a guest of UML has no console for a shell: make shell KERNELS=7.2")
    row.cpus = os.cpu_count() or 1
    builder.basics()
    if not builder.ready(row):
        raise Failed(f"no kernel {row.kernel}, see above; 'make plan' prints those that can be had")
    row.accel = rig.accelerator(row)
    terminal = machines.TERMINALS[row.machine][0]
    print("pfnmap_test is loaded; try: pfnmapctl info\nLeave by: exit", flush=True)
    return subprocess.run(machines.qemu(
        row, builder.image(row), None,
        {"SHELL_ON": f"/dev/{terminal}", "PFNMAP_TEST_KO": rig.module_path(row)}),
        check=False).returncode == 0
