#!/bin/bash
# foreign.sh NAME: Debian's kernel for another machine, one of config.sh's
# FOREIGN_KERNELS, and what is to run on it: the module and the programs, built here by a
# root of its own. Prints "RELEASE IMAGE".
export ROOT_FOR=${1:?usage: foreign.sh NAME} PROGRAMS=$1
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

"$VM_DIR/host.sh" check
"$VM_DIR/sysroot.sh"
found=$("$VM_DIR/kernel.sh" "${FOREIGN_KERNELS[$1]}")
read -r release suite <<<"$found"
"$VM_DIR/build.sh" userspace
"$VM_DIR/build.sh" module "$release" "$suite"
printf '%s %s\n' "$release" "$ROOT/kernels/$release/vmlinuz"
