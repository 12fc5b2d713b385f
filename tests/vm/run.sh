#!/bin/bash
# run.sh GOAL: does what one of goals/ says; `make help` tells of them. Makes sure that this
# machine has what is needed, and hands over to host/main.py.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
"$here/host/needs.sh" "${1:-check}"
exec python3 -B "$here/host/main.py" "$@"
