# SPDX-License-Identifier: GPL-2.0-only
"""docs/performance.md, of the newest kernel in docs/performance-tables.md: what matters first,
the targets of all kernels, and two plots, which gnuplot draws where it is installed."""

import re
import shutil
import subprocess

from goals import bench_resources, document

LEVELS = ("pte", "pmd", "pud")

PAGE = """\
# What queries, mappings and faults cost

`make bench` writes this page and [performance-tables.md](performance-tables.md), which has all
figures of all kernels. The goal counts instructions on stock Debian kernels under QEMU: the figures
are the same on any machine, and say nothing of caches, TLBs and locks that others hold.
`pfnmapctl bench` measures in nanoseconds on a real machine.

The figures here are those of {release}.

## What matters first

- A query of one address costs {lookup:,} instructions with {most:,} reservations held, and
  {lookup_least:,} with {least:,}: the tree is searched, not walked.
- A list of all {listed:,} costs {listing:,}, {each} an entry. debugfs's `pat_memtype_list` takes
  {debugfs:,} for {debugfs_n:,}: it walks the tree anew for each line.
- A fault costs {pte:,} instructions by `vmf_insert_pfn()`, and {pmd:,} by `vmf_insert_pfn_pmd()`
  for 512 times as many bytes. The kernel executes nearly all of them: our handlers {own} of their
  own, device-dax's {own_dax}.
{look_up}{behind}
![Instructions of queries, by the number of reservations](performance-memtype.svg)

![Instructions of a fault by method and level, and those of device-dax](performance-faults.svg)
{resources}
## Targets

The ratio of our figure to the peer's, and its limit. device-dax calls the same helper from the same
page fault: so we can only keep our handler small.

{targets}

| handler | instructions of its own, a fault | at most | |
| - | - | - | - |
{handlers}
"""
# Only of a kernel that was measured after bench got the row.
LOOK_UP = """\
- A fault by `vmf_insert_pfn()`, which looks the page's mode up in the same tree, costs
  {fault:,} with {most:,} reservations held, and {fault_least:,} with {least:,}.
"""
BEHIND = """\
- A fault by `vmf_insert_pfn()` costs {each:.0f} instructions more for each resource of
  `/proc/iomem` that lies before the memory: [see below](#faults-behind-many-resources).
"""
RESOURCES = """
## Faults behind many resources

A helper that maps pfns by fault looks up the mode of the memory, each time. `lookup_memtype()`
(`arch/x86/mm/pat/memtype.c`) takes two steps:

1. Is the page RAM? `pat_pagerange_is_ram()` calls `walk_system_ram_range()`. For this function
   `find_next_iomem_res()` (`kernel/resource.c`) goes through the resources of `/proc/iomem` one by
   one, from the lowest address to the page's. Resources at higher addresses cost nothing. The
   kernel passes over what is inside of a resource before the page (6.18.35). An older kernel goes
   through these, too (6.17.0): each BAR below a bridge counts.
2. Which mode has the page? `memtype_lookup()` searches the tree of reservations: no walk. The
   table has no reservation but the module's own.

The resources of the table are all of the first level: only the first step grows. A 4 KiB and a
2 MiB leaf cost the same more, as each is one look-up.

{table}

If you write a driver: where many resources lie before your memory, as on a server whose BARs are at
high addresses, faults of 4 KiB are slow, and you can't change this. Count the lines of
`/proc/iomem` above yours. If there are many,

- map all in `mmap()`, by `io_remap_pfn_range()`: it looks once for the whole VMA; or
- map leaves of 2 MiB or 1 GiB (`vmf_insert_pfn_pmd()`, `vmf_insert_pfn_pud()`): one look-up for all
  pages of the leaf.
"""
MOST_OWN = 150


def cells(line):
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def table(text, heading):
    """The rows of the table under a heading of the third level: dicts by column head."""
    body = dict(document.sections(text, "###")[1]).get(heading, "")
    lines = [cells(line) for line in body.splitlines() if line.startswith("|")]
    return [dict(zip(lines[0], line)) for line in lines[2:]]


def number(row, key="ours"):
    return float(row[key])


def memtype(text):
    """{query: {n: row}}, from the rows "memtype QUERY, N reserved"."""
    found = {}
    for row in table(text, "Memtype queries"):
        match = re.fullmatch(r"memtype (.+), (\d+) reserved", row["what"])
        if match:
            found.setdefault(match[1], {})[int(match[2])] = row
    return found


def faults(text):
    """{method: {level: row}}, from the rows "fault, METHOD LEVEL"."""
    found = {}
    for row in table(text, "Faults"):
        match = re.fullmatch(r"fault, (\S+) (pte|pmd|pud)", row["what"])
        if match:
            found.setdefault(match[1], {})[match[2]] = row
    return found


def resources(text):
    """{"METHOD LEVEL": {resources before: instructions}}"""
    found = {}
    for row in table(text, bench_resources.SECTION):
        match = re.fullmatch(r"fault behind (\d+) resources, (.+)", row["what"])
        found.setdefault(match[2], {})[int(match[1])] = number(row)
    return found


def of_each(costs):
    """What one more resource costs."""
    least, most = min(costs), max(costs)
    return (costs[most] - costs[least]) / (most - least)


