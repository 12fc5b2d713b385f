#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""recipes.py: checks that the recipes of docs/ci and the examples of the documents run only what
exists: targets of make with the settings that `make help` names, and files of this tree. Checks
also that docs/ci.md names each recipe."""
import pathlib
import re
import shlex
import sys

import yaml

CI = pathlib.Path("docs/ci")
# Documents with many examples, and the least number of make's examples in each.
EXAMPLES = {pathlib.Path("README.md"): 9, pathlib.Path("docs/commands.md"): 15}


def commands(recipe):
    """The commands that a recipe runs, line by line: each kind of recipe has a place for them."""
    if "jobs" in recipe:  # GitHub
        for job in recipe["jobs"].values():
            yield from (step["run"] for step in job["steps"] if "run" in step)
    elif "run" in recipe:  # LAVA
        yield from recipe["run"]["steps"]
    elif "test" in recipe:  # tmt
        yield recipe["test"]
    elif "discover" in recipe:  # tmt's plan
        return
    else:  # GitLab
        for job in recipe.values():
            for part in ("before_script", "script"):
                yield from job[part]


def examples(page):
    """The lines of a page that a reader gives to a shell, with continuation lines joined."""
    text = re.sub(r"\\\n\s*", "", page.read_text())
    yield from re.findall(r"^    ((?:sudo )?(?:make |tests/).*)", text, re.M)


def wrong(command, targets, settings):
    """The words of a command that make does not know, and paths that do not exist."""
    for part in re.split(r"&&|\|\||;", command):
        words = [w for w in shlex.split(part.split(">")[0], comments=True) if w != "sudo"]
        if "-C" in words:
            continue
        if words[0] != "make" and "/" in words[0] and not pathlib.Path(words[0]).exists():
            yield f"no {words[0]}"
        if words[0] != "make":
            continue
        for word in words[1:]:
            name, is_setting, _ = word.partition("=")
            if not word.startswith("-") and name not in (settings if is_setting else targets):
                yield f"make knows no {word}"


def main():
    rules = [line for line in pathlib.Path("Makefile").read_text().splitlines()
             if re.match(r"[a-z-]+:.*## ", line)]
    lost = [rule for rule in rules if not re.search("## (use|test|look|release): ", rule)]
    for rule in lost:
        print(f"Makefile: make help has no group for {rule}")
    targets = {rule.split(":")[0] for rule in rules}
    settings = {name for rule in rules for name in re.findall(r"\b([A-Z_]+)=", rule)}
    page = pathlib.Path("docs/ci.md").read_text()
    recipes = [path for path in CI.rglob("*") if path.suffix in (".yml", ".yaml", ".fmf")]
    failed = not recipes or bool(lost)
    made = 0
    for path in recipes:
        found = [] if f"({path.relative_to('docs')})" in page else ["docs/ci.md has no link to it"]
        for command in commands(yaml.safe_load(path.read_text())):
            made += "make" in shlex.split(command)
            found += wrong(command, targets, settings)
        for text in found:
            print(f"{path}: {text}")
            failed = True
    pages = [pathlib.Path("README.md"), *pathlib.Path().glob("C*.md"), *CI.parent.glob("*.md"),
             *pathlib.Path().glob("[kt]*/README.md")]
    for path in pages:
        lines = list(examples(path))
        made_there = [line for line in lines if "make" in line]
        if len(made_there) < EXAMPLES.get(path, 0):
            print(f"{path}: {len(made_there)} examples of make")
            failed = True
        for line in lines:
            for text in wrong(line, targets, settings):
                print(f"{path}: {text}")
                failed = True
    if made < 4:
        print(f"docs/ci: {made} commands are make's, and each of four recipes has one")
        failed = True
    return failed


sys.exit(main())
