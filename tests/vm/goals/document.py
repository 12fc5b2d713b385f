# SPDX-License-Identifier: GPL-2.0-only
"""The documents that goals write, of which a run of some kernels replaces its own sections and
keeps the others: a section has the name of a kernel, or names two, as its heading."""

import re

RELEASE = re.compile(r"(\d+)\.(\d+)[^-\s]*(?:-\d+)*(-\S+)?")


def kernel(release):
    """What a release is the newest of: 7.2.12+deb13-rt-amd64 is (7, 2, "-rt-amd64")."""
    major, minor, flavour = RELEASE.fullmatch(release).groups("")
    return int(major), int(minor), flavour


def kernels(heading):
    """Those that a heading names; none for a heading without one."""
    words = [word for word in heading.split() if word != "to"]
    if not words or not all(RELEASE.fullmatch(word) for word in words):
        return ()
    return tuple(kernel(word) for word in words)


def sections(text, mark):
    """What is above the first heading of this level, and each heading with its text."""
    head, *rest = re.split(f"^{mark} ", text, flags=re.M)
    return head, [tuple(part.partition("\n")[::2]) for part in rest]


def merged(old, new, mark="##"):
    """NEW, and the sections of OLD that NEW has not, in the order of kernels. A section that
    both have and that is about no kernel is merged in the same way, one level down."""
    head, found = sections(new, mark)
    made = dict(found)
    # Kernels by what they are the newest of; other sections by their headings.
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
    """Sections of FILE that TEXT has not stay."""
    old = file.read_text() if file.exists() else ""
    file.write_text(merged(old, text))
