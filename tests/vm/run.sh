#!/bin/bash
# run.sh GOAL: makes sure that this machine has what the goal needs. Then host/main.py runs
# goals/GOAL.py. `make help` lists the goals.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
"$here/host/needs.sh" "${1:-check}"
exec python3 -B "$here/host/main.py" "$@"
