"""For extract.sh: makes a driver of a pattern and a device around it, in the newest kernel's
names, or for an older kernel in those of module/compat.h."""
import pathlib
import re
import sys

import device

HERE = pathlib.Path(__file__).resolve().parent
MODULE = HERE.parent.parent / "module"
TAB = 8

# Names that the module has, and what a driver calls them. The order counts.
NAMES = (
    (r"PFNMAP_(?:PFN_)?HUGE_FAULT\((\w+)\)", r"\1"),
    (r"\bCOMPAT_(P[MU]D_ORDER)\b", r"\1"),
    (r"\bpfnmap_power_of\(vmf->vma\)", "&device_power"),
    (r"\bpfnmap_(region|power_set|power)\b", r"\1"),
)

# A driver for an older kernel includes compat.h. So no macro has a name of the kernel's.
NEWEST = (r"\bcompat_", "")

# The kernel's options, by a word of the condition in list.h.
OPTIONS = {
    "PFNMAP_HAVE_PMD": ("TRANSPARENT_HUGEPAGE",),
    "PFNMAP_HAVE_PUD": ("TRANSPARENT_HUGEPAGE", "HAVE_ARCH_TRANSPARENT_HUGEPAGE_PUD"),
    "PFNMAP_HAVE_FOLIO": ("ZONE_DEVICE", "FS_DAX"),
    "PFNMAP_HAVE_PFN_ADDRESS_SPACE": ("MEMORY_FAILURE",),
}


class Wrong(Exception):
    """A pattern has something that a driver can't have."""


def width(text):
    return len(text.expandtabs(TAB))


def brackets(line, stack):
    """The columns after the parentheses that are open at the end of the line."""
    stack = list(stack)
    for at, char in enumerate(line):
        if char == "(":
            stack.append(width(line[:at + 1]))
        elif char == ")" and stack:
            stack.pop()
    return stack


