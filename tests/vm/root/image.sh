#!/bin/bash
# image.sh base              what every guest has, for all checkouts -> prints the archive
# image.sh programs          the agent, PID 1 and our programs -> build/image/programs.cpio;
#                            PROGRAMS is build.sh's
# image.sh sanitised         our programs with ASan and UBSan, in /usr/local/sanitised
#                            -> build/image/sanitised.cpio
# image.sh kernel RELEASE MODULES TREE
#                            what is built for that kernel, and the kernel's own modules:
#                            in the folder MODULES, or of a built TREE; '' for one that
#                            does not exist -> build/RELEASE/image.cpio
# image.sh folder DIR THERE OUTPUT
#                            a folder of this machine's, as THERE in the guest -> OUTPUT
# image.sh packages RELEASE  the files that our Debian packages have installed, in place of
#                            our programs and module -> build/RELEASE/packages.cpio
# image.sh bring DIR         the first two for a machine that runs already, in one folder:
#                            programs that are not static have their loader with them
#
# A guest's initramfs is several of these archives, one after the other: a later file replaces
# an earlier one.
# shellcheck source=tests/vm/root/lib.sh
. "$(dirname "$0")/lib.sh"

# Makes a folder in the root for the files to pack.
new_tree() {
	tree=$(mktemp -d "$ROOT/tmp/image.XXXXXX")
	trap 'rm -rf "$tree"' EXIT
	# The folder becomes the guest's /, where not every process is root.
	chmod 755 "$tree"
}

# shellcheck disable=SC2016 # expanded inside
pack() { # OUTPUT
	mkdir -p "${1%/*}"
	in_root sh -euc 'cd "$1"; find . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0' sh \
		"${tree#"$ROOT"}" >"$1.new"
	mv "$1.new" "$1"
}

base_tree() {
	in_root bash -c "$(cat "$ROOT_DIR/image-tree.sh")" \
		image-tree "$1" "$SYSROOT" "${CROSS_COMPILE}readelf" -- \
		"${TARGET_TOOLS[@]}" -- "${TARGET_KMOD[@]}" -- "${TARGET_LIBRARIES[@]}"
}

key() {
	{
		cat "$ROOT_DIR/image-tree.sh"
		echo "${TARGET_TOOLS[*]} ${TARGET_KMOD[*]} ${TARGET_LIBRARIES[*]}"
	} | sha256sum | cut -c1-12
}

make_base() {
	[ ! -e "$base" ] || return 0
	new_tree
	base_tree "${tree#"$ROOT"}" && pack "$base"
}

base() {
	base=$ROOT/image/base-$(key).cpio
	[ -e "$base" ] || with_lock base step "packing what every guest has" make_base
	printf '%s\n' "$base"
}

programs() {
	new_tree
	mkdir -p "$tree/usr/local/bin" "$tree/module/uapi"
	install -m 755 "$VM_DIR/agent/init" "$tree/init"
	install_programs "$tree/usr/local/bin"
	pack "$BUILD/image/programs${PROGRAMS:+-$PROGRAMS}.cpio"
}

install_programs() { # FOLDER
	local file
	for file in "$BUILD/programs${PROGRAMS:+-$PROGRAMS}"/bin/*; do
		# The client, target, stays on this machine.
		[ "${file##*/}" = target ] || install -m 755 "$file" "$1/"
	done
	file=$ROOT/ksource/upstream-pfnmap
	[ ! -e "$file" ] || install -m 755 "$file" "$1/"
}

sanitised() {
	local library
	new_tree
	mkdir -p "$tree/usr/local/sanitised" "$tree/usr/lib"
	install -m 755 "$BUILD"/programs-sanitised/bin/pfnmap* "$tree/usr/local/sanitised/"
	for library in "${SANITISED_LIBRARIES[@]}"; do
		cp -L "$(find "$ROOT/usr/lib" -name "$library" -print -quit)" "$tree/usr/lib/"
	done
	pack "$BUILD/image/sanitised.cpio"
}

# Takes the debug information out of the modules whose paths are on standard input: the kernel would
# read all of it at each insmod.
strip_modules() {
	sed "s,^$ROOT,," | in_root xargs -r "${CROSS_COMPILE}strip" -g
}

