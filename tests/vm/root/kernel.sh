#!/bin/bash
# kernel.sh SERIES[-FLAVOUR] | RELEASE: puts a stock kernel with its headers into the build
# root of a suite that has it, and prints "RELEASE SUITE IMAGE MODULES"; the last is a folder
# with GUEST_MODULES. For a series (6.12, 7.2, ...) and flavour (rt, cloud, or none) the script
# takes the newest image with headers to build a module. If no suite has the kernel, the
# script fails if you asked for it. If it is one of the default kernels, the script warns and prints
# nothing.
#
# The script unpacks the packages, and does not install them: no maintainer script runs and makes an
# initrd, and dependencies on other images cost nothing.
# shellcheck source=tests/vm/root/lib.sh
. "$(dirname "$0")/lib.sh"

wanted=$1 exact=
series=$(grep -oE '^[0-9]+\.[0-9]+' <<<"$wanted") || die "no kernel is called '$wanted': name a series, as 6.12"
flavour=${wanted#"$series"}
[[ $wanted != *"-$DEBIAN_ARCH" ]] || exact=$wanted flavour=

# Prints the releases of series and flavour that have a package "linux-$1-RELEASE".
releases() {
	local which="[^ -]+(-[0-9]+)?$flavour-$DEBIAN_ARCH"
	[ -z "$exact" ] || which=${exact//[.+]/[.+]}
	in_root apt-cache search --names-only "^linux-$1-${series//./\\.}[.~+-]" |
		sed -nE "s/^linux-$1-($which) .*/\1/p" | sort -V
}

newest() {
	local image
	image=$(mktemp)
	releases image >"$image"
	releases headers | grep -Fxf "$image" | tail -n 1 || true
	rm -f "$image"
}

# Prints the packages of the image and the headers, and the packages of the same build on which
# these depend. Not printed are a package of modules, of which fetch_modules takes a few, and
# kbuild's programs that do not run here.
packages() {
	local release=$1 version=${1%-"$DEBIAN_ARCH"}
	version=${version%-rt}
	version=${version%-cloud}
	in_root apt-cache depends --recurse --no-recommends --no-suggests \
		--no-conflicts --no-breaks --no-replaces --no-enhances \
		"linux-image-$release" "linux-headers-$release" |
		grep -E "^linux-kbuild-|^linux-.*-${version//[.+]/[.+]}(-|\$)" |
		grep -vE -- '-unsigned$|^linux-modules-|^linux-kbuild-.*:'
}

# Older packages keep the image in /boot, newer ones beside the modules.
fetch() {
	local release=$1 list
	list=$(packages "$release")
	# shellcheck disable=SC2016,SC2086 # expanded inside; a list of names
	in_root sh -euxc '
		release=$1 new=/kernels/.new
		shift
		rm -rf $new "/kernels/$release"
		mkdir $new
		cd $new
		apt-get download -q "$@"
		for deb in *.deb; do
			dpkg-deb --fsys-tarfile "$deb" |
				tar -x -C / --keep-directory-symlink
			rm "$deb"
		done
		test -e "/usr/src/linux-headers-$release/Makefile"
		cp "/boot/vmlinuz-$release" $new/vmlinuz ||
			cp "/usr/lib/modules/$release/vmlinuz" $new/vmlinuz
		mv $new "/kernels/$release"' sh "$release" $list
}

# Copies GUEST_MODULES to kernels/RELEASE/$MODULES.
fetch_modules() {
	local names
	names=$(printf ' -o -name %s.ko*' "${GUEST_MODULES[@]}")
	# shellcheck disable=SC2016,SC2086 # expanded inside; words
	in_root sh -euxc '
		release=$1 from=/usr/lib/modules/$release/kernel to=/kernels/$release/$2
		shift 2
		rm -rf "$to.new"
		mkdir "$to.new"
		cd "$to.new"
		if [ ! -d "$from" ]; then
			apt-get download -q "linux-modules-$release"
			dpkg-deb -x linux-modules-*.deb unpacked
			from=unpacked
		fi
		find "$from" "$@" | while read -r file; do cp "$file" .; done
		rm -rf unpacked linux-modules-*.deb
		mv "$to.new" "$to"' sh "$release" "$MODULES" ${names# -o }
}

main() {
	local release suite answer=$CACHE/newest-$wanted-$DEBIAN_ARCH
	# While the package lists are the same, take the last answer.
	for suite in ${SUITES_OF[$series]:-$SUITE}; do
		use_root "$suite"
		"$ROOT_DIR/root.sh" "$suite"
		release=$(known)
		[ -n "$release" ] || release=$(newest)
		[ -z "$release" ] || break
	done
	if [ -z "$release" ]; then
		[ -z "${KERNELS:-}" ] ||
			die "no stock kernel $wanted with headers in the package lists: make plan, without KERNELS, prints the series of make check"
		say "WARNING: the archive has no kernel $wanted with headers: LEFT OUT"
		return
	fi
	if [ ! -e "$ROOT/kernels/$release" ]; then
		# Lists may be a day old, and name a package that the mirror has since dropped.
		if ! step "fetching kernel $release" fetch "$release"; then
			"$ROOT_DIR/root.sh" "$suite" --refresh
			release=$(newest)
			step "fetching kernel $release" fetch "$release"
		fi
	fi
	[ -e "$ROOT/kernels/$release/$MODULES" ] ||
		step "fetching modules of $release" fetch_modules
	printf '%s %s\n' "$ROOT" "$release" >"$answer"
	printf '%s %s %s %s\n' "$release" "$suite" "$ROOT/kernels/$release/vmlinuz" \
		"$ROOT/kernels/$release/$MODULES"
}

# Prints the last answer if it is from this root and the same package lists.
known() {
	local root release
	[ -e "$answer" ] || return 0
	read -r root release <"$answer"
	if [ "$root" = "$ROOT" ] && [ "$answer" -nt "$ROOT/var/lib/apt/pfnmap-test-refreshed" ]; then
		printf '%s\n' "$release"
	fi
}
with_lock kernels main
