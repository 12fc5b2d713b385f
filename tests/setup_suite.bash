# shellcheck shell=bash
# Once for the whole suite: the module goes in before the first test and comes
# out after the last one.
#
#   PFNMAP_TEST_KO	the module to test; without it modprobe finds one
#   PFNMAP_TEST_RESERVED	where there is no memmap=, what of memory was kept from
#			the kernel otherwise, as memmap= would say it

setup_suite() {
	if [[ -e /sys/module/pfnmap_test ]]; then
		echo "pfnmap_test is loaded already: unload it first" >&2
		return 1
	fi

	export BATS_NO_PARALLELIZE_WITHIN_FILE=1
	export BATS_TEST_TIMEOUT=${BATS_TEST_TIMEOUT:-600}
	# What a countdown waits for (helpers/bats.bash).
	mkfifo "$BATS_SUITE_TMPDIR/never"
	suite_load

	# What this kernel tracks PFNMAP VMAs with: ctx (6.16) or vm_pat.
	TRACKING=$(pfnmap-try a=open m=mmap:a,len=4096 vma:m | grep -o 'tracking=[a-z_]*')
	export TRACKING
	PAT=$(pfnmapctl info -j | jq -r '.[] | select(.name == "pat") | if .available then "on" else "off" end')
	export PAT
	# The methods that this kernel has, between blanks.
	METHODS=" $(pfnmapctl info -j |
		jq -r '[.[] | select(.kind == "method" and .available) | .name] | join(" ")') "
	export METHODS
}

teardown_suite() {
	rmmod pfnmap_test
	[[ -z ${RESULTS:-} || ! -e $BATS_SUITE_TMPDIR/behaviours ]] ||
		jq -Rn '[inputs / "\t" | { key: .[0], value: .[1] }] | from_entries' \
			<"$BATS_SUITE_TMPDIR/behaviours" >"$RESULTS/behaviours.json"
	[[ ! -e $BATS_SUITE_TMPDIR/leaks ]] || leaked_for_ever
}

# What tests of bugs of old kernels have noted (helpers/tracked.bash).
leaked_for_ever() {
	local list=$BATS_SUITE_TMPDIR/leaks

	[[ -z ${RESULTS:-} ]] || cp "$list" "$RESULTS/leaks-$(uname -r).txt"
	echo "# this kernel has leaked $(wc -l <"$list") reservations for ever" >&3
}

# The module as all tests find it. Where two ranges of 1 GiB were reserved at
# boot it takes those: entries of the memtype tree are then the same after each
# load, and 1 GiB leaves are possible.
suite_load() {
	# shellcheck disable=SC2046 # words
	module_load $(suite_params)
}

suite_params() {
	local ranges

	# shellcheck disable=SC2016
	mapfile -t ranges < <(cat /proc/cmdline - <<<"${PFNMAP_TEST_RESERVED-}" |
		grep -oE '1G\$0x[0-9a-f]+' | tr '$' @)
	[[ ${#ranges[@]} -lt 2 ]] || echo "mmio=${ranges[0]} dax=${ranges[1]}"
}

# For the tests too, which load this file for it.
# shellcheck disable=SC2120
module_load() { # [PARAM=VALUE...]
	if [[ -n ${PFNMAP_TEST_KO:-} ]]; then
		insmod "$PFNMAP_TEST_KO" "$@"
	else
		modprobe pfnmap_test "$@"
	fi
}