def renamed(text, older):
    """The text in a driver's names. Lines that were aligned with a parenthesis still are."""
    was, now, lines = [], [], []
    for line in text.splitlines():
        new = line
        for old, name in NAMES if older else (*NAMES, NEWEST):
            new = re.sub(old, name, new)
        body = new.lstrip("\t ")
        if was and width(line) - width(line.lstrip("\t ")) == was[-1]:
            new = "\t" * (now[-1] // TAB) + " " * (now[-1] % TAB) + body
        was, now = brackets(line, was), brackets(new, now)
        lines.append(new)
    return "\n".join(lines) + "\n"


def without_conditions(text):
    """The text without the module's conditions, all of which the newest kernel meets. Conditions
    by the kernel's own options stay."""
    lines, ours = [], []
    for line in text.splitlines():
        if re.match(r"#\s*if", line):
            ours.append("PFNMAP_" in line)
            if ours[-1]:
                continue
        elif re.match(r"#\s*endif", line) and ours.pop():
            continue
        lines.append(line)
    return "\n".join(lines) + "\n"


def headers_in(text):
    """The kernel's headers that the text includes, and the text without any #include."""
    found = re.findall(r"^#include (<[^>]+>)$", text, re.M)
    return found, re.sub(r"^#include .*\n", "", text, flags=re.M)


def source(path):
    """A file's comment, the kernel's headers that it needs, and its code."""
    text = path.read_text()
    comment = ""
    if path.suffix == ".c":
        comment, text = text.split(" */\n", 1)
        comment += " */\n"
    ours = re.findall(r'^#include "(\w+\.h)"$', text, re.M)
    text = re.sub(r"^#(ifndef|define) PFNMAP_\w+_H\n|^#endif /\* PFNMAP_\w+_H \*/\n", "", text,
                  flags=re.M)
    text = re.sub(r"^PFNMAP_DEFINE_\w+\(\w+\)\n\n?", "", text, flags=re.M)
    headers, text = headers_in(without_conditions(text))
    for name in ours:
        if name not in ("compat.h", "method.h"):
            _, more, code = source(path.parent / name)
            headers += more
            text = code.split("*/\n", 1)[1] + "\n" + text
    return comment, headers, text


def pieces(text):
    """Functions and objects, each with the comment above it."""
    return [piece for piece in re.split(r"\n\n+(?=[^\s}])", text.strip("\n")) if piece.strip()]


def name_of(piece):
    code = re.sub(r"/\*.*?\*/", "", piece, flags=re.S).strip()
    found = (re.match(r"#define (\w+)", code) or re.match(r"struct (\w+) \{", code) or
             re.match(r"[^=({]*?\b(\w+)(?:\[\])?\s*(?:=|\(|;)", code))
    return found[1] if found else ""


def used(parts, roots):
    """The pieces that the roots need, in the same order."""
    names = {name_of(part): part for part in parts}
    wanted, todo = set(), [roots]
    while todo:
        text = todo.pop()
        for name, part in names.items():
            if name and name not in wanted and re.search(rf"\b{name}\b", text):
                wanted.add(name)
                todo.append(part)
    return [part for part in parts if name_of(part) in wanted]


def as_driver(code, io):
    """The code without what the module decides at run time, and a driver knows."""
    code = re.sub(r"\tif \(region->io\)\n\t(\t.*\n)", r"\1" if io else "", code)
    code = re.sub(r"\(void \*state,(\s+)([^{]*?\)\n\{\n)\tstruct (\w+) \*(\w+) = state;\n\n?",
                  r"(struct \3 *\4,\1\2", code)
    code = code.replace("(void *state, ", "(")
    for mapping in re.finditer(r",\s+struct address_space \*mapping(?=\)\n\{\n(.*?)\n\})", code,
                               re.S):
        if not re.search(r"\bmapping\b", mapping[1]):
            code = code.replace(mapping[0], "", 1)
    return re.sub(r"^void power_set", "static void power_set", code, flags=re.M)


def methods(code):
    """The fields of each method's object in a file, by name; and the code without the objects."""
    found = {}
    objects = r"^const struct pfnmap_method pfnmap_(\w+) = \{\n(.*?)^\};\n"
    for name, body in re.findall(objects, code, re.M | re.S):
        fields = dict(re.findall(r"\.(\w+) = (.*?),\n(?=\t\.|\Z)", body, re.S))
        found[name] = fields
    return found, re.sub(r"^const struct pfnmap_method .*?^\};\n", "", code, flags=re.M | re.S)


def driver(path, name, fields, comment, headers, code, older):
    """The text of a driver."""
    region = re.search(r"PFNMAP_TEST_REGION_(\w+)", fields["regions"])[1].lower()
    if region == "mmio" and "_FAULT" in fields.get("flags", "") and \
            "pgprot_decrypted(" not in path.read_text():
        raise Wrong(f"{path} maps I/O memory by fault, and says nothing of pgprot_decrypted()")
    code = as_driver(renamed(code, older), region == "mmio")
    made = device.Device(name, region, fields, code)
    parts = used(pieces(code), made.text)
    text = comment + "\n".join(
        f"#include {header}" for header in sorted({*headers, *made.headers})) + "\n\n"
    text += re.sub(r"\n\n+", "\n\n", "\n\n".join([*made.before, *parts, made.text]))
    ours = re.search(r".*\b(?:pfnmap_|PFNMAP_|COMPAT_%s).*" % ("" if older else "|compat_"),
                     text.split(" */\n", 1)[1])
    if ours:
        raise Wrong(f"{path}: a driver would not have this: {ours[0].strip()}")
    return text


def since(comment):
    """The first kernel that has the method, as two numbers."""
    found = re.search(r"^ \* Since:\s+(?:ever|(\d+)\.(\d+))", comment, re.M)
    if not found:
        raise Wrong("no kernel behind Since:")
    return tuple(int(part or 0) for part in found.groups())


def condition(name):
    line = re.search(rf"^METHOD\(\w+, {name}, \w+, (.*)\)$",
                     (MODULE / "patterns/list.h").read_text(), re.M)
    if not line:
        raise Wrong(f"patterns/list.h has no {name}")
    options = dict.fromkeys(option for word, options in OPTIONS.items() if word in line[1]
                            for option in options)
    return "$(and %sm)" % "".join(f"$(CONFIG_{option})," for option in options) if options else "m"


def newest():
    """The kernel whose names the drivers have, as two numbers: the newest that a probe names."""
    return max(tuple(map(int, re.match(r".*\n/\* (\d+)\.(\d+): ", path.read_text()).groups()))
               for path in (MODULE / "probes").glob("*.c"))


def headers_of_older(folder):
    """Copies compat.h and what it includes, but not probes/answers.h, which the probes write."""
    for place in ("compat.h", "uapi/pfnmap_test.h"):
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_text((MODULE / place).read_text())
    (folder / "probes").mkdir(exist_ok=True)


def main(folder, release=None):
    folder = pathlib.Path(folder)
    numbers = re.match(r"(\d+)\.(\d+)", release or "999.0")
    if not numbers:
        raise Wrong(f"{release} is no kernel's release")
    kernel = tuple(int(part) for part in numbers.groups())
    older = kernel < newest()
    folder.mkdir(parents=True, exist_ok=True)
    kbuild = ["# SPDX-License-Identifier: GPL-2.0-only"]
    if older:
        headers_of_older(folder / "older")
    for path in sorted((MODULE / "patterns").glob("*.c")):
        comment, headers, code = source(path)
        found, code = methods(code)
        if not found:
            raise Wrong(f"{path} has no method")
        if since(comment) > kernel:
            continue
        for name, fields in found.items():
            (folder / name).mkdir(exist_ok=True)
            text = driver(path, name, fields, comment, headers, code, older)
            (folder / name / f"{name}.c").write_text(text)
            (folder / name / "Kbuild").write_text(
                "# SPDX-License-Identifier: GPL-2.0-only\n"
                f"obj-m := pattern_{name}.o\npattern_{name}-y := {name}.o\n"
                + ("ccflags-y := -I$(src)/../older -include $(src)/../older/compat.h\n"
                   if older else ""))
            kbuild.append(f"obj-{condition(name)} += {name}/")
    (folder / "Kbuild").write_text("\n".join(kbuild) + "\n")


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 3 or sys.argv[1].startswith("-"):
        sys.exit("usage: extract.sh FOLDER [RELEASE]")
    try:
        main(*sys.argv[1:])
    except Wrong as wrong:
        sys.exit(f"error: {wrong}")
