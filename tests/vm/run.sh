#!/bin/bash
# run.sh check|check-all|fuzz|storm|deb|demo|atlas|findings|bench|shell: builds what is needed
# and boots the guests.
#
# KERNELS  the stock series to run on (config.sh has the default), and kernels of our
#          own (kunit/kernel.sh has their names)
# KDIR     instead: your own build tree, with KERNEL your own image
# APPEND   more for the guest's kernel command line
# TESTS    a filter (regular expression) on the names of the tests
# FINDINGS names of findings to run (all)
# JOBS     guests at once; TIMEOUT seconds per guest; ACCEL kvm or tcg
# FUZZ_SECONDS  fuzz: for how long; FUZZ_SEED from which seed, if not from a new one
# STORM_SECONDS  storm: for how long, and STORM_CYCLES loads
# PROFILE  bench: count what functions of the kernel execute, too
# CPUS     of a guest; as many as leave a processor of this machine for each
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

mode=$1
"$VM_DIR/host.sh" "$mode"
"$VM_DIR/root.sh"

# Built here, its module too.
own_kernel() { # NAME
	local built release image arch
	[ "$mode" != findings ] || die "findings are about stock kernels, not $1"
	built=$("$TOP/kunit/kernel.sh" "$1")
	read -r release _ image arch _ <<<"$built"
	[ "$image" != - ] || die "the kernel $1 is not there to be booted"
	"$TOP/kunit/build.sh" "$built"
	releases+=("$release")
	images[$release]=$image
	machines[$release]=$arch
	filters[$release]=${TESTS_OF[$1]:-}
	timeouts[$release]=${TIMEOUT_OF[$1]:-}
}

# Whether there is a test to run in a file.
has_test() { # FILE
	sed -n 's/^@test "\(.*\)" {$/\1/p' "$TOP/tests/$1" | grep -qE -- "${TESTS:-}"
}

# More guests of a release: those of config.sh's boots that have a test to run.
boots_of() { # RELEASE
	local boot
	for boot in "${!BOOTS[@]}"; do
		! has_test "boots/$boot.bats" || boots[$boot]=$1
	done
}

# Debian's kernel for another machine, its module too.
foreign_kernel() { # NAME
	local built release image
	[ "$mode" = check ] || [ "$mode" = shell ] || die "$mode is not for $1"
	built=$("$VM_DIR/foreign.sh" "$1")
	read -r release image <<<"$built"
	releases+=("$release")
	images[$release]=$image
	machines[$release]=$1
	timeouts[$release]=${TIMEOUT_OF[$1]:-}
}

releases=() all_kernels='' whole=''
declare -A boots=()
declare -A images suites machines filters timeouts programs=() tags=() shares=()
if [ -n "${KDIR:-}${KERNEL:-}" ]; then
	: "${KDIR:?KDIR and KERNEL go together}" "${KERNEL:?KDIR and KERNEL go together}"
	[ -e "$KERNEL" ] || die "no kernel image $KERNEL"
	release=$(cat "$KDIR/include/config/kernel.release") ||
		die "$KDIR is no built kernel tree (make modules_prepare)"
	KDIR=$(realpath "$KDIR")
	releases=("$release")
	images[$release]=$KERNEL
	suites[$release]=$SUITE
