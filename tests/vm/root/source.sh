#!/bin/bash
# Takes from Debian's linux-source what the tests use of the kernel's own tree: checkpatch for
# `make lint`, and upstream's `pfnmap` selftest, which this script builds for every guest. Both
# stay in the build root, as /ksource/{scripts,...} and /ksource/upstream-pfnmap; this project keeps
# no copy.
# shellcheck source=tests/vm/root/lib.sh
. "$(dirname "$0")/lib.sh"

# shellcheck disable=SC2016 # expanded inside
unpack='
	rm -rf /ksource.new
	mkdir /ksource.new
	cd /ksource.new
	apt-get download -q "linux-source-$1"
	dpkg-deb --fsys-tarfile linux-source-*.deb |
		tar -xO --wildcards "./usr/src/linux-source-*.tar.xz" | xz -dc -T0 |
		tar -x --strip-components=1 --wildcards \
			"*/scripts/checkpatch.pl" "*/scripts/spelling.txt" \
			"*/scripts/const_structs.checkpatch" \
			"*/tools/include/uapi" "*/tools/testing/selftests/kselftest*.h" \
			"*/tools/testing/selftests/mm"
	rm linux-source-*.deb
	cd tools/testing/selftests/mm
	# As its Makefile does; static, so that it runs in any guest; the asm
	# headers of the C library, since those of the tools want the whole tree.
	rm -r ../../../include/uapi/asm
	gcc -O2 -Wall -U_FORTIFY_SOURCE -static -I../../../.. -I.. \
		-isystem ../../../include/uapi \
		-o /ksource.new/upstream-pfnmap pfnmap.c vm_util.c
	cd /
	rm -rf /ksource
	mv /ksource.new /ksource
	printf "%s\n" "$1" >/ksource/series'

main() {
	[ "$(cat "$ROOT/ksource/series" 2>/dev/null)" != "$SOURCE_SERIES" ] || return 0
	step "taking checkpatch and the pfnmap selftest from linux-source-$SOURCE_SERIES" \
		in_root sh -euc "$unpack" sh "$SOURCE_SERIES"
}
with_lock source main
