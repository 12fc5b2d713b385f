#!/bin/bash
# build.sh userspace                  builds the programs -> build/programs/bin/, and the
#                                     agent and its client; static, as far as static
#                                     libraries exist.
#                                     PROGRAMS=coverage builds programs that count which of
#                                     their lines have run, PROGRAMS=sanitised with ASan
#                                     and UBSan, PROGRAMS=arm64 (with ROOT_FOR=arm64)
#                                     for arm64 -> build/programs-$PROGRAMS/bin/
# build.sh module RELEASE SUITE       builds the module   -> build/RELEASE/*.ko
#                                     in the suite's build root, with the
#                                     kernel's own compiler
# build.sh module RELEASE SUITE KDIR  the same against the user's own build tree,
#                                     with this machine's compiler (unless that
#                                     tree lies in the build root)
# build.sh kunit RELEASE SUITE KDIR   and the KUnit suites, against such a tree
# build.sh own RELEASE KDIR ARCH      both for a kernel that own-kernel.sh built, with W=1;
#                                     a warning is an error. With CONFIG_GCOV_KERNEL the
#                                     module counts which of its lines have run
# build.sh grown RELEASE SUITE        the module as it will be when each ioctl's
#                                     struct has grown
#                                     -> build/RELEASE/pfnmap_test_grown.ko
# build.sh patterns RELEASE SUITE [KDIR]
#                                     each pattern as a driver of its own, with W=1 and
#                                     without a warning -> build/RELEASE/patterns/*.ko
# build.sh finding RELEASE SUITE NAME [KDIR]
#                                     a finding's module and program, the same way
#                                     -> build/RELEASE/findings/NAME/
# build.sh plugin                     goals/count.c for QEMU -> build/count.so
#
# Sources are copied to a work directory that belongs to this checkout, so that
# the checkout stays clean and nothing has to be mounted.
# shellcheck disable=SC2317 # functions are called by name
case ${1:-}:${2:-} in
own:*-clang) export ROOT_FOR=clang ;;
own:*) export ROOT_FOR=kernel ;;
esac
# shellcheck source=tests/vm/root/lib.sh
. "$(dirname "$0")/lib.sh"

userspace() {
	local to=programs${PROGRAMS:+-$PROGRAMS} flags=(STATIC=1) env=() cc=gcc
	case ${PROGRAMS:-} in
	coverage) flags=(COVERAGE=1) ;;
	valgrind) flags=() ;; # valgrind sees no allocation of a static program
	sanitised) flags=(SANITIZE=1) ;;
	esac
	[ -z "$SYSROOT" ] || {
		cc="${CROSS_COMPILE}gcc-14 --sysroot=$SYSROOT"
		env=(PKG_CONFIG_SYSROOT_DIR="$SYSROOT"
			PKG_CONFIG_LIBDIR="$SYSROOT/usr/lib/${CROSS_COMPILE%-}/pkgconfig")
	}
	sync_tree "$TOP/module/uapi" "$ROOT$WORK/src/module/uapi" &&
		sync_tree "$TOP/module/patterns" "$ROOT$WORK/src/module/patterns" &&
		sync_tree "$TOP/userspace" "$ROOT$WORK/src/userspace" &&
		sync_tree "$VM_DIR/agent" "$ROOT$WORK/src/agent" &&
		in_root ${env[@]+"${env[@]}"} make -j"$(nproc)" -C "$WORK/src/userspace" \
			CC="$cc" BUILD="$WORK/$to" "${flags[@]}" all &&
		in_root make -C "$WORK/src/agent" CC="$cc" BUILD="$WORK/$to/bin" all &&
		rm -rf "${BUILD:?}/$to/bin" &&
		mkdir -p "$BUILD/$to" &&
		cp -a "$ROOT$WORK/$to/bin" "$BUILD/$to/bin"
}

