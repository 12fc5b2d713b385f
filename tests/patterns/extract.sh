#!/bin/bash
# extract.sh FOLDER [RELEASE]: each file of module/patterns/ as a driver of its own in
# FOLDER/NAME/, as one would submit it: one source file and a Kbuild, written for the newest
# kernel, that need nothing of this project. FOLDER/Kbuild makes all at once. With RELEASE
# those that such a kernel has, as the headers date them; FOLDER/older/ has what it calls
# otherwise, which the Kbuild includes before each, and wants the module's probes/answers.h.
set -euo pipefail
exec python3 -B "$(dirname "$0")/extract.py" "$@"
