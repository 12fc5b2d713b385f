#!/bin/bash
# kunit-py.sh [ARGUMENT...]: builds the driver and its suites into a kernel and runs
# them there by upstream's kunit.py, which gets the ARGUMENTs.
#
# If KTREE is a kernel tree, the script does `kunit.py run` with it, as any user. Without
# KTREE it builds the newest linux-source in the build root, as `make kunit` does, and the
# ARGUMENTs are for `kunit.py exec`. ARCH is um or x86_64, APPEND the kernel's command
# line; MAKE_JOBS is for make -j. ACCEL=tcg hides /dev/kvm, which kunit.py takes
# wherever it can open it; hiding it takes root.
export ROOT_FOR=kernel
# shellcheck source=tests/vm/root/lib.sh
. "$(dirname "$0")/../tests/vm/root/lib.sh"

here=$TOP/kunit
arch=${ARCH:-um}
jobs=--jobs=${MAKE_JOBS:-$(nproc)}
# The timeout is in seconds, for a busy machine without KVM.
boot=(--timeout=4800 ${APPEND:+--kernel_args="$APPEND"} "$@")
configs=(--kunitconfig=pfnmap-test/kunit)
# kunit.py's own choice of firmware, qboot, leaves MTRRs off: without SeaBIOS nothing
# outside of RAM is ever write-back.
# shellcheck disable=SC2016 # memmap='s own $
case $arch in
um) ;;
x86_64)
	configs+=(--kunitconfig=pfnmap-test/kunit/x86_64.kunitconfig)
	boot=(
		--qemu_args='-m 6G -cpu max -bios bios-256k.bin'
		--kernel_args='memmap=1G$0x100000000,1G$0x140000000'
		--kernel_args='pfnmap_test.mmio=1G@0x100000000 pfnmap_test.dax=1G@0x140000000'
		"${boot[@]}"
	)
	;;
*) die "the suites run on um and x86_64, not on $arch: set ARCH to one of them" ;;
esac

enter=()
# shellcheck disable=SC2016 # expanded inside
[ "${ACCEL:-}" != tcg ] || [ ! -e /dev/kvm ] || enter=(
	unshare --mount --propagation private
	sh -euc 'mount --bind /dev/null /dev/kvm; exec "$@"' sh
)

# kunit_py DIR COMMAND ARGUMENT...: runs kunit.py of the overlay in DIR; enter says where.
kunit_py() {
	local dir=$1 command=$2
	shift 2
	${enter[@]+"${enter[@]}"} python3 "$dir/tree/tools/testing/kunit/kunit.py" \
		"$command" --arch="$arch" --build_dir="$dir/$arch" "${configs[@]}" "$@"
}

of_tree() {
	local dir=$BUILD/kunit-py
	mkdir -p "$dir"
	"$here/overlay.sh" "$KTREE" "$dir/tree"
	kunit_py "$dir" run "$jobs" "${boot[@]}"
}

# The root has no QEMU, so x86_64 runs outside. A um kernel needs the root's libraries.
of_root() {
	local outside=(${enter[@]+"${enter[@]}"}) enter=(in_root) dir=$WORK/kunit-py source
	source=$("$ROOT_DIR/own-kernel.sh" source)
	mkdir -p "$ROOT$dir"
	"$here/overlay.sh" "$ROOT$source" "$ROOT$dir/tree"
	kunit_py "$dir" build "$jobs"
	[ "$arch" = um ] || enter=(${outside[@]+"${outside[@]}"}) dir=$ROOT$dir
	kunit_py "$dir" exec "${boot[@]}"
}

if [ -n "${KTREE:-}" ]; then
	with_lock "kunit-py-${WORK##*/}" of_tree
else
	"$VM_DIR/host/needs.sh" kunit-py
	"$ROOT_DIR/root.sh"
	with_lock "kunit-py-${WORK##*/}" of_root
fi
