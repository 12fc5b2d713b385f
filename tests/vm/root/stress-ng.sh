#!/bin/bash
# stress-ng.sh: fetches stress-ng and the libraries that it links with from the suite, without
# further dependencies such as Mesa, into a folder for the guest, and prints the folder.
# shellcheck source=tests/vm/root/lib.sh
. "$(dirname "$0")/lib.sh"

dir=/stress-ng-$(printf '%s\n' "${STRESS_PACKAGES[@]}" | sha256sum | cut -c1-12)

# shellcheck disable=SC2016 # expanded inside
unpack='
	dir=$1
	shift
	rm -rf "$dir.new"
	mkdir -p "$dir.new/all" "$dir.new/lib"
	cd "$dir.new"
	apt-get download -q "$@"
	for deb in *.deb; do dpkg-deb -x "$deb" all; done
	export LD_LIBRARY_PATH="$PWD/all/usr/lib/x86_64-linux-gnu"
	! ldd all/usr/bin/stress-ng | grep "not found"
	ldd all/usr/bin/stress-ng | sed -n "s/.*=> \(.*\) (.*/\1/p" | xargs cp -Lt lib
	cp all/usr/bin/stress-ng .
	rm -rf all ./*.deb
	mv "$dir.new" "$dir"'

fetch() {
	[ -e "$ROOT$dir" ] ||
		step "fetching stress-ng" in_root sh -euc "$unpack" sh "$dir" "${STRESS_PACKAGES[@]}"
}
with_lock stress-ng fetch
printf '%s\n' "$ROOT$dir"