else
	case $mode in
	demo | shell) [ "$KERNELS" != "$DEFAULT_KERNELS" ] || KERNELS=$DEMO_KERNELS ;;
	check) [ "$KERNELS" != "$DEFAULT_KERNELS" ] || KERNELS="$CHECK_KERNELS $KERNELS" all_kernels=yes ;;
	fuzz) [ "$KERNELS" != "$DEFAULT_KERNELS" ] || KERNELS=$FUZZ_KERNELS ;;
	storm) [ "$KERNELS" != "$DEFAULT_KERNELS" ] || KERNELS=$STORM_KERNELS ;;
	deb) [ "$KERNELS" != "$DEFAULT_KERNELS" ] || KERNELS=$DEB_KERNELS ;;
	check-all) KERNELS="$DEFAULT_KERNELS $ALL_CHECK_KERNELS" mode=check ;;
	bench) [ "$KERNELS" != "$DEFAULT_KERNELS" ] || KERNELS=${DEMO_KERNELS##* } ;;
	esac
	[ "$mode" != shell ] || KERNELS=${KERNELS##* }
	for series in $KERNELS; do
		if [ -n "${FOREIGN_KERNELS[$series]:-}" ]; then
			foreign_kernel "$series"
			continue
		fi
		if [[ $series != [0-9]* ]]; then
			own_kernel "$series"
			continue
		fi
		found=$("$VM_DIR/kernel.sh" "$series")
		[ -n "$found" ] || continue
		read -r release suite <<<"$found"
		if [ -n "$all_kernels" ] && [ "$series" = "$WHOLE_KERNEL" ]; then
			# What takes longest begins first.
			whole=$release
			releases=("$release" ${releases[@]+"${releases[@]}"})
		else
			releases+=("$release")
			[ -z "$all_kernels" ] || [ -n "${TESTS:-}" ] || tags[$release]=$EVERY_TAG
		fi
		suites[$release]=$suite
		[ "$mode $series" != "check $SANITISED" ] || programs[$release]=sanitised
		images[$release]=$(use_root "$suite" && echo "$ROOT")/kernels/$release/vmlinuz
		[ "$mode $series" != "check $BOOTS_SERIES" ] || boots_of "$release"
	done
fi
[ ${#releases[@]} -gt 0 ] || die "KERNELS names no kernel"

[ ${#releases[@]} -gt 1 ] || whole=${releases[0]}
if [ "$mode" = check ] && [ -n "$whole" ] && [ -z "${TESTS:-}${machines[$whole]:-}" ]; then
	shares[$whole]=$SHARES
fi

if [ "$mode" = fuzz ]; then
	# One of the tests, so that all is looked at that tests must leave as it was.
	mode=check TESTS=$FUZZ_TEST TIMEOUT=$((TIMEOUT + 2 * FUZZ_SECONDS)) timeouts=()
fi

if [ "$mode" = storm ]; then
	# One guest at a time has all processors.
	mode=check TESTS=$STORM_TESTS JOBS=1 timeouts=()
	TIMEOUT=$((TIMEOUT + 2 * STORM_SECONDS + 20 * STORM_CYCLES))
	STRESS_NG=$("$VM_DIR/stress-ng.sh")
	export STRESS_NG
fi

packages=
if [ "$mode" = deb ]; then
	# Of the suite that they are built for.
	release=${releases[-1]}
	[ "${suites[$release]}" = "$SUITE" ] || die "no packages for the kernel $release"
	mode=check TESTS=${TESTS:-$DEB_TESTS} releases=("$release") packages=$BUILD/$release/packages.tar
	"$VM_DIR/packaging.sh" installed "$release"
fi

"$VM_DIR/source.sh"
"$VM_DIR/build.sh" userspace
[ ${#programs[@]} -eq 0 ] || PROGRAMS=sanitised "$VM_DIR/build.sh" userspace
for release in "${releases[@]}"; do
	[ -n "${machines[$release]:-}" ] ||
		"$VM_DIR/build.sh" module "$release" "${suites[$release]}" ${KDIR:+"$KDIR"}
done
if [ "$mode" = check ]; then
	for release in "${releases[@]}"; do
		[ -n "${machines[$release]:-}$packages" ] ||
			"$VM_DIR/build.sh" patterns "$release" "${suites[$release]}" ${KDIR:+"$KDIR"}
		[[ $release != "$GROWN_KERNEL".* ]] || [ -n "${machines[$release]:-}${KDIR:-}$packages" ] ||
			"$VM_DIR/build.sh" grown "$release" "${suites[$release]}"
	done
fi
# By dkms, too, where tests of that are among those to run.
declare -A dkms
if [ "$mode" = check ] && [ -z "$packages" ] && [ -z "${KDIR:-}" ] && has_test dkms.bats; then
	for release in "${releases[@]}"; do
		[ "${suites[$release]:-}" = "$SUITE" ] || continue
		"$VM_DIR/packaging.sh" dkms "$release"
		dkms[$release]=yes
	done
fi
# What a kernel has guests of: one for all, or of each share or finding one.
parts=('')
parts_of() { # RELEASE
	local share of=${shares[$1]:-}
	[ -n "$of" ] || { printf '%s\n' "${parts[@]}" && return; }
	for ((share = 1; share <= of; share++)); do
		echo "$share"
	done
}
if [ "$mode" = findings ]; then
	parts=()
	for finding in $("$VM_DIR/findings.sh" names); do
		parts+=("$finding")
		for release in "${releases[@]}"; do
			"$VM_DIR/build.sh" finding "$release" "${suites[$release]}" \
				"$finding" ${KDIR:+"$KDIR"}
		done
	done
fi
if [ "$mode" = bench ]; then
	# One after the other, so that nothing but their work is in their figures.
	ACCEL=tcg JOBS=1
	[ -z "${PROFILE:-}" ] || "$VM_DIR/profile.sh" build
fi
for release in "${releases[@]}"; do
	[[ ${machines[$release]:-} != @(|x86_64) ]] || [ -n "${ACCEL:-}" ] ||
		ACCEL=$("$VM_DIR/accel.sh" "$release" "${images[$release]}")
done
export ACCEL

run=$(mktemp -d "${TMPDIR:-/tmp}/pfnmap-test.XXXXXX")
# shellcheck disable=SC2317 # the trap calls it
cleanup() {
	local file
	for file in "$run"/*/qemu.pid "$run"/*/*/qemu.pid; do
		[ ! -e "$file" ] || kill "$(cat "$file" 2>/dev/null)" 2>/dev/null || true
	done
	wait
	rm -rf "$run"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

guest() { # RELEASE PART PREFIX, of BOOT
	local machine=${machines[$1]:-x86_64}
	if [ -n "${FOREIGN_KERNELS[$machine]:-}" ]; then
		local -x ROOT_FOR=$machine PROGRAMS=$machine ACCEL=tcg
	fi
	FINDING=$2 SHARE=${2:+${shares[$1]:+$2/${shares[$1]}}} \
		ALSO=${programs[$1]:-} DKMS=${dkms[$1]:-$packages} PACKAGES=$packages \
		MACHINE=$machine TAG=${tags[$1]:-} TESTS=${TESTS:-${filters[$1]:-}} \
		TIMEOUT=${timeouts[$1]:-$TIMEOUT} "$VM_DIR/guest.sh" "$mode" "$1" "${images[$1]}" \
		"$run/$1${BOOT:+.$BOOT}${2:+/$2}" "$3"
}

if [ "$mode" = demo ] || [ "$mode" = shell ]; then
	export CPUS=${CPUS:-$(nproc)}
	for release in "${releases[@]}"; do
		guest "$release" '' ''
	done
	if [ "$mode" = demo ] && [ ${#releases[@]} -gt 1 ]; then
		printf '\n== atlas: '
		"$VM_DIR/atlas-doc.sh" changes "$run"
	fi
	exit
fi

# As many guests at once as there are processors and memory for.
if [ -z "${JOBS:-}" ]; then
	room=$(awk '/^MemAvailable/ { print int($2 / need) }' \
		need=$((($(numfmt --from=iec "$MEMORY") >> 10) + 1000000)) /proc/meminfo)
	JOBS=$(nproc)
	[ "$JOBS" -le "$room" ] || JOBS=$room
	[ "$JOBS" -ge 1 ] || JOBS=1
fi
at_once=$JOBS
guests=${#boots[@]}
for release in "${releases[@]}"; do
	guests=$((guests + $(parts_of "$release" | wc -l)))
done
[ "$at_once" -le "$guests" ] || at_once=$guests
# A virtual CPU that waits for a processor spins in its neighbours' locks.
: "${CPUS:=$(($(nproc) / at_once))}"
[ "$CPUS" -ge 1 ] || CPUS=1
export CPUS
say "running $guests guests ($ACCEL), $at_once at once ..."
failed=0 running=0
begin() { # RELEASE PART, of BOOT
	if [ "$running" -ge "$JOBS" ]; then
		wait -n || failed=1
		running=$((running - 1))
	fi
	guest "$1" "$2" "$1${BOOT:+.$BOOT}${2:+${shares[$1]:+.$2}}| " &
	running=$((running + 1))
}
for release in "${releases[@]}"; do
	mkdir "$run/$release"
	while IFS= read -r part; do
		begin "$release" "$part"
	done < <(parts_of "$release")
done
for boot in "${!boots[@]}"; do
	BOOT=$boot begin "${boots[$boot]}" ''
done
while [ "$running" -gt 0 ]; do
	wait -n || failed=1
	running=$((running - 1))
done
for release in "${!shares[@]}"; do
	"$VM_DIR/join.sh" "$run/$release"
done
if [ "$mode" = check ]; then
	"$VM_DIR/summary.sh" "$run"
elif [ "$mode" = findings ]; then
	"$VM_DIR/findings.sh" report "$run"
elif [ "$mode" = bench ]; then
	"$VM_DIR/bench-doc.sh" "$run" "${releases[@]}" || failed=1
elif [ "$failed" -eq 0 ]; then
	"$VM_DIR/atlas-doc.sh" document "$run"
fi
exit "$failed"
