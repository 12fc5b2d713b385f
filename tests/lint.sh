#!/bin/bash
# lint.sh: checkpatch over the C sources, the uapi header's layout and what is told of it
# elsewhere, what the documents and the CI recipes name, sparse over the module, W=1 over
# it for each kernel in KERNELS, shellcheck over scripts and tests. A warning is a
# failure, and so is a check that finds nothing to look at. The checkers are the build
# root's.
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/vm/lib.sh"

# What checkpatch is not asked, and why:
# all of the sources
ignore=(
	FILE_PATH_CHANGES      # there is no MAINTAINERS file to update
	LINUX_VERSION_CODE     # out of the tree, compat.h asks for versions
	CONSTANT_COMPARISON    # KERNEL_VERSION() looks like a constant to it
	CONST_STRUCT           # its list is of kernel structs, by name alone
	MACRO_ARG_UNUSED TRAILING_SEMICOLON  # patterns/list.h is read in two ways
	MACRO_ARG_REUSE        # of types, as in the table of ioctls
	CAMELCASE              # PRIx64 is the C library's, MT_DEVICE_nGnRnE the kernel's
)
# programs, which are no kernel code
ignore_userspace=(
	PREFER_KERNEL_TYPES PREFER_FALLTHROUGH STRCPY STRLCPY STRNCPY
	SSCANF_TO_KSTRTO NEW_TYPEDEFS VOLATILE CONSIDER_KSTRTO
	AVOID_EXTERNS          # argp's version and address are such
	PREFER_DEFINED_ATTRIBUTE_MACRO  # __printf() is the kernel's
)

"$VM_DIR/host.sh" lint
"$VM_DIR/root.sh"
"$VM_DIR/source.sh"
status=0
lint=$WORK/lint

# Files below the given folders that match a pattern, as paths in the checkout;
# it is an error if there are none.
files() {
	local pattern=$1 found
	shift
	found=$(cd "$ROOT$lint" && find "$@" -name "$pattern" -type f | sort)
	[ -n "$found" ] || die "lint: no $pattern below $*"
	printf '%s\n' "$found"
}

# shellcheck disable=SC2016 # expanded inside
in_checkout() { in_root sh -euc 'cd "$1"; shift; exec "$@"' sh "$lint" "$@"; }

checkpatch() {
	local ignored=$1 list
	shift
	list=$(files '*.[ch]' "$@") || return
	# shellcheck disable=SC2086 # a list of names
	in_checkout perl /ksource/scripts/checkpatch.pl --no-tree --strict --quiet \
		--no-summary --show-types --terse --ignore "$ignored" -f $list
}

shell() {
	local list
	list=$(files '*.sh' tests kunit userspace && files '*.bash' tests userspace && files '*.bats' tests) || return
	# shellcheck disable=SC2086 # a list of names
	in_checkout shellcheck -x -P . $list tests/vm/init .ci/run
}

# The interface has the same layout for programs of 32 and of 64 bits, and no hole that
# a kernel could leave something in.
uapi() {
	local bits
	for bits in -m64 -m32; do
		in_checkout gcc "$bits" -I/usr/include/x86_64-linux-gnu -Wpadded -Wall -Wextra \
			-Werror -fsyntax-only -x c module/uapi/pfnmap_test.h || return
	done
}

# The module with W=1 and sparse. A warning fails, and the next run looks again.
# sparse 0.6 lags behind the kernel: __typeof_unqual__ is new to it, and the static
# assertion in MODULE_INFO() is no constant to it. Kernels from 7.0 on find it too
# old for that and would leave it out, were CHECKSRC not set by hand.
sparse() {
	local release=$1 dir=$WORK/$1/lint log status=0
	use_root "$2"
	sync_tree "$TOP/module" "$ROOT$dir" || return
	log=$(mktemp)
	in_root make -j"$(nproc)" -C "/usr/src/linux-headers-$release" M="$dir" \
		C=2 KBUILD_CHECKSRC=2 CF=-D__typeof_unqual__=__typeof__ W=1 \
		modules >"$log" 2>&1 || echo "error: make failed" >>"$log"
	grep -q '^ *CHECK ' "$log" || echo "error: sparse saw nothing" >>"$log"
	if grep -E 'warning:|error:' "$log" | grep -v ': error: bad constant expression$'; then
		rm -rf "$ROOT${dir:?}"
		cat "$log"
		status=1
	fi
	rm -f "$log"
	return "$status"
}

all() {
	local part
	for part in module userspace kunit tests docs .ci; do
		sync_tree "$TOP/$part" "$ROOT$lint/$part"
	done
	cp "$TOP/Makefile" "$TOP/README.md" "$ROOT$lint/"
	step "checkpatch, module" checkpatch "$(IFS=,; echo "${ignore[*]}")" \
		module kunit tests/patterns || status=1
	step "checkpatch, programs" checkpatch \
		"$(IFS=,; echo "${ignore[*]},${ignore_userspace[*]}")" userspace || status=1
	step "uapi header" uapi || status=1
	step "shellcheck" shell || status=1
	step "documents" "$TOP/tests/docs/check.sh" || status=1
	step "CI recipes" in_checkout python3 tests/docs/recipes.py || status=1
	step "syzkaller's description" "$TOP/tests/syzkaller/check.sh" || status=1
	for series in $KERNELS; do
		# Kernels of our own are linted as they are built for (kunit/build.sh).
		[[ $series == [0-9]* ]] || continue
		found=$("$VM_DIR/kernel.sh" "$series")
		[ -n "$found" ] || continue
		read -r release suite <<<"$found"
		step "sparse and W=1, $release" sparse "$release" "$suite" || status=1
	done
	return "$status"
}
with_lock "lint-${WORK##*/}" all
