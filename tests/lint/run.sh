#!/bin/bash
# run.sh [PART...]: runs the checks of the sources themselves. A warning is a failure, and
# so is a check that finds nothing to look at. The checkers are the build root's.
#
#	checkpatch	the C sources, and the drivers made of the patterns; that the uapi header
#			has one layout for 32 and 64 bits; that only compat.h reads the probes
#	scripts		shellcheck over scripts and tests, pyflakes and pycodestyle over Python;
#			that tests reach the kernel under test only by its target
#	documents	what documents say of the interface, what the documents and the CI
#			recipes name, syzkaller's description
#	audit		that the rules of make audit hit what their fixtures mark, and no pattern
#	sparse		sparse over the module, and W=1, for each kernel in KERNELS; and that the
#			snippets of docs/porting.md compile on each
#
# A file that was clean, and has not changed since, is not checked again ($CACHE/clean).
# shellcheck disable=SC2317 # functions are called by name
# shellcheck source=tests/vm/root/lib.sh
. "$(dirname "$0")/../vm/root/lib.sh"

# The types of message that checkpatch leaves out, and why:
# in all sources
ignore=(
	FILE_PATH_CHANGES      # there is no MAINTAINERS file to update
	LINUX_VERSION_CODE     # the findings and the snippets of docs/porting.md ask for versions
	CONSTANT_COMPARISON    # KERNEL_VERSION() looks like a constant to it
	CONST_STRUCT           # module/ops.c fills in its operations for each open file
	MACRO_ARG_UNUSED TRAILING_SEMICOLON  # patterns/list.h is read in two ways
	MACRO_ARG_REUSE        # of types, as in the table of ioctls
	MACRO_ARG_PRECEDENCE   # a name to declare, as in probes/probe.h
	CAMELCASE              # PRIx64 is the C library's, MT_DEVICE_nGnRnE the kernel's
)
# in programs, which are no kernel code
ignore_userspace=(
	PREFER_KERNEL_TYPES PREFER_FALLTHROUGH STRCPY STRLCPY STRNCPY
	SSCANF_TO_KSTRTO NEW_TYPEDEFS VOLATILE CONSIDER_KSTRTO
	AVOID_EXTERNS          # a program declares environ itself
	PREFER_DEFINED_ATTRIBUTE_MACRO  # __printf() is the kernel's
	SPLIT_STRING           # pfnmapctl prints whole sentences
	BIT_MACRO              # BIT() is the kernel's, too
	EMBEDDED_FUNCTION_NAME # takes a word of a message for the function's name
	ENOSYS                 # what a kernel without the call answers a program
)

clean=$CACHE/clean
mkdir -p "$clean"
# A verdict depends on the checkers, too, and not only on the checked files.
checkers=$(echo "$ROOT" | cat - "$TOP/tests/lint/run.sh" | sha256sum)

# Sets changed to the FILEs, below the lint folder, that were never clean with this content.
changed_of() { # WHAT FILE...
	local what=$1 sum file
	shift
	changed=() stamps=()
	while read -r sum file; do
		sum=$what-$(sha256sum <<<"$checkers $context $sum" | cut -c1-32)
		[ -e "$clean/$sum" ] || {
			changed+=("$file")
			stamps+=("$clean/$sum")
		}
	done < <(cd "$ROOT$lint" && sha256sum "$@")
}

