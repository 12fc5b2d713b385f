#!/bin/bash
# extract.sh FOLDER [RELEASE]: makes a driver of each file of module/patterns/ in FOLDER/NAME/,
# as one would submit it: one source file and a Kbuild, written for the newest kernel, that need
# nothing of this project. FOLDER/Kbuild makes all at once. With RELEASE it makes only the drivers
# that this kernel can have, by Since: in the patterns. If the kernel is not the newest, the drivers
# have the names of module/compat.h. FOLDER/older/ then has this header, each Kbuild includes it
# before its driver, and it wants the module's probes/answers.h.
set -euo pipefail
exec python3 -B "$(dirname "$0")/extract.py" "$@"
