#!/bin/bash
# needs.sh GOAL: makes sure that this machine has what the tests need of it: as root
# installs the missing packages, otherwise prints the one command to run.
# shellcheck source=tests/vm/root/lib.sh
. "$(dirname "$0")/../root/lib.sh"

# What there has to be, as "program package".
NEEDS=(
	"python3 python3"
	"qemu-system-x86_64 qemu-system-x86"
	"mmdebstrap mmdebstrap"
	"flock util-linux"
	"/usr/share/keyrings/debian-archive-keyring.gpg debian-archive-keyring"
)
[[ " ${KERNELS:-} $1 " != *" arm64 "* && $1 != check-all ]] ||
	NEEDS+=("qemu-system-aarch64 qemu-system-arm")

# Where a machine runs its own bats, nothing is built or booted.
if [ "$1" = check-here ] && python3 -B -c 'import sys
sys.path.insert(0, sys.argv[1])
import suite
sys.exit(not suite.bats_here())' "$VM_DIR/host" 2>/dev/null; then
	NEEDS=("column bsdextrautils")
fi

if [ "$(id -u)" -ne 0 ]; then
	die "the tests build and enter a root file system, which needs root; run: sudo make $1"
fi

missing=()
for need in "${NEEDS[@]}"; do
	read -r what package <<<"$need"
	case $what in
	/*) [ -e "$what" ] || missing+=("$package") ;;
	*) command -v "$what" >/dev/null || missing+=("$package") ;;
	esac
done
[ ${#missing[@]} -gt 0 ] || exit 0

command -v apt-get >/dev/null || die "please install: ${missing[*]}"
install() {
	apt-get install -y --no-install-recommends "${missing[@]}"
}
export DEBIAN_FRONTEND=noninteractive
step "apt-get update" apt-get update ||
	say "warning: going by the package lists that there are"
step "installing ${missing[*]} on this machine" install