# unless_clean WHAT FILE... -- COMMAND...: runs COMMAND with the files that are not known as
# clean. CONTEXT is anything else that the verdict depends on.
unless_clean() {
	local what=$1 files=() context=${CONTEXT:-}
	shift
	while [ "$1" != -- ]; do files+=("$1"); shift; done
	shift
	changed_of "$what" "${files[@]}"
	[ ${#changed[@]} -gt 0 ] || return 0
	"$@" "${changed[@]}" || return
	touch "${stamps[@]}"
}

# files PATTERN FOLDER...: prints the files below the folders that match the pattern, as paths in
# the checkout. Fails if there are none.
files() {
	local pattern=$1 found
	shift
	found=$(cd "$ROOT$lint" && find "$@" -name "$pattern" -type f | sort)
	[ -n "$found" ] || die "lint: no $pattern below $*: the check has lost its files"
	printf '%s\n' "$found"
}

# shellcheck disable=SC2016 # expanded inside
in_checkout() { in_root sh -euc 'cd "$1"; shift; exec "$@"' sh "$lint" "$@"; }

patch_of() { # IGNORED FILE...
	in_checkout perl /ksource/scripts/checkpatch.pl --no-tree --strict --quiet \
		--no-summary --show-types --terse --ignore "$1" -f "${@:2}"
}

# The interface has the same layout for programs of 32 and of 64 bits, and no hole in
# which a kernel could leave data.
uapi() {
	local bits
	for bits in -m64 -m32; do
		in_checkout gcc "$bits" -I/usr/include/x86_64-linux-gnu -Wpadded -Wall -Wextra \
			-Werror -fsyntax-only -x c module/uapi/pfnmap_test.h || return
	done
}

# The drivers made of the patterns pass checkpatch as if an author submitted them.
drivers() {
	local list
	"$TOP/tests/patterns/extract.sh" "$ROOT$lint/drivers" || return
	mapfile -t list < <(files '*.c' drivers)
	unless_clean checkpatch "${list[@]}" -- patch_of FILE_PATH_CHANGES
}

# Only compat.h asks what the kernel at hand has, by the probes. Nothing goes by its version.
by_compat() {
	local found
	found=$(cd "$ROOT$lint" && grep -rnE 'PFNMAP_PROBE_|LINUX_VERSION_CODE' module kunit \
		--include='*.[ch]' --exclude-dir=probes)
	grep -q '^module/compat\.h:' <<<"$found" ||
		die "lint: module/compat.h reads no probe: the check has lost its files"
	! grep -v '^module/compat\.h:' <<<"$found"
}

checkpatch() {
	local list
	by_compat || return
	"$ROOT_DIR/source.sh"
	mapfile -t list < <(files '*.[ch]' module kunit tests/patterns tests/porting &&
		files finding.c tests/findings)
	unless_clean checkpatch "${list[@]}" -- patch_of "$(IFS=,; echo "${ignore[*]}")" || return
	drivers || return
	mapfile -t list < <(files '*.[ch]' userspace tests/vm && files user.c tests/findings)
	unless_clean checkpatch "${list[@]}" -- \
		patch_of "$(IFS=,; echo "${ignore[*]},${ignore_userspace[*]}")" || return
	uapi
}

# A test that looks at this machine's /proc or /sys says nothing of the kernel under test.
by_target() { # FILE...
	! (cd "$ROOT$lint" && grep -nE \
		'(\$\(<|\[\[ (! )?-[a-z]|(^|[(|;&]) *(cat|grep|awk|sed|head|wc|stat) [^|#]*) ?"?/(proc|sys|dev)/' \
		"$@" | grep -vE '/dev/(null|fd|stdin)')
}

scripts() {
	# What pycodestyle ignores by default, and tabs, which C in strings has.
	local list tests style=E121,E123,E126,E226,E24,E704,W503,W504,E101,W191
	mapfile -t list < <(files '*.sh' tests kunit userspace && files '*.bash' tests userspace &&
		files '*.bats' tests)
	# The verdict on a file depends on what it sources: shellcheck follows that.
	CONTEXT=$(cd "$ROOT$lint" && sha256sum "${list[@]}" | grep -v '\.bats$' | sha256sum) \
		unless_clean shellcheck "${list[@]}" tests/vm/agent/init tests/new .ci/run -- \
		in_checkout shellcheck -x -P . || return
	mapfile -t list < <(files '*.py' tests kunit)
	unless_clean pyflakes "${list[@]}" -- in_checkout pyflakes3 || return
	unless_clean pycodestyle "${list[@]}" -- \
		in_checkout pycodestyle --max-line-length=100 --ignore="$style" || return
	mapfile -t tests < <(files '*.bats' tests/boots && cd "$ROOT$lint" && ls tests/*.bats tests/{helpers,shared,suites}/*.bash)
	by_target "${tests[@]}"
}

documents() {
	"$TOP/tests/lint/documents.sh" && in_checkout python3 -B tests/porting/document.py --check &&
		in_checkout python3 tests/lint/recipes.py &&
		"$TOP/tests/lint/syzkaller.sh"
}

audit() {
	local list
	"$ROOT_DIR/coccinelle.sh"
	mapfile -t list < <(files '*' tests/audit && files '*.c' module)
	CONTEXT=$(cd "$ROOT$lint" && sha256sum "${list[@]}" docs/patterns.md | sha256sum) \
		unless_clean audit tests/vm/selftest/test_audit.py -- in_checkout python3 -B
}

# A stock kernel has what the dates in the probes say. A stable kernel may have more, as 6.12.118
# has kzalloc_obj(). If a probe's two answers are swapped, the newest kernel shows the mistake.
dates() { # RELEASE ANSWERS
	awk -v release="$1" '
		function number(version,    part) {
			split(version, part, ".")
			return part[1] * 1000 + part[2]
		}
		/^#define PFNMAP_PROBE_/ {
			probes++
			match($0, /[0-9]+\.[0-9]+: /)
			if (number(release) >= number(substr($0, RSTART)) && $3 != 1) {
				print "error: " release " answers otherwise than its date: " $0
				wrong = 1
			}
		}
		END { exit wrong || !probes }' "$2"
}

# Builds the module with W=1 and sparse. A warning fails the check, and the next run builds again.
# sparse 0.6 lags behind the kernel: sparse does not know __typeof_unqual__, and does not see that
# the static assertion in MODULE_INFO() is constant. Kernels from 7.0 on call such a sparse too old,
# and would not run it if CHECKSRC were not set here.
sparse_of() { # RELEASE SUITE FILE...
	local release=$1 dir=$WORK/$1/lint log status=0
	use_root "$2"
	sync_tree "$TOP/module" "$ROOT$dir" || return
	log=$(mktemp)
	in_root make -j"$(nproc)" -C "/usr/src/linux-headers-$release" M="$dir" \
		C=2 KBUILD_CHECKSRC=2 CF=-D__typeof_unqual__=__typeof__ W=1 \
		modules >"$log" 2>&1 || echo "error: make failed" >>"$log"
	grep -q '^ *CHECK ' "$log" || echo "error: sparse saw nothing" >>"$log"
	dates "$release" "$ROOT$dir/probes/answers.h" >>"$log" || echo "error: probes" >>"$log"
	if grep -E 'warning:|error:' "$log" | grep -v ': error: bad constant expression$'; then
		rm -rf "$ROOT${dir:?}"
		# step shows only the end of the output.
		grep -vE '^ *(CC|CHECK|LD|PROBES) ' "$log"
		status=1
	fi
	rm -f "$log"
	return "$status"
}

# Builds the snippets of docs/porting.md: each takes the branch for this kernel.
porting_of() { # RELEASE SUITE FILE...
	local release=$1 dir=$WORK/$1/porting log status=0
	use_root "$2"
	sync_tree "$TOP/tests/porting" "$ROOT$dir" || return
	log=$(mktemp)
	in_root make -j"$(nproc)" -C "/usr/src/linux-headers-$release" M="$dir" W=1 \
		modules >"$log" 2>&1 ||
		echo "error: make failed" >>"$log"
	! grep -iE 'warning:|error:' "$log" || {
		rm -rf "$ROOT${dir:?}"
		status=1
	}
	rm -f "$log"
	return "$status"
}

# each_kernel WHAT FOLDER TEXT FUNCTION: calls FUNCTION for each stock kernel, with its headers.
each_kernel() {
	local what=$1 folder=$2 text=$3 function=$4 series found release suite list
	mapfile -t list < <(files '*' "$folder")
	for series in ${KERNELS:-$(python3 -B "$VM_DIR/host/plan.py")}; do
		# For kernels of our own the build itself lints (vm/root/build.sh).
		[[ $series == [0-9]* ]] || continue
		found=$("$ROOT_DIR/kernel.sh" "$series") || return
		[ -n "$found" ] || continue
		read -r release suite _ <<<"$found"
		# Check all files or none: the files include each other.
		CONTEXT="$release $(cd "$ROOT$lint" && sha256sum "${list[@]}" | sha256sum)" \
			unless_clean "$what" "$folder/Kbuild" -- \
			step "$text, $release" "$function" "$release" "$suite" || return
	done
}

sparse() {
	each_kernel sparse module "sparse and W=1" sparse_of &&
		each_kernel porting tests/porting "snippets of docs/porting.md" porting_of
}

part() { # PART
	local start=$SECONDS
	lint=$WORK/lint-$1
	rm -rf "$ROOT${lint:?}"
	mkdir -p "$ROOT$lint"
	tar -C "$TOP" -c --exclude='*.o' --exclude='*.ko' --exclude='*.mod' --exclude='*.mod.c' \
		--exclude='.*.cmd' --exclude=modules.order --exclude=Module.symvers --exclude='answers.h*' \
		--exclude=__pycache__ module userspace kunit tests docs .ci Makefile README.md CONTRIBUTING.md |
		tar -x -C "$ROOT$lint"
	if ! "$1"; then
		printf 'error: lint: %s: failed\n' "$1" >&2
		return 1
	fi
	printf '    lint: %s: %d s\n' "$1" $((SECONDS - start)) >&2
}

[ $# -gt 0 ] || set -- checkpatch scripts documents audit sparse
"$VM_DIR/host/needs.sh" lint
"$ROOT_DIR/root.sh"
status=0
for one; do
	with_lock "lint-$one-${WORK##*/}" part "$one" || status=1
done
exit "$status"