# Copies GUEST_MODULES from a built tree, and the lists of what is built in.
of_tree() { # TREE FOLDER
	local name list=()
	for name in "${GUEST_MODULES[@]}"; do
		list+=(-o -name "${name//[-_]/[-_]}.ko")
	done
	find "$1" \( "${list[@]:1}" \) -exec cp -t "$2" {} +
	find "$2" \( "${list[@]:1}" \) | strip_modules
	for name in modules.builtin modules.builtin.modinfo; do
		[ ! -e "$1/$name" ] || cp "$1/$name" "${2%/*}/"
	done
}

# shellcheck disable=SC2016 # expanded inside
kernel() { # RELEASE MODULES TREE
	local release=$1 modules=$2 tree_of=$3 extra config
	new_tree
	extra=$tree/usr/lib/modules/$release/extra
	mkdir -p "$extra" "$tree/boot"
	[ ! -e "$BUILD/$release/pfnmap_test.ko" ] || cp "$BUILD/$release"/*.ko "$extra/"
	find "$extra" -name '*.ko' | strip_modules
	[ ! -d "$BUILD/$release/patterns" ] || cp -a "$BUILD/$release/patterns" "$extra/"
	[ ! -d "$BUILD/$release/findings" ] || cp -a "$BUILD/$release/findings" "$tree/findings"
	[ ! -e "$BUILD/$release/dkms/pfnmap_test.ko" ] ||
		install -D -m 644 "$BUILD/$release/dkms/pfnmap_test.ko" \
			"${extra%/*}/updates/dkms/pfnmap_test.ko"
	# Put the configuration where a kernel's package has it: pfnmapctl doctor reads it there.
	config=${modules%/kernels/*}/usr/src/linux-headers-$release/.config
	[ -z "$modules" ] || [ ! -e "$config" ] || cp "$config" "$tree/boot/config-$release"
	[ ! -d "$modules" ] || cp "$modules"/* "$extra/"
	touch "${extra%/*}"/modules.{order,builtin,builtin.modinfo}
	[ -z "$tree_of" ] || of_tree "$tree_of" "$extra"
	in_root sh -euc '
		find "$1" -name "*.xz" -exec xz -d {} +
		depmod -m /usr/lib/modules -b "$2" "$3"' sh \
		"${extra#"$ROOT"}" "${tree#"$ROOT"}" "$release"
	pack "$BUILD/$release/image.cpio"
}

folder() { # DIR THERE OUTPUT
	new_tree
	mkdir -p "$tree${2%/*}"
	cp -a "$1" "$tree$2"
	pack "$3"
}

packages() { # RELEASE
	new_tree
	tar -x -C "$tree" -f "$BUILD/$1/packages.tar"
	in_root depmod -m /usr/lib/modules -b "${tree#"$ROOT"}" "$1"
	pack "$BUILD/$1/packages.cpio"
}

bring() { # DIR
	local dir=$1 file name
	new_tree
	base_tree "${tree#"$ROOT"}/base" || return
	rm -rf "$dir"
	mkdir -p "$dir/bin" "$dir/lib" "$dir/dynamic"
	cp -a "$tree/base/usr/lib/." "$dir/lib/"
	install_programs "$dir/bin"
	for file in "$tree"/base/usr/bin/* "$dir"/bin/*; do
		name=${file##*/}
		if [ -L "$file" ]; then
			cp -a "$file" "$dir/dynamic/"
		elif head -c 4096 "$file" | grep -q 'ld-linux'; then
			cp --remove-destination "$file" "$dir/dynamic/"
		else
			[ -e "$dir/bin/$name" ] || cp "$file" "$dir/bin/"
			continue
		fi
		cat >"$dir/bin/$name.new" <<-'END'
			#!/bin/sh
			here=${0%/bin/*}
			exec "$here"/lib/ld-linux-*.so.* --argv0 "${0##*/}" --library-path "$here/lib" \
				"$here/dynamic/${0##*/}" "$@"
		END
		chmod 755 "$dir/bin/$name.new"
		mv "$dir/bin/$name.new" "$dir/bin/$name"
	done
}

"$ROOT_DIR/root.sh"
case ${1:-}/$# in
base/1) base ;;
programs/1 | sanitised/1 | kernel/4 | folder/4 | packages/2 | bring/2)
	with_lock "image-${WORK##*/}" "$@"
	;;
*) die "usage: image.sh base | programs | sanitised | kernel RELEASE MODULES TREE | folder DIR THERE OUTPUT | packages RELEASE | bring DIR" ;;
esac
