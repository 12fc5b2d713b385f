#!/bin/bash
# build.sh KERNEL: builds the driver and its suites against the kernel that kernel.sh
# built, which is told in its words -> build/RELEASE/*.ko. A warning is an error. On a
# kernel with CONFIG_GCOV_KERNEL the driver counts which of its lines have run.
export ROOT_FOR=kernel
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/../tests/vm/lib.sh"

read -r release kdir _ arch _ <<<"$1"
kdir=${kdir#"$ROOT"}
dir=$WORK/$release

modules() {
	local part gcov warn=
	# A kernel that is not built has no list of its symbols.
	[ -e "$ROOT$kdir/Module.symvers" ] || warn=1
	mkdir -p "$BUILD/$release"
	for part in module kunit; do
		gcov=n
		[ "$part" != module ] || gcov=y
		sync_tree "$TOP/$part" "$ROOT$dir/$part" &&
			in_root make -s -j"${MAKE_JOBS:-$(nproc)}" -C "$kdir" ARCH="$arch" \
				M="$dir/$part" W=1 KCFLAGS=-Werror GCOV_PROFILE=$gcov \
				KBUILD_MODPOST_WARN=$warn modules &&
			cp "$ROOT$dir/$part"/*.ko "$BUILD/$release/" || return
	done
}
with_lock "build-${WORK##*/}" step "building the modules for $release" modules
