#!/usr/bin/env bats
# Operations at random, by pfnmap-fuzz: a seed decides what it does. `make fuzz` runs the last
# test alone, for as long as you ask.

load helpers/common
load helpers/cpus

teardown_file() {
	cpus_back
}

# fuzz OPTION...: runs pfnmap-fuzz. Its output is in $output and $lines.
fuzz() {
	need_copied_kept
	run pfnmap-fuzz "$@"
	printf '# %s\n' "${lines[@]: -1}" >&3
	assert_success
}

# lines_of OPTION... -- PATTERN...: runs pfnmap-fuzz --verbose, of which a line has to match each
# PATTERN, and none a PATTERN that begins with !. The line to the target would take seconds for so
# many operations, so look there.
lines_of() {
	# shellcheck disable=SC2016 # expanded there
	target_shell 'ops=$1/ops options=
		shift
		while [ "$1" != -- ]; do options="$options $1" && shift; done
		shift
		pfnmap-fuzz --verbose $options >"$ops"
		for pattern; do
			found=${pattern#!}
			grep -qE -- "$found" "$ops" || found=!$found
			[ "$found" = "$pattern" ] || { echo "not as it should be: $pattern" && exit 1; }
		done
		rm "$ops"' "$TARGET_TMP" "$@"
}

# Seconds that each of these tests takes, on every kernel.
SECONDS_EACH=2

@test "fuzz: some seconds from a fixed seed leave all as it was" {
	fuzz --seed=1 --seconds=$SECONDS_EACH
}

@test "fuzz: some seconds from another seed leave all as it was" {
	fuzz --seed=2 --seconds=$SECONDS_EACH
}

# A thread that guesses an id may give the object back before its maker uses it.
@test "fuzz: some seconds beside threads that guess ids leave all as it was" {
	fuzz --seed=7 --seconds=$SECONDS_EACH --guess
	assert_line --regexp '^[1-9][0-9]* ids were guessed$'
}

# The last method in the module's list is the newest.
@test "fuzz: methods are drawn from those that the module names" {
	local methods last

	methods=$(info_json | jq '[.[] | select(.kind == "method")]')
	# The fuzzer seldom draws methods that the kernel lacks, or that are for the other device.
	last=$(jq 'to_entries | map(select(.value |
		.available and (.flags // "" | contains("prepare") | not)) | .key + 1) | max' <<<"$methods")
	lines_of --seed=8 --ops=4000 -- "^[0-9]+ SET_MAP file[0-9] [0-9]+:$last:" \
		"!^[0-9]+ SET_MAP file[0-9] [0-9]+:$(($(jq length <<<"$methods") + 1)):"
}

# What --verbose prints of an argument: four bytes a word. ZAP has size, how, flags, reserved, and
# start in two words; PIN has size, how and flags.
@test "fuzz: zaps by mapping at offsets of files, copies too, and pins with each flag" {
	local word=' [0-9a-f]{8}'

	lines_of --seed=9 --ops=10000 -- \
		"^[0-9]+ ZAP file[0-9]$word 02000000 00000000 00000000$word 00000000.* = ok$" \
		"^[0-9]+ ZAP file[0-9]$word 02000000 01000000 00000000$word 00000000.* = ok$" \
		"^[0-9]+ PIN file[0-9]$word 0[123]000000 04000000"
}

@test "fuzz: the same seed does the same, with the same results" {
	local first

	# An earlier test may have left the dax region with folios of another size.
	run -0 pfnmap-fuzz --seed=3 --ops=400
	run -0 pfnmap-fuzz --seed=3 --ops=400 --verbose
	first=$(grep -v ' operations, ' <<<"$output")
	[[ $(grep -c '^[0-9]' <<<"$first") -ge 400 ]]
	run -0 pfnmap-fuzz --seed=3 --ops=400 --verbose
	diff <(echo "$first") <(grep -v ' operations, ' <<<"$output")
}

@test "fuzz: another seed does something else" {
	local first

	run -0 pfnmap-fuzz --seed=3 --ops=50 --verbose
	first=$(grep '^[0-9]' <<<"$output")
	run -0 pfnmap-fuzz --seed=4 --ops=50 --verbose
	[[ $first != "$(grep '^[0-9]' <<<"$output")" ]]
}

@test "fuzz: each kind of operation is done, and succeeds now and then" {
	local name tried succeeded missing=' '

	target_has /proc/self/clear_refs || missing+='clear_refs '
	has_symbol userfaultfd_ioctl || missing+='userfaultfd '
	fuzz --seed=5 --ops=20000
	while read -r name tried succeeded; do
		[[ $tried =~ ^[0-9]+$ ]] || continue
		echo "$name: $tried, $succeeded"
		((tried > 0))
		# These operations don't succeed everywhere: without PAT, or without a region, there
		# is nothing to list or to release.
		[[ $name == @(MEMREMAP_PAGES|MEMTYPE_*|WAIT_IDLE|UNPIN) ]] || [[ $missing == *" $name "* ]] ||
			((succeeded > 0))
	done <<<"$output"
}

@test "fuzz: what is held at the end is noticed" {
	beside a=open set:a,region=ram,method=vm_insert_page,mode=write-back m=mmap:a,len=4096 \
		read:m p=pin:m await
	run -1 pfnmap-fuzz --seed=6 --ops=20
	assert_line --partial "a page of ram is held by somebody"
	beside_end
}

@test "fuzz: a number that is none is a usage error" {
	run -2 pfnmap-fuzz --ops=many
	run -2 pfnmap-fuzz --unknown
}

@test "fuzz: for as long as \`make fuzz\` says" {
	[[ -n ${FUZZ_SECONDS:-} ]] || skip "make fuzz runs this"
	# On a busy machine other programs may take much of the time.
	time_limit $((600 + 2 * FUZZ_SECONDS))
	# A thread on another processor meets what no preemption of one processor meets.
	[[ -z ${FUZZ_GUESS:-} ]] || need_cpus 2
	fuzz ${FUZZ_SEED:+--seed="$FUZZ_SEED"} ${FUZZ_GUESS:+--guess} --seconds="$FUZZ_SECONDS"
	[[ -z ${FUZZ_GUESS:-} ]] || assert_line --regexp '^[1-9][0-9]* ids were guessed$'
	printf '# %s\n' "${lines[@]}" >&3
}
