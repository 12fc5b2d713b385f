# SPDX-License-Identifier: GPL-2.0-only
"""What a fault by vmf_insert_pfn() costs as the resources of /proc/iomem grow in number.

At each look-up of a page's mode the kernel walks the resources, in the order of their addresses, up
to the page's. User space can't add resources: so a guest of its own has holes reserved in its RAM
(memmap=), each a resource, and the RAM behind each hole another one. Between the holes are ranges
for mmio=. The goal maps range after range, in the same boot: the ranges differ in how many
resources lie before them.
"""

import re

import rig

# The guest's RAM from 4 GiB on, below what machines.RESERVED takes, in MiB.
BEGIN = 4096
RANGE = 64  # MiB, of 32 leaves by PMD
# Resources that the holes before a range add.
ADDED = (0, 16, 32, 64, 256)
SECTION = "Faults behind resources"  # of the document
METHODS = (("vmf_insert_pfn", "pte"), ("vmf_insert_pfn_pmd", "pmd"))


def layout():
    """The holes and the ranges, as MiB from address 0."""
    holes, ranges, at = [], [], BEGIN
    for added in ADDED:
        while 2 * len(holes) < added:
            holes.append(at + 1)
            at += 2
        # A range is as aligned as it is large. No range touches a hole: memmap= merges these.
        at = -(-(at + 1) // RANGE) * RANGE
        ranges.append(at)
        at += RANGE
    return holes, ranges


def append():
    """The words for the guest's command line."""
    holes, ranges = layout()
    return "memmap=" + ",".join([f"4K${at}M" for at in holes] +
                                [f"{RANGE}M${at}M" for at in ranges])


def before(iomem, address):
    """How many resources of the first level, and how many in all, begin before the address, by the
    text of /proc/iomem."""
    found = [match for match in re.finditer(r"^( *)([0-9a-f]+)-", iomem, flags=re.M)
             if int(match[2], 16) < address]
    return sum(not match[1] for match in found), len(found)


def measure(bench):
    """The rows: one for each range and method, beside the range with the fewest resources."""
    rows, first = [], {}
    for at in layout()[1]:
        bench.guest.run("insmod", rig.module_path(bench.row), f"mmio={RANGE}M@{at}M", "dax=off")
        top, lines = before(bench.guest.run("cat", "/proc/iomem").stdout, at << 20)
        for method, level in METHODS:
            for row in bench.measure("map", "--method", method, "--level", level):
                if row["name"] != f"fault, {method} {level}":
                    continue
                row["name"] = f"fault behind {top} resources, {method} {level}"
                row["note"] = f"{lines} with those inside of others"
                least = first.setdefault(method, row)
                if row is not least:
                    row |= {"peer": "the fewest", "peer_value": least["ours"],
                            "peer_spread": least["spread"],
                            "ratio": float(f"{row['ours'] / least['ours']:.4g}")}
                rows.append(row)
        bench.guest.run("rmmod", "pfnmap_test")
    return rows
