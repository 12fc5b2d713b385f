#!/bin/bash
# initramfs.sh OUTPUT RELEASE MODE MODULES [NAME=VALUE...]: packs the initramfs of
# one guest: the base that all share, and over it the built module and programs,
# the kernel's modules in the folder MODULES, if there is one, the tests and PID 1.
# NAME=VALUE are set in the guest's environment. PROGRAMS is build.sh's; the guest
# gets those of ALSO besides, in /usr/local/$ALSO; with DKMS, dkms's module too. PACKAGES
# is what Debian packages have installed, in place of module, programs and tests.
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

output=$1 release=$2 mode=$3 modules=$4
shift 4
base=/initramfs-base-$({
	cat "$VM_DIR/initramfs-base.sh"
	echo "${GUEST_PACKAGES[*]} ${GUEST_LIBRARIES[*]}"
} | sha256sum | cut -c1-12).cpio

make_base() {
	[ -e "$ROOT$base" ] ||
		step "packing the guest's base" in_root bash -c \
			"$(cat "$VM_DIR/initramfs-base.sh")" base "$base" "$SYSROOT" \
			"${CROSS_COMPILE}readelf" -- \
			"${GUEST_PACKAGES[@]}" -- "${GUEST_LIBRARIES[@]}"
}
with_lock base make_base

copy_built() {
	cp "$BUILD/$release"/*.ko "$extra/"
	[ ! -d "$BUILD/$release/patterns" ] || cp -a "$BUILD/$release/patterns" "$extra/"
	[ -z "${DKMS:-}" ] ||
		install -D -m 644 "$BUILD/$release/dkms/pfnmap_test.ko" \
			"${extra%/*}/updates/dkms/pfnmap_test.ko"
	cp -a "$BUILD/userspace${PROGRAMS:+-$PROGRAMS}/bin/." "$dir/usr/local/bin/"
	[ -z "${ALSO:-}" ] ||
		cp -a "$BUILD/userspace-$ALSO/bin" "$dir/usr/local/$ALSO"
}

# What bats makes of each file of tests before it reads it, twice: made here, by bats itself,
# for it takes an emulator minutes.
preprocess() {
	local to=/pfnmap-test/preprocessed program=usr/libexec/bats-core/bats-preprocess
	[ -e "$ROOT$SYSROOT/$program" ] || return 0
	# shellcheck disable=SC2016 # expanded inside
	in_root bash -euc '
		cd "$1/pfnmap-test/tests"
		export BATS_ROOT=$4/usr BATS_LIBDIR=lib
		mkdir -p "$1$2/boots"
		for file in *.bats boots/*.bats; do
			bash "$4/$3" "$file" >"$1$2/$file"
		done' bash "/tmp/${dir##*/}" "$to" "$program" "$SYSROOT"
	mkdir -p "$dir/${program%/*}"
	# shellcheck disable=SC2016 # when it runs
	printf '#!/bin/bash\nprintf "%%s\\n" "$(<"%s/${1#/pfnmap-test/tests/}")"\n' "$to" >"$dir/$program"
	chmod 755 "$dir/$program"
}

dir=$(mktemp -d "$ROOT/tmp/overlay.XXXXXX")
trap 'rm -rf "$dir"' EXIT
extra=$dir/usr/lib/modules/$release/extra
# It is the guest's /, where not all are root.
chmod 755 "$dir"
mkdir -p "$dir/opt" "$dir/usr/local/bin" "$dir/pfnmap-test/module" "$extra"
install -m 755 "$VM_DIR/init" "$dir/init"
if [ "$mode" != probe ]; then
	if [ -n "${PACKAGES:-}" ]; then
		tar -x -C "$dir" -f "$PACKAGES"
		ln -s ../usr/share/pfnmap-test/tests "$dir/pfnmap-test/tests"
	else
		with_lock "build-${WORK##*/}" copy_built
		cp -a "$TOP/tests" "$dir/pfnmap-test/tests"
		[ "$mode" != check ] || preprocess
	fi
	[ "$mode" != findings ] || cp -a "$BUILD/$release/findings" "$dir/findings"
	cp -a "$TOP/module/uapi" "$dir/pfnmap-test/module/uapi"
	# Where a kernel's package has it, for pfnmapctl doctor.
	config=${modules%/kernels/*}/usr/src/linux-headers-$release/.config
	[ ! -e "$config" ] || install -D -m 644 "$config" "$dir/boot/config-$release"
	upstream=$ROOT/ksource/upstream-pfnmap
	[ ! -e "$upstream" ] || install -m 755 "$upstream" "$dir/usr/local/bin/upstream-pfnmap"
	[ -z "${STRESS_NG:-}" ] || cp -a "$STRESS_NG" "$dir/opt/stress-ng"
	if [ -d "$modules" ]; then
		cp "$modules"/* "$extra/"
		in_root find "/tmp/${extra#"$ROOT/tmp/"}" -name '*.xz' -exec xz -d {} +
	fi
	touch "${extra%/*}"/modules.{order,builtin,builtin.modinfo}
	in_root depmod -m /usr/lib/modules -b "/tmp/${dir##*/}" "$release"
fi
printf '%s=%q\n' MODE "$mode" RELEASE "$release" \
	PFNMAP_TEST_KO "/lib/modules/$release/extra/pfnmap_test.ko" \
	CONSOLE_TTY "$CONSOLE_TTY" REPORT_TTY "$REPORT_TTY" \
	BOOT_RESERVED "$BOOT_RESERVED" IVSHMEM "$IVSHMEM" \
	PROFILE "${PROFILE:-}" DKMS "${DKMS:-}" >"$dir/config"
# What the kernel's command line can't say.
[ -z "${BOOT_RAM:-}" ] || printf 'PFNMAP_TEST_RESERVED=%q\n' "$BOOT_RESERVED" >>"$dir/config"
for setting; do
	printf '%s=%q\n' "${setting%%=*}" "${setting#*=}" >>"$dir/config"
done

# shellcheck disable=SC2016 # expanded inside
in_root sh -euc 'cd "$1"; find . | cpio --quiet -o -H newc' sh "/tmp/${dir##*/}" |
	cat "$ROOT$base" - >"$output"
