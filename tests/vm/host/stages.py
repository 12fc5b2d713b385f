# SPDX-License-Identifier: GPL-2.0-only
"""How long each stage took: the table that ends a run, and build/results/stages.json."""

import contextlib
import json
import threading
import time

import paths

_lock = threading.Lock()
_seconds = {}  # by stage, in the order in which they began
_began = time.monotonic()


def add(stage, seconds):
    with _lock:
        _seconds[stage] = _seconds.get(stage, 0.0) + seconds


@contextlib.contextmanager
def stage(name):
    """Adds the time inside to this stage. Several threads may be in a stage at once."""
    add(name, 0.0)
    began = time.monotonic()
    try:
        yield
    finally:
        add(name, time.monotonic() - began)


def write(file):
    """Writes stages.json and the table. Only the JSON has stages of less than half a second."""
    with _lock:
        rows = {name: round(seconds, 1) for name, seconds in _seconds.items()}
    rows["all"] = round(time.monotonic() - _began, 1)
    paths.RESULTS.mkdir(parents=True, exist_ok=True)
    (paths.RESULTS / "stages.json").write_text(json.dumps(rows, indent=2) + "\n")
    print("\nseconds of each stage; some go on side by side", file=file)
    for name, seconds in rows.items():
        if seconds >= 0.5:
            print(f"{seconds:8.1f}  {name}", file=file)
