#!/bin/bash
# profile.sh build               builds count.c, the plugin -> build/count.so
# profile.sh table DIR RELEASE   what a guest executed of its kernel, from what it and
#                                the plugin left in DIR -> build/results/profile-RELEASE.tsv:
#                                function, calls, instructions of its own, per call
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

build() {
	mkdir -p "$BUILD" "$ROOT$WORK" &&
		cp "$VM_DIR/count.c" "$ROOT$WORK/count.c" &&
		in_root gcc -O2 -Wall -Wextra -Werror -shared -fPIC \
			-o "$WORK/count.so" "$WORK/count.c" &&
		cp "$ROOT$WORK/count.so" "$BUILD/count.so"
}

# Both lists in one, by address: a symbol goes before its first instruction. Addresses
# are compared as text, for awk's numbers have 53 bits.
table() { # DIR RELEASE
	local out=$BUILD/results/profile-$2.tsv
	LC_ALL=C sort -k 1,1 -k 2,2r <(sed 's/ / = /' "$1/executed") \
		<(awk '$2 ~ /^[tTwW]$/ { print $1, "~" $3 $4 }' "$1/files/kallsyms") |
		awk -v OFS='\t' '
			function told() {
				if (own)
					print name, calls, own, calls ? own / calls : "-"
			}
			/ ~/ {
				told()
				name = substr($2, 2)
				start = $1
				calls = own = 0
				next
			}
			$1 == start { calls = $3 }
			{ own += $3 }
			END { told() }' | sort -t $'\t' -k 3,3nr >"$out.new"
	mv "$out.new" "$out"
}

case $1 in
build) with_lock "build-${WORK##*/}" step "building the plugin that counts" build ;;
table) table "$2" "$3" ;;
*) die "usage: profile.sh build | table DIR RELEASE" ;;
esac
