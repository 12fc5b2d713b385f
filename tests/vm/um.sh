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

# Its console and its second serial line are pipes both ways, what it can poll: of files
# and of /dev/null it would complain. Nobody ever writes to the one that it reads.
mkfifo "$dir/input"
status=0
# shellcheck disable=SC2086 # words
(
	timeout --foreground --kill-after=10 "$TIMEOUT" \
		"$image" mem=1G initrd="$initrd" rdinit=/init ssl0=null ssl1=fd:3,fd:5 \
		con=null con0=fd:4,fd:2 loglevel=7 panic=-1 ${APPEND:-} \
		</dev/null 2>&1 >/dev/null 3<>"$dir/input" 4<>"$dir/input" |
		cat >"$dir/console.log"
) 5>&1 |
	"$VM_DIR/receive.sh" "$dir" "$prefix" "kernel $release" ||
	status=${PIPESTATUS[0]}
printf '%s\n' "$status" >"$dir/status"
