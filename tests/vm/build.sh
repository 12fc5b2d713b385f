#!/bin/bash
# build.sh userspace                  builds the programs -> build/userspace/bin/;
#                                     PROGRAMS=coverage those that count which of their
#                                     lines have run, PROGRAMS=sanitised those with ASan
#                                     and UBSan, PROGRAMS=arm64 (with ROOT_FOR=arm64) those
#                                     for it -> build/userspace-$PROGRAMS/bin/
# build.sh module RELEASE SUITE       builds the module   -> build/RELEASE/*.ko
#                                     in the suite's build root, with the
#                                     kernel's own compiler
# build.sh module RELEASE SUITE KDIR  the same against the user's own build tree,
#                                     with this machine's compiler (unless that
#                                     tree lies in the build root)
# build.sh grown RELEASE SUITE         the module as it will be when each ioctl's
#                                     struct has grown
#                                     -> build/RELEASE/pfnmap_test_grown.ko
# build.sh patterns RELEASE SUITE [KDIR]
#                                     each pattern as a driver of its own, with W=1 and
#                                     without a warning -> build/RELEASE/patterns/*.ko
# build.sh finding RELEASE SUITE NAME [KDIR]
#                                     a finding's module and program, the same way
#                                     -> build/RELEASE/findings/NAME/
#
# Sources are copied to a work directory that belongs to this checkout, so that
# the checkout stays clean and nothing has to be mounted.
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

userspace() {
	local to=userspace${PROGRAMS:+-$PROGRAMS} flags=() env=()
	case ${PROGRAMS:-} in
	coverage) flags=(COVERAGE=1) ;;
	sanitised) flags=(SANITIZE=1) ;;
	esac
	[ -z "$SYSROOT" ] || {
		flags=(CC="${CROSS_COMPILE}gcc-14 --sysroot=$SYSROOT")
		env=(PKG_CONFIG_SYSROOT_DIR="$SYSROOT"
			PKG_CONFIG_LIBDIR="$SYSROOT/usr/lib/${CROSS_COMPILE%-}/pkgconfig")
	}
	sync_tree "$TOP/module/uapi" "$ROOT$WORK/src/module/uapi" &&
		sync_tree "$TOP/module/patterns" "$ROOT$WORK/src/module/patterns" &&
		sync_tree "$TOP/userspace" "$ROOT$WORK/src/userspace" &&
		in_root ${env[@]+"${env[@]}"} make -j"$(nproc)" -C "$WORK/src/userspace" \
			BUILD="$WORK/$to" ${flags[@]+"${flags[@]}"} all &&
		rm -rf "${BUILD:?}/$to/bin" &&
		mkdir -p "$BUILD/$to" &&
		cp -a "$ROOT$WORK/$to/bin" "$BUILD/$to/bin"
}

# kbuild RELEASE KDIR DIR [SETTING...]: what is in DIR, of the build root. tests/lint.sh looks
# at what is built for this machine; of others a warning is an error here.
kbuild() {
	case $2 in
	'')
		in_root make -j"$(nproc)" -C "/usr/src/linux-headers-$1" M="$3" \
			${SYSROOT:+W=1 KCFLAGS=-Werror} "${@:4}" modules
		;;
	"$ROOT"/*) in_root make -j"$(nproc)" -C "${2#"$ROOT"}" M="$3" "${@:4}" modules ;;
	*) make -j"$(nproc)" -C "$2" M="$ROOT$3" "${@:4}" modules ;;
	esac
}

# A tree of your own may call itself what a stock one does.
work_of() { # RELEASE KDIR
	if [ -z "$2" ]; then
		echo "$WORK/$1"
	else
		echo "$WORK/$(printf '%s' "$2" | sha256sum | cut -c1-12)"
	fi
}

module() {
	local release=$1 kdir=${3:-} dir
	use_root "$2"
	dir=$(work_of "$release" "$kdir")/module
	sync_tree "$TOP/module" "$ROOT$dir" &&
		kbuild "$release" "$kdir" "$dir" || return
	mkdir -p "$BUILD/$release" &&
		cp "$ROOT$dir"/*.ko "$BUILD/$release/"
}

# A struct that begins with its size gets one more field.
grown() {
	local release=$1 dir from
	use_root "$2"
	dir=$(work_of "$release" "")/grown
	from=$(mktemp -d) || return
	cp -r "$TOP/module/." "$from/" &&
		awk '/^struct/ { fields = 0 }
			/^\t__u32 size;/ { fields = 1 }
			/^};/ && fields { print "\t__u64 grown;"; fields = 0 }
			{ print }' "$TOP/module/uapi/pfnmap_test.h" >"$from/uapi/pfnmap_test.h" &&
		sync_tree "$from" "$ROOT$dir" || return
	rm -rf "$from"
	kbuild "$release" "" "$dir" &&
		mkdir -p "$BUILD/$release" &&
		cp "$ROOT$dir/pfnmap_test.ko" "$BUILD/$release/pfnmap_test_grown.ko"
}

patterns() {
	local release=$1 kdir=${3:-} dir from log
	use_root "$2"
	dir=$(work_of "$release" "$kdir")/patterns
	from=$(mktemp -d) || return
	"$TOP/tests/patterns/extract.sh" "$from" && sync_tree "$from" "$ROOT$dir" || return
	rm -rf "$from"
	log=$(kbuild "$release" "$kdir" "$dir" W=1 \
		KCFLAGS='-Werror -g0' CONFIG_DEBUG_INFO_BTF_MODULES= 2>&1) || {
		printf '%s\n' "$log"
		return 1
	}
	# modpost's are no errors.
	! grep -i 'warning:' <<<"$log" || return
	rm -rf "${BUILD:?}/$release/patterns"
	mkdir -p "$BUILD/$release/patterns" &&
		cp "$ROOT$dir"/*/*.ko "$BUILD/$release/patterns/"
}

finding() {
	local release=$1 name=$3 kdir=${4:-} out=$BUILD/$1/findings/$3 work
	rm -rf "$out"
	mkdir -p "$out"
	# The program is the guest's, whatever suite the kernel is of.
	work=$(work_of "$release" "$kdir")/finding-$name
	sync_tree "$TOP/tests/findings/$name" "$ROOT$work-user" || return
	if [ -e "$ROOT$work-user/user.c" ]; then
		in_root gcc -O1 -Wall -Wextra -Werror -static -o "$work-user/user" \
			"$work-user/user.c" &&
			cp "$ROOT$work-user/user" "$out/" || return
	fi
	use_root "$2"
	sync_tree "$TOP/tests/findings/$name" "$ROOT$work" &&
		cp "$TOP/tests/findings/Kbuild" "$ROOT$work/Kbuild" &&
		kbuild "$release" "$kdir" "$work" &&
		cp "$ROOT$work"/finding.ko "$out/"
}

"$VM_DIR/root.sh"
case $1 in
userspace) with_lock "build-${WORK##*/}" step "building the programs" userspace ;;
module)
	shift
	with_lock "build-${WORK##*/}" step "building the module for $1" module "$@"
	;;
grown)
	shift
	with_lock "build-${WORK##*/}" step "building the grown module for $1" grown "$@"
	;;
patterns)
	shift
	with_lock "build-${WORK##*/}" step "building the patterns' drivers for $1" patterns "$@"
	;;
finding)
	shift
	with_lock "build-${WORK##*/}" step "building the finding $3 for $1" finding "$@"
	;;
*) die "usage: build.sh userspace | module RELEASE SUITE [KDIR] | grown RELEASE SUITE | patterns RELEASE SUITE [KDIR] | finding RELEASE SUITE NAME [KDIR]" ;;
esac
