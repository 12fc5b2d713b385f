# SPDX-License-Identifier: GPL-2.0-only
"""make demo: the module at work on the newest stable kernel and on the oldest."""

import os

import plan
import rig
from goals import atlas
from target import Failed

HELD = ["pfnmapctl", "memtype", "reserve", "--region", "mmio"]


def held(offset, length, mode):
    return [*HELD, "--offset", offset, "--length", length, "--mode", mode, "--"]


def show(guest, title, *args):
    print(f"\n== {title}", flush=True)
    guest.run(*args, output=lambda text: print(text, end="", flush=True), check=False)


def one(guest, row):
    ctl = "pfnmapctl"
    print(f"\n== {row.release}: insmod pfnmap_test.ko")
    guest.run("insmod", rig.module_path(row))
    for line in guest.run("dmesg").stdout.splitlines():
        if "pfnmap_test: " in line and ": [mem " in line:
            print(line[line.index("pfnmap_test: "):])
    guest.run(ctl, "info", output=lambda text: print(text, end="", flush=True))
    for method in ("remap_pfn_range", "vmf_insert_pfn"):
        for mode in ("write-combining", "uncached"):
            show(guest, f"{method}, {mode} asked for", ctl, "map", "--region", "mmio",
                 "--method", method, "--mode", mode, "--length", "16K")
    show(guest, "vmf_insert_pfn, write-combining asked for and reserved first",
         *held("0", "16K", "write-combining"), ctl, "map", "--region", "mmio", "--method",
         "vmf_insert_pfn", "--mode", "write-combining", "--length", "16K")
    show(guest, "the PAT memtype tree, with two modes of ours held in it",
         *held("0", "16K", "write-combining"), *held("16K", "16K", "uncached"),
         ctl, "memtype", "list")
    show(guest, "the same as a picture: the mmio region, held by three in two modes",
         *held("0", "16K", "write-combining"), *held("8K", "8K", "write-combining"),
         *held("16K", "16K", "uncached"), ctl, "memtype", "map")
    show(guest, "what is missing here", ctl, "doctor")
    show(guest, "atlas: every method, region and cache mode, shared and private", ctl, "atlas")
    return atlas.keep(row, guest.run(ctl, "atlas", "-j").stdout)


def run():
    rows = plan.rows_of((plan.OLDEST, plan.NEWEST_STABLE))
    files = []
    for row, guest in rig.guests(rows, cpus=os.cpu_count()):
        files.append(one(guest, row))
    if not files:
        raise Failed("no kernel to show it on could be had, see above; 'make plan' prints those "
                     "that can")
    if len(files) > 1:
        print("\n== atlas: ", end="", flush=True)
        print(atlas.jq("changes", [file.read_text() for file in files]), end="")
