#!/bin/bash
# Makes sure that this machine has what the tests need of it: as root installs
# the missing packages, otherwise prints the one command to run.
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

goal=${1:-check}
if [ "$(id -u)" -ne 0 ]; then
	die "the tests build and enter a root file system, which needs root; run: sudo make $goal"
fi

missing=()
for need in "${HOST_NEEDS[@]}"; do
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
