#!/bin/bash
# build.sh userspace                  builds the programs -> build/userspace/bin/
# build.sh module RELEASE SUITE       builds the module   -> build/RELEASE/*.ko
#                                     in the suite's build root, with the
#                                     kernel's own compiler
# build.sh module RELEASE SUITE KDIR  the same against the user's own build tree,
#                                     with this machine's compiler (unless that
#                                     tree lies in the build root)
#
# Sources are copied to a work directory that belongs to this checkout, so that
# the checkout stays clean and nothing has to be mounted.
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

userspace() {
	sync_tree "$TOP/module/uapi" "$ROOT$WORK/src/module/uapi" &&
		sync_tree "$TOP/userspace" "$ROOT$WORK/src/userspace" &&
		in_root make -j"$(nproc)" -C "$WORK/src/userspace" \
			BUILD="$WORK/userspace" all &&
		rm -rf "$BUILD/userspace/bin" &&
		mkdir -p "$BUILD/userspace" &&
		cp -a "$ROOT$WORK/userspace/bin" "$BUILD/userspace/bin"
}

module() {
	local release=$1 kdir=${3:-} dir=$WORK/$1/module
	use_root "$2"
	# A tree of your own may call itself what a stock one does.
	[ -z "$kdir" ] || dir=$WORK/$(printf '%s' "$kdir" | sha256sum | cut -c1-12)/module
	sync_tree "$TOP/module" "$ROOT$dir" || return
	case $kdir in
	'') in_root make -j"$(nproc)" -C "/usr/src/linux-headers-$release" \
		M="$dir" modules || return ;;
	"$ROOT"/*) in_root make -j"$(nproc)" -C "${kdir#"$ROOT"}" \
		M="$dir" modules || return ;;
	*) make -j"$(nproc)" -C "$kdir" M="$ROOT$dir" modules || return ;;
	esac
	mkdir -p "$BUILD/$release" &&
		cp "$ROOT$dir"/*.ko "$BUILD/$release/"
}

"$VM_DIR/root.sh"
case $1 in
userspace) with_lock "build-${WORK##*/}" step "building the programs" userspace ;;
module)
	shift
	with_lock "build-${WORK##*/}" step "building the module for $1" module "$@"
	;;
*) die "usage: build.sh userspace | module RELEASE SUITE [KDIR]" ;;
esac
