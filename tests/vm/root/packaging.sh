#!/bin/bash
# packaging.sh dkms RELEASE       builds the module by dkms, as users do, and tests dkms.conf
#                                 -> build/RELEASE/dkms/pfnmap_test.ko
# packaging.sh install            tests `make install`
# packaging.sh deb                builds the Debian packages, and has lintian look at them
#                                 -> build/deb/*.deb
# packaging.sh installed RELEASE  the same, and has apt install them beside that kernel
#                                 -> build/RELEASE/packages.tar, the files for a guest
#
# The source is what `git archive` would give if you committed all changes. The script works in a
# root of its own (ROOT_FOR=packaging in config.sh).
export ROOT_FOR=packaging
# shellcheck source=tests/vm/root/lib.sh
. "$(dirname "$0")/lib.sh"

# Copies the source to DIR, without files that git does not track.
archive() { # DIR
	local commit
	rm -rf "$1"
	mkdir -p "$1"
	if commit=$(git -C "$TOP" stash create 2>/dev/null); then
		git -C "$TOP" archive "${commit:-HEAD}" | tar -x -C "$1"
	else
		# This tree came out of an archive itself.
		tar -C "$TOP" --exclude=./build --exclude=./.git -c . | tar -x -C "$1"
	fi
}

# The root that builds the guests' modules has the headers: links its folders, instead of copies.
take_headers() { # RELEASE
	local from
	# shellcheck disable=SC2016 # the other shell's
	from=$(ROOT_FOR='' bash -c '. "$1/lib.sh" && echo "$ROOT"' sh "$ROOT_DIR") || return
	[ ! -e "$ROOT/usr/lib/modules/$1/build" ] || return 0
	cp -aln "$from"/usr/src/linux-headers-* "$ROOT/usr/src/" &&
		cp -aln "$from"/usr/lib/linux-kbuild-* "$ROOT/usr/lib/" || return
	mkdir -p "$ROOT/usr/lib/modules/$1"
	cp -a "$from/usr/lib/modules/$1"/{source,build} "$ROOT/usr/lib/modules/$1/"
}

# The source's folder in the root. One run at a time uses the root, as dkms has only one folder.
sources=$WORK/archive

test_dkms() { # RELEASE
	local built=$WORK/dkms
	rm -rf "${ROOT:?}$built"
	take_headers "$1" &&
		in_root RELEASE="$1" SOURCE="$sources" KEEP="$built" \
			bats --tap "$sources/tests/packaging/dkms.bats" &&
		mkdir -p "$BUILD/$1/dkms" &&
		cp "$ROOT$built/pfnmap_test.ko" "$BUILD/$1/dkms/"
}

# Objects stay in $BUILD, so that the next run rebuilds only what has changed.
test_install() {
	in_root SOURCE="$sources" BUILD="$WORK/userspace" \
		bats --tap "$sources/tests/packaging/install.bats"
}

# shellcheck disable=SC2016 # expanded inside
deb() {
	local tree=$WORK/deb
	rm -rf "${ROOT:?}$tree" "$BUILD/deb"
	mkdir -p "$ROOT$tree" "$BUILD/deb" &&
		cp -a "$ROOT$sources" "$ROOT$tree/pfnmap-test" &&
		in_root DEB_BUILD_OPTIONS=noautodbgsym sh -euc '
			cd "$1/pfnmap-test"
			dpkg-buildpackage --no-sign --build=binary
			cd ..
			lintian --allow-root --fail-on error,warning --info ./*.changes' sh "$tree" &&
		cp "$ROOT$tree"/*.deb "$BUILD/deb/"
}

# Installs the packages, and then the module for a kernel, as when you install a kernel beside
# them. A purge must leave nothing of them.
# shellcheck disable=SC2016 # expanded inside
install_debs='
	release=$1
	cd "$2"
	# of a run that was ended
	dpkg --purge pfnmap-test pfnmap-test-dkms
	apt-get install -y -o "Dpkg::Options::=--path-include=/usr/share/*" "$2"/*.deb
	dkms autoinstall -k "$release"
	{
		dpkg -L pfnmap-test
		find "/usr/lib/modules/$release/updates" -type f
	} | tar -c --no-recursion -f packages.tar -T -
	dpkg --purge pfnmap-test pfnmap-test-dkms
	for left in /usr/share/pfnmap-test /usr/src/pfnmap-test-* /var/lib/dkms/pfnmap-test \
		"/usr/lib/modules/$release/updates"; do
		test ! -e "$left"
	done'

test_debs() { # RELEASE
	take_headers "$1" &&
		in_root sh -euxc "$install_debs" sh "$1" "$WORK/deb" &&
		mkdir -p "$BUILD/$1" &&
		cp "$ROOT$WORK/deb/packages.tar" "$BUILD/$1/"
}

main() {
	local tree=$BUILD/archive
	archive "$tree"
	sync_tree "$tree" "$ROOT$sources"
	case $1 in
	dkms) step "building the module for $2 by dkms" test_dkms "$2" ;;
	install) step "make install" test_install ;;
	deb) step "building the Debian packages" deb ;;
	installed)
		step "building the Debian packages" deb
		step "installing them for $2" test_debs "$2"
		;;
	esac
}

case ${1:-}/$# in
dkms/2 | install/1 | deb/1 | installed/2) ;;
*) die "usage: packaging.sh dkms RELEASE | install | deb | installed RELEASE" ;;
esac
"$VM_DIR/host/needs.sh" deb
"$ROOT_DIR/root.sh"
with_lock packaging main "$@"
