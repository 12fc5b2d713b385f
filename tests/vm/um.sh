#!/bin/bash
# um.sh MODE RELEASE IMAGE INITRD DIR PREFIX: what qemu.sh does, for User Mode Linux,
# whose kernel IMAGE is a program like others: the guest's second serial line is its
# standard output, the console its standard error.
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

mode=$1 release=$2 image=$3 initrd=$4 dir=$5 prefix=$6
[ "$mode" != shell ] || die "no shell in $release"
rm -rf "$dir"
mkdir -p "$dir"

status=0
# shellcheck disable=SC2086 # words
timeout --foreground --kill-after=10 "$TIMEOUT" \
	"$image" mem=1G initrd="$initrd" rdinit=/init ssl0=null ssl1=null,fd:1 con=null \
	loglevel=7 panic=-1 ${APPEND:-} </dev/null 2>"$dir/console.log" |
	"$VM_DIR/receive.sh" "$dir" "$prefix" "kernel $release" ||
	status=${PIPESTATUS[0]}
printf '%s\n' "$status" >"$dir/status"