def behind(kernels, text):
    """The line and the section on faults behind resources: a table of all kernels that bench
    measured. Empty if bench did not measure the page's kernel."""
    here = resources(text)
    if not here:
        return "", ""
    counts = sorted({n for _, one in kernels for costs in resources(one).values() for n in costs})
    lines = [["kernel", "fault", *(f"{n} before" for n in counts), "for each"],
             ["-"] * (3 + len(counts))]
    lines += [[release, what, *(f"{costs[n]:,.0f}" if n in costs else "-" for n in counts),
               f"{of_each(costs):.1f}"]
              for release, one in kernels for what, costs in resources(one).items()]
    return (BEHIND.format(each=of_each(here["vmf_insert_pfn pte"])),
            RESOURCES.format(table="\n".join("| " + " | ".join(line) + " |" for line in lines)))


def targets(kernels):
    """A table with a row for each target, and a column for each kernel."""
    rows = {}
    for release, text in kernels:
        for row in table(text, "Targets"):
            rows.setdefault((row["what"], row["against"], row["at most"]), {})[release] = \
                row["ratio"] + ("" if row[""] == "met" else " **missed**")
    releases = [release for release, _ in kernels]
    lines = [["what", "against", "at most", *releases], ["-"] * (3 + len(releases))]
    lines += [[*key, *(row.get(release, "-") for release in releases)] for key, row in rows.items()]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def own(text):
    """{function: its own instructions per call}, for fault handlers."""
    return {row["function"]: float(row["instructions per call"])
            for row in table(text, "What fault handlers execute themselves")}


def judged(handlers):
    return "\n".join(
        f"| {name} | {each:g} | {MOST_OWN} | {'met' if each <= MOST_OWN else '**missed**'} |"
        for name, each in handlers.items() if "[pfnmap_test]" in name)


def span(values):
    return f"{min(values):g} to {max(values):g}"


def newest(tables):
    """The kernels of the tables, and the kernel that the page is about: the last one whose
    handlers were counted."""
    kernels = [(heading, text) for heading, text in document.sections(tables, "##")[1]
               if document.kernels(heading)]
    counted = [one for one in kernels if own(one[1])]
    return kernels, (counted or kernels)[-1]


def look_up(queries, least, most):
    """The line on what a fault's look-up of the mode costs; empty if bench did not measure it."""
    costs = queries.get("fault by vmf_insert_pfn")
    return LOOK_UP.format(least=least, most=most, fault_least=round(number(costs[least])),
                          fault=round(number(costs[most]))) if costs else ""


def page(tables):
    kernels, (release, text) = newest(tables)
    queries, handlers = memtype(text), own(text)
    least, most = min(queries["point lookup"]), max(queries["point lookup"])
    # Beyond this number debugfs's figure is extrapolated.
    seen = max(n for n, row in queries["list"].items() if "extrapolated" not in row["remarks"])
    ours = [each for name, each in handlers.items() if "[pfnmap_test]" in name]
    theirs = [each for name, each in handlers.items() if "[device_dax]" in name]
    line, section = behind(kernels, text)
    return PAGE.format(
        behind=line, resources=section,
        release=release, least=least, most=most,
        lookup=round(number(queries["point lookup"][most])),
        lookup_least=round(number(queries["point lookup"][least])),
        look_up=look_up(queries, least, most),
        listed=most, listing=round(number(queries["list"][most])),
        each=round(number(queries["list"][most]) / most),
        debugfs=round(number(queries["list"][seen], "its")), debugfs_n=seen,
        pte=round(number(faults(text)["vmf_insert_pfn"]["pte"])),
        pmd=round(number(faults(text)["vmf_insert_pfn_pmd"]["pmd"])),
        own=span(ours), own_dax=span(theirs), targets=targets(kernels),
        handlers=judged(handlers))


def gnuplot(file, script):
    subprocess.run(["gnuplot"], input=f"""
set terminal svg size 760,380 font 'sans-serif,12' background 'white'
set output '{file}'
set key outside right top
set grid ytics
{script}""", text=True, check=True)


def plots(folder, tables):
    """Draws the plots. Without gnuplot leaves the old ones, and returns False."""
    if not shutil.which("gnuplot"):
        return False
    text = newest(tables)[1][1]
    queries = memtype(text)
    lines = {"list": ("list", "ours"), "range query of 10": ("range query, 10 hits", "ours"),
             "point lookup": ("point lookup", "ours"),
             "fault": ("fault by vmf_insert_pfn", "ours"), "debugfs": ("list", "its")}
    lines = {name: (query, key) for name, (query, key) in lines.items() if query in queries}
    data = "".join(
        f"${name.split()[0]} << END\n"
        + "".join(f"{n} {row[key]}\n" for n, row in sorted(queries[query].items())) + "END\n"
        for name, (query, key) in lines.items())
    gnuplot(folder / "performance-memtype.svg", data + """
set logscale xy
set xlabel 'reservations held'
set ylabel 'instructions'
set format y '10^{%T}'
plot """ + ", ".join(f"${name.split()[0]} with linespoints title '{name}'" for name in lines))
    rows = [(method, levels[level], level)
            for level in LEVELS for method, levels in faults(text).items() if level in levels]
    bars = "".join(f'"{method} {level}" {row["ours"]} '
                   f'{"NaN" if row["its"] == "-" else row["its"]}\n' for method, row, level in rows)
    gnuplot(folder / "performance-faults.svg", f"$faults << END\n{bars}END\n" + """
set terminal svg size 760,520 font 'sans-serif,12' background 'white'
set style data histogram
set style histogram clustered gap 1
set style fill solid 0.8 noborder
set xtics rotate by 60 right noenhanced
set yrange [0:*]
set ylabel 'instructions of a fault'
plot $faults using 2:xtic(1) title 'ours', '' using 3 title 'device-dax'""")
    return True
