# SPDX-License-Identifier: GPL-2.0-only
"""Where things lie, as in root/lib.sh, and the settings of the run."""

import atexit
import functools
import os
import pathlib
import shutil
import tempfile

VM = pathlib.Path(__file__).resolve().parent.parent
TESTS = VM.parent
TOP = TESTS.parent
BUILD = pathlib.Path(os.environ.get("BUILD_DIR") or TOP / "build")
RESULTS = BUILD / "results"
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") \
    / "pfnmap-test"
CLIENT = BUILD / "programs" / "bin" / "target"


def asked(name, default=""):
    """A setting of `make NAME=...`."""
    return os.environ.get(name) or default


def asked_number(name, default):
    return int(asked(name, str(default)))


@functools.lru_cache(maxsize=None)
def run_folder():
    """The folder for files that only this run needs."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="pfnmap-test."))
    folder.chmod(0o755)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def snapshot(top=TOP, client=CLIENT):
    """Copies the tests as they are now, and the client, to the run's folder: you may edit the
    tests while they run."""
    tree = run_folder() / "tree"
    if not tree.exists():
        shutil.copytree(top / "tests", tree / "tests", symlinks=True,
                        ignore=shutil.ignore_patterns("vm", "findings", "__pycache__"))
        shutil.copytree(top / "module" / "uapi", tree / "module" / "uapi")
        shutil.copy2(client, run_folder() / "target")
