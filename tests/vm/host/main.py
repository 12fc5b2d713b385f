# SPDX-License-Identifier: GPL-2.0-only
"""main.py GOAL: runs goals/GOAL.py, for run.sh."""

import importlib
import os
import pathlib
import shutil
import signal
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import paths  # noqa: E402
import target  # noqa: E402


def end(*_):
    """Ends the run at once, whatever other threads do."""
    target.kill_started()
    for machine in target.Remote.used:
        machine.leave()
    shutil.rmtree(paths.run_folder(), ignore_errors=True)
    # Another thread may have started a process meanwhile.
    target.kill_started()
    os._exit(130)


def main():
    goals = sorted(path.stem for path in (HERE.parent / "goals").glob("*.py"))
    if len(sys.argv) != 2 or sys.argv[1].replace("-", "_") not in goals:
        sys.exit(f"usage: run.sh {'|'.join(goal.replace('_', '-') for goal in goals)}")
    # A signal ends this process and all processes that it has started.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
    # The make that runs this program must not pass its settings to makes that this program runs.
    for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES"):
        os.environ.pop(name, None)
    goal = importlib.import_module("goals." + sys.argv[1].replace("-", "_"))
    try:
        return 0 if goal.run() in (None, True) else 1
    except target.Failed as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    sys.exit(status)
