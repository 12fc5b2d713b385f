#!/bin/bash
# guest.sh MODE RELEASE VMLINUZ DIR PREFIX: one guest from initramfs to verdict, on the
# machine MACHINE: x86_64, um, or one of FOREIGN_KERNELS, whose ROOT_FOR it has.
# In the mode findings it is of one finding, FINDING.
# Of a boot of config.sh's, BOOT, it runs the tests; else those of files with the TAG, if
# any, or those of a SHARE of the files: 1/2 is every other, from the first.
# One that dies before its first line, which happens to emulators on busy
# machines, is tried once more.
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

mode=$1 release=$2 vmlinuz=$3 dir=$4 prefix=$5
start=$SECONDS
mkdir -p "$dir"
settings=(${TESTS:+"TESTS=$TESTS"} ${TAG:+"TAG=$TAG"} ${BOOT:+"BOOT=$BOOT"}
	${SHARE:+"SHARE=$SHARE"})
if [ -n "${BOOT:-}" ]; then
	export APPEND="${APPEND:-} ${BOOTS[$BOOT]}" MEMORY=${MEMORY_OF[$BOOT]:-$MEMORY}
fi
# Much of a test's time may be that of others on a busy machine.
[ -z "${FUZZ_SECONDS:-}" ] ||
	settings+=("FUZZ_SECONDS=$FUZZ_SECONDS" "FUZZ_SEED=${FUZZ_SEED:-}"
		"BATS_TEST_TIMEOUT=$((600 + 2 * FUZZ_SECONDS))")
[ -z "${STORM_SECONDS:-}" ] ||
	settings+=("STORM_SECONDS=$STORM_SECONDS" "STORM_CYCLES=$STORM_CYCLES"
		"BATS_TEST_TIMEOUT=$((600 + 2 * STORM_SECONDS + 20 * STORM_CYCLES))")
[ "$mode" != findings ] ||
	settings+=("FINDING=$FINDING" "PARAMS=$("$VM_DIR/findings.sh" params "$FINDING")")
# As a user of the packages would.
[ -z "${PACKAGES:-}" ] ||
	settings+=("PFNMAP_TEST_KO=" "PATH=/usr/libexec/pfnmap-test:/usr/sbin:/usr/bin")
initrd=$dir.initrd
"$VM_DIR/initramfs.sh" "$initrd" "$release" "$mode" \
	"${vmlinuz%/*}/$MODULES" ${settings[@]+"${settings[@]}"}
case ${MACHINE:-x86_64} in
um) machine=um.sh ;;
*) machine=qemu.sh ;;
esac
boot() { "$VM_DIR/$machine" "$mode" "$release" "$vmlinuz" "$initrd" "$dir" "$prefix"; }
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
if [ "$mode" = findings ]; then
	"$VM_DIR/findings.sh" judge "$FINDING" "$release" "$dir" >"$dir/verdict" || status=$?
else
	"$VM_DIR/judge.sh" "$mode" "$dir" >"$dir/verdict" || status=$?
fi
sed "s/^/$prefix/" "$dir/verdict" >&2
exit "${status:-0}"
