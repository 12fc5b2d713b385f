#!/bin/bash
# guest.sh MODE RELEASE VMLINUZ DIR PREFIX: one guest from initramfs to verdict.
# One that dies before its first line, which happens to emulators on busy
# machines, is tried once more.
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

mode=$1 release=$2 vmlinuz=$3 dir=$4 prefix=$5
start=$SECONDS
mkdir -p "$dir"
initrd=$dir.initrd
"$VM_DIR/initramfs.sh" "$initrd" "$release" "$mode" "${vmlinuz%/*}/modules" ${TESTS:+"TESTS=$TESTS"}
boot() { "$VM_DIR/qemu.sh" "$mode" "$release" "$vmlinuz" "$initrd" "$dir" "$prefix"; }
boot
if [ "$mode" = shell ]; then
	rm -f "$initrd"
	exit
fi
if [ ! -e "$dir/begun" ] && [ "$(cat "$dir/status")" != 124 ]; then
	say "$release: the guest died before its first line; trying once more"
	boot
fi
rm -f "$initrd"
printf '%s\n' $((SECONDS - start)) >"$dir/seconds"
"$VM_DIR/judge.sh" "$mode" "$dir" >"$dir/verdict" || status=$?
sed "s/^/$prefix/" "$dir/verdict" >&2
exit "${status:-0}"
