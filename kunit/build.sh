#!/bin/bash
# build.sh RELEASE KDIR ARCH: builds the driver and its suites against the kernel
# tree KDIR that kernel.sh built -> build/RELEASE/*.ko
export ROOT_FOR=kernel
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/../tests/vm/lib.sh"

release=$1 kdir=${2#"$ROOT"} arch=$3
dir=$WORK/$release

modules() {
	local part warn=
	# A kernel that is not built has no list of its symbols.
	[ -e "$ROOT$kdir/Module.symvers" ] || warn=1
	mkdir -p "$BUILD/$release"
	for part in module kunit; do
		sync_tree "$TOP/$part" "$ROOT$dir/$part" &&
			in_root make -s -j"${MAKE_JOBS:-$(nproc)}" -C "$kdir" ARCH="$arch" \
				M="$dir/$part" KBUILD_MODPOST_WARN=$warn modules &&
			cp "$ROOT$dir/$part"/*.ko "$BUILD/$release/" || return
	done
}
with_lock "build-${WORK##*/}" step "building the modules for $release" modules
