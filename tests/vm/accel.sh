#!/bin/bash
# accel.sh RELEASE VMLINUZ: prints kvm where this machine boots a stock kernel
# with it, else tcg. /dev/kvm can be there, open, and still fail, so only a boot
# tells; the answer is kept until the machine is booted again.
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

release=$1 vmlinuz=$2
answer=$CACHE/accel-$(cat /proc/sys/kernel/random/boot_id)

probe() {
	local dir
	if ! grep -qwE 'vmx|svm' /proc/cpuinfo || ! [ -w /dev/kvm ]; then
		echo tcg >"$answer"
		return
	fi
	dir=$(mktemp -d)
	if ACCEL=kvm TIMEOUT=60 TESTS='' step "trying KVM" \
		"$VM_DIR/guest.sh" probe "$release" "$vmlinuz" "$dir/probe" ''; then
		echo kvm >"$answer"
	else
		say "KVM does not boot a stock kernel here: emulating"
		echo tcg >"$answer"
	fi
	rm -rf "$dir"
}

[ -e "$answer" ] || with_lock accel probe
cat "$answer"