# tools_of TREE: prints make's settings for the tools that built this tree, each on a line. gcc
# says its own name first, clang does not: for clang use LLVM=-18 in the environment. Without that
# gcc the kernel's build takes the usual one, and says so. Before 5.18 auto.conf quotes strings.
tools_of() {
	local config=$1/include/config/auto.conf cc path=$PATH
	if grep -qx CONFIG_CC_IS_CLANG=y "$config"; then
		echo "LLVM=${LLVM:-1}"
	else
		cc=$(sed -n 's/^CONFIG_CC_VERSION_TEXT="\?\([^ "]*gcc[^ ]*\) .*/\1/p' "$config")
		[[ $1 != "$ROOT"/* ]] || path=$ROOT/usr/bin
		[ -z "$(PATH=$path type -P "$cc")" ] ||
			printf '%s\n' "CC=$cc" "CROSS_COMPILE=${cc%%gcc*}"
	fi
	! grep -qx CONFIG_ARM64=y "$config" || echo ARCH=arm64
}

# kbuild RELEASE KDIR DIR [SETTING...]: builds the modules in DIR, of the build root.
# tests/lint/run.sh checks builds for this machine's architecture. For others a warning is an
# error here.
kbuild() {
	local tools=()
	[ -z "$2" ] || mapfile -t tools < <(tools_of "$2")
	case $2 in
	'')
		in_root make -j"$(nproc)" -C "/usr/src/linux-headers-$1" M="$3" \
			${SYSROOT:+W=1 KCFLAGS=-Werror} "${@:4}" modules
		;;
	"$ROOT"/*)
		in_root make -j"$(nproc)" -C "${2#"$ROOT"}" M="$3" "${tools[@]}" "${@:4}" modules
		;;
	*) make -j"$(nproc)" -C "$2" M="$ROOT$3" "${tools[@]}" "${@:4}" modules ;;
	esac
}

# A tree of your own may have the release of a stock kernel: so its folder is named by its path.
work_of() { # RELEASE KDIR
	if [ -z "$2" ]; then
		echo "$WORK/$1"
	else
		echo "$WORK/$(printf '%s' "$2" | sha256sum | cut -c1-12)"
	fi
}

# Prints make's setting that hands the answers of the module's probes to later builds.
answers_of() { # RELEASE KDIR
	local answers
	answers=$(work_of "$1" "$2")/module/probes/answers.h
	[ -e "$ROOT$answers" ] || { echo PFNMAP_ANSWERS= && return; }
	case $2 in
	'' | "$ROOT"/*) echo "PFNMAP_ANSWERS=$answers" ;;
	*) echo "PFNMAP_ANSWERS=$ROOT$answers" ;;
	esac
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

# The KUnit suites find the module's headers and symbols in the folder beside their own.
kunit() {
	local release=$1 kdir=$3 dir
	use_root "$2"
	dir=$(work_of "$release" "$kdir")
	sync_tree "$TOP/kunit" "$ROOT$dir/kunit" &&
		kbuild "$release" "$kdir" "$dir/kunit" "$(answers_of "$release" "$kdir")" &&
		cp "$ROOT$dir"/kunit/*.ko "$BUILD/$release/"
}

own() {
	local release=$1 kdir=${2#"$ROOT"} arch=$3 dir=$WORK/$1 part gcov answers tools=() warn=
	mapfile -t tools < <(tools_of "$2")
	# After `make modules_prepare` alone a kernel tree has no list of its symbols: only warn.
	[ -e "$ROOT$kdir/Module.symvers" ] || warn=1
	mkdir -p "$BUILD/$release"
	for part in module kunit; do
		gcov=n answers=$dir/module/probes/answers.h
		[ "$part" != module ] || gcov=y answers=
		sync_tree "$TOP/$part" "$ROOT$dir/$part" &&
			in_root make -s -j"${MAKE_JOBS:-$(nproc)}" -C "$kdir" ARCH="$arch" \
				"${tools[@]}" M="$dir/$part" W=1 KCFLAGS=-Werror GCOV_PROFILE=$gcov \
				PFNMAP_ANSWERS="$answers" KBUILD_MODPOST_WARN=$warn modules &&
			cp "$ROOT$dir/$part"/*.ko "$BUILD/$release/" || return
	done
}

# Adds one field to each struct whose first field is its size.
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
	kbuild "$release" "" "$dir" "$(answers_of "$release" "")" &&
		mkdir -p "$BUILD/$release" &&
		cp "$ROOT$dir/pfnmap_test.ko" "$BUILD/$release/pfnmap_test_grown.ko"
}

# Prints the warnings about our code. A warning of the kernel's tools, such as that another
# pahole built the kernel, names no file.
warnings() {
	grep -i 'warning:' | grep -E '[^ ]\.(c|h|o|ko)([]:) ,]|$)'
}

patterns() {
	local release=$1 kdir=${3:-} dir from log answers
	use_root "$2"
	dir=$(work_of "$release" "$kdir")
	answers=$ROOT$dir/module/probes/answers.h
	dir+=/patterns
	[ -e "$answers" ] || module "$@" || return
	from=$(mktemp -d) || return
	"$TOP/tests/patterns/extract.sh" "$from" "$release" || return
	[ ! -e "$from/older" ] || cp "$answers" "$from/older/probes/" || return
	sync_tree "$from" "$ROOT$dir" || return
	rm -rf "$from"
	log=$(kbuild "$release" "$kdir" "$dir" W=1 \
		KCFLAGS='-Werror -g0' CONFIG_DEBUG_INFO_BTF_MODULES= 2>&1) || {
		printf '%s\n' "$log"
		return 1
	}
	# modpost's warnings do not fail the build, so look for them.
	! warnings <<<"$log" || return
	rm -rf "${BUILD:?}/$release/patterns"
	mkdir -p "$BUILD/$release/patterns" &&
		cp "$ROOT$dir"/*/*.ko "$BUILD/$release/patterns/"
}

finding() {
	local release=$1 name=$3 kdir=${4:-} out=$BUILD/$1/findings/$3 work
	rm -rf "$out"
	mkdir -p "$out"
	# The program runs in the guest: build it in the guest's suite, not in the kernel's.
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

plugin() {
	mkdir -p "$BUILD" "$ROOT$WORK" &&
		cp "$VM_DIR/goals/count.c" "$ROOT$WORK/count.c" &&
		in_root gcc -O2 -Wall -Wextra -Werror -shared -fPIC \
			-o "$WORK/count.so" "$WORK/count.c" &&
		cp "$ROOT$WORK/count.so" "$BUILD/count.so"
}

"$ROOT_DIR/root.sh"
case ${1:-}/$# in
userspace/1) what="the programs${PROGRAMS:+, $PROGRAMS}" ;;
module/[34]) what="the module for $2" ;;
kunit/4) what="the KUnit suites for $2" ;;
own/4) what="the module and the KUnit suites for $2" ;;
grown/3) what="the grown module for $2" ;;
patterns/[34]) what="the patterns' drivers for $2" ;;
finding/[45]) what="the finding $4 for $2" ;;
plugin/1) what="the plugin that counts" ;;
*) die "usage: build.sh userspace | module RELEASE SUITE [KDIR] | kunit RELEASE SUITE KDIR | own RELEASE KDIR ARCH | grown RELEASE SUITE | patterns RELEASE SUITE [KDIR] | finding RELEASE SUITE NAME [KDIR] | plugin" ;;
esac
with_lock "build-${WORK##*/}" step "building $what" "$@"
