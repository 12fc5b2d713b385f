#!/bin/bash
# sysroot.sh: unpacks SYSROOT_PACKAGES and what they depend on into SYSROOT of the build root:
# the libraries that programs for another architecture link with, and the programs that its
# guests run. SYSROOT/lists has the files of each package. The script installs nothing:
# maintainer scripts would need a machine of that architecture.
# shellcheck source=tests/vm/root/lib.sh
. "$(dirname "$0")/lib.sh"

# The settings make apt believe that it works for a machine of that architecture with nothing
# installed.
# shellcheck disable=SC2016 # expanded inside
unpack='
	arch=$1 sysroot=$2
	shift 2
	dpkg --add-architecture "$arch"
	apt-get update -o APT::Update::Error-Mode=any -o Acquire::Languages=none
	rm -rf "$sysroot"
	mkdir -p "$sysroot"
	cd "$sysroot"
	mkdir -p debs/partial lists usr/bin usr/sbin usr/lib
	ln -s usr/bin usr/sbin usr/lib .
	apt-get -o APT::Architecture="$arch" -o APT::Architectures="$arch" \
		-o Dir::State::status=/dev/null -o Dir::Cache::archives="$sysroot/debs" \
		-o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= \
		-y --no-install-recommends --download-only install "$@"
	for deb in debs/*.deb; do
		dpkg-deb --fsys-tarfile "$deb" |
			tar -xv --keep-directory-symlink >"lists/$(dpkg-deb -f "$deb" Package)"
	done
	rm -r debs usr/share/doc usr/share/man usr/share/locale'

# The sysroot's name has the checksum of its recipe, as the root's has.
recipe=$(sha256sum <<<"${SYSROOT_PACKAGES[*]} $unpack")

main() {
	[ "$(cat "$ROOT$SYSROOT/.recipe" 2>/dev/null)" != "$recipe" ] || return 0
	step "unpacking what $DEBIAN_ARCH guests are made of" \
		in_root sh -euxc "$unpack" sh "$DEBIAN_ARCH" "$SYSROOT" "${SYSROOT_PACKAGES[@]}"
	printf '%s\n' "$recipe" >"$ROOT$SYSROOT/.recipe"
}

"$ROOT_DIR/root.sh"
with_lock sysroot main
