#!/bin/bash
# extract.sh FOLDER [RELEASE]: makes a driver of each file of module/patterns/ in FOLDER/NAME/,
# as one would submit it: one source file and a Kbuild, written for the newest kernel, that need
# nothing of this project. FOLDER/Kbuild makes all at once. With RELEASE it makes only the drivers
# that this kernel can have, by Since: in the patterns. For one before the newest they have the names
# of module/compat.h, which is then in FOLDER/older/, and the Kbuild includes it before each driver.
# It wants the module's probes/answers.h.
set -euo pipefail
exec python3 -B "$(dirname "$0")/extract.py" "$@"
