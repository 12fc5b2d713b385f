# SPDX-License-Identifier: GPL-2.0-only
"""docs/atlas.html: the atlas as one page that needs no other file. Without its script the page
is the whole table. With the script you choose kernels, filter rows and see differences."""

import functools
import html
import re
import string

import paths

DOCUMENT = paths.TOP / "docs" / "atlas.html"
TEMPLATE = paths.VM / "goals" / "atlas.html"
GUIDE = paths.TOP / "docs" / "patterns.md"
# The sections of docs/patterns.md that name the methods. The first that has a method is linked.
SECTIONS = ("What do you get?", "What do you have?")

SHORT = {"write-back": "WB", "write-combining": "WC", "write-through": "WT",
         "write-protected": "WP", "uncached": "UC", "uncached-minus": "UC-"}
MODES = list(SHORT.values())
FLAGS = ("special", "tracked", "refcounted")
PINS = ("gup_slow", "gup_fast", "gup_longterm")
ABSENT = "not on this kernel"


def key_of(row):
    return (row["method"], row["region"],
            row["sharing"] + ("+held" if row["reserved"] else ""))


def outcome(row):
    """One kernel's result for one row, as it is printed: a tuple of short texts."""
    text = [row["result"]]
    if row["level"]:
        asked = row["effective"] == row["requested"]
        text += [row["level"], "as asked" if asked else SHORT.get(row["effective"], "-")]
        text.append(" ".join(flag for flag in FLAGS if row[flag]) or "no flag")
        pins = [row[pin] or "-" for pin in PINS]
        text.append("pin " + (pins[0] if len(set(pins)) == 1 else "/".join(pins)))
    text += [f"{name} {row[name]}" for name in ("follow", "futex") if row.get(name)]
    if row["cow"]:
        text.append("write " + row["cow"])
    return tuple(text)


def folded(rows):
    """(kernels, [(key, modes, {kernel: outcome})]): modes with the same outcome on all
    kernels share one row."""
    kernels = list(dict.fromkeys(row["kernel"] for row in rows))
    table = {}
    for row in rows:
        # pfnmapctl tried nothing: the row has no more than a name.
        if row["result"] == ABSENT:
            continue
        modes = table.setdefault(key_of(row), {})
        modes.setdefault(SHORT[row["requested"]], {})[row["kernel"]] = outcome(row)
    lines = []
    for key, modes in table.items():
        alike = {}
        for mode in sorted(modes, key=MODES.index):
            was = tuple(modes[mode].get(kernel, ("absent",)) for kernel in kernels)
            alike.setdefault(was, []).append(mode)
        lines += [(key, "any" if len(same) == len(modes) else " ".join(same),
                   dict(zip(kernels, was)))
                  for was, same in alike.items()]
    return kernels, lines


def pattern_of(method):
    """The method's file, below module/."""
    sign = re.compile(rf"\bpfnmap_{method} = {{")
    return next(str(path.relative_to(paths.TOP / "module"))
                for folder in ("patterns", "kernel-only")
                for path in sorted((paths.TOP / "module" / folder).glob("*.c"))
                if sign.search(path.read_text()))


def tests_of(method):
    """Files of tests that name the method."""
    sign = re.compile(rf"(?<![\w]){method}(?![\w])")
    return [path.name for path in sorted(paths.TESTS.glob("*.bats"))
            if sign.search(path.read_text())]


@functools.cache
def section_of(method):
    """The anchor of the section of docs/patterns.md that names the method, or its file."""
    file = pattern_of(method)
    text = dict(re.findall(r"^## (.+)\n((?:(?!## ).*\n?)*)", GUIDE.read_text(), re.M))
    name = next(name for name in SECTIONS if f"`{method}`" in text[name] or file in text[name])
    return "#" + re.sub(r"[^\w -]", "", name.lower()).replace(" ", "-")


def links(method):
    file = pattern_of(method)
    yield f'<a href="../module/{file}">{file.rpartition("/")[2]}</a>'
    yield f'<a href="{GUIDE.name}{section_of(method)}">{GUIDE.name}</a>'
    for test in tests_of(method):
        yield f'<a href="../tests/{test}">{test}</a>'


def cell(texts, before):
    """A cell with one kernel's outcome, marked if the cell to its left differs."""
    what = html.escape(" · ".join(texts))
    return f'<td class="differs">{what}</td>' if before not in (None, texts) else f"<td>{what}</td>"


def body(kernels, lines):
    for method in dict.fromkeys(key[0] for key, _, _ in lines):
        see = (f'<td><a href="../module/{pattern_of(method)}">pattern</a> '
               f'<a href="{GUIDE.name}{section_of(method)}">guide</a></td>')
        yield f'<tbody data-method="{method}" id="{method}">'
        yield (f'<tr class="method"><th colspan="{len(kernels) + 4}"><a href="#{method}">{method}'
               f'</a><small>{", ".join(links(method))}</small></th></tr>')
        for (name, region, sharing), modes, was in lines:
            if name != method:
                continue
            ident = "-".join((method, region, sharing, modes)).replace(" ", "-")
            yield (f'<tr id="{ident}" data-region="{region}" data-modes="{modes}">'
                   f'<td><a href="#{ident}">{region}</a></td><td>{sharing}</td><td>{modes}</td>'
                   + see)
            before = None
            for kernel in kernels:
                yield cell(was[kernel], before)
                before = was[kernel]
            yield "</tr>"
        yield "</tbody>"


def options(values):
    return "".join(f"<option>{html.escape(value)}</option>" for value in values)


def page(rows):
    """The page's text, from the rows of `pfnmapctl atlas -j` of all kernels."""
    kernels, lines = folded(rows)
    results = sorted({texts[0] for _, _, was in lines for texts in was.values()} - {"absent"})
    return string.Template(TEMPLATE.read_text()).substitute(
        heads="".join(f"<th>{html.escape(kernel)}</th>" for kernel in kernels),
        boxes="".join(f'<label><input type="checkbox" checked value="{at}"> {html.escape(kernel)}'
                      "</label>" for at, kernel in enumerate(kernels)),
        methods=options(dict.fromkeys(key[0] for key, _, _ in lines)),
        regions=options(dict.fromkeys(key[1] for key, _, _ in lines)),
        modes=options(MODES), results=options(results),
        body="\n".join(body(kernels, lines)))
