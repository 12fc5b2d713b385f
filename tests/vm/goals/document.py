# SPDX-License-Identifier: GPL-2.0-only
"""The documents that goals write. A run on some kernels replaces the sections of these kernels,
and keeps the others. The heading of a section is the name of a kernel, or names two."""

import re

RELEASE = re.compile(r"(\d+)\.(\d+)[^-\s]*(?:-\d+)*(-\S+)?")


def kernel(release):
    """The series and flavour of a release: 7.2.12+deb13-rt-amd64 is (7, 2, "-rt-amd64")."""
    major, minor, flavour = RELEASE.fullmatch(release).groups("")
    return int(major), int(minor), flavour


def kernels(heading):
    """The kernels that a heading names, if it names only kernels."""
    words = [word for word in heading.split() if word != "to"]
    if not words or not all(RELEASE.fullmatch(word) for word in words):
        return ()
    return tuple(kernel(word) for word in words)


def sections(text, mark):
    """The text above the first heading of this level, and each heading with its text."""
    head, *rest = re.split(f"^{mark} ", text, flags=re.M)
    return head, [tuple(part.partition("\n")[::2]) for part in rest]


def merged(old, new, mark="##"):
    """NEW, and the sections of OLD that NEW lacks, in the order of kernels. If both have a
    section that is about no kernel, merges the two sections in the same way, one level down."""
    head, found = sections(new, mark)
    made = dict(found)
    # Sections of kernels by series and flavour; other sections by their headings.
    keys = {kernels(heading) or heading for heading in made}
    for heading, text in sections(old, mark)[1]:
        if heading in made and not kernels(heading):
            made[heading] = merged(text, made[heading], mark + "#")
        elif (kernels(heading) or heading) not in keys:
            made[heading] = text
    # Each section ends with one empty line, but for the last.
    parts = [f"{mark} {heading}\n{made[heading].rstrip()}\n" for heading in
             sorted(made, key=lambda heading: (not kernels(heading), kernels(heading)))]
    head = head.rstrip("\n")
    return "\n".join([head + "\n" if head else "", *parts])


def write(file, text):
    """Writes TEXT to FILE. Sections of FILE that TEXT lacks stay."""
    old = file.read_text() if file.exists() else ""
    file.write_text(merged(old, text))
