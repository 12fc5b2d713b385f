#!/usr/bin/env bats
# Operations at random, by pfnmap-fuzz: what it does is decided by a seed. `make fuzz`
# runs the last test alone, for as long as is asked for.

load helpers/common

# fuzz OPTION...: what it says, in $output and $lines.
fuzz() {
	need_copied_kept
	run pfnmap-fuzz "$@"
	printf '# %s\n' "${lines[@]: -1}" >&3
	assert_success
}

# Seconds of each, on every kernel.
SECONDS_EACH=4

@test "fuzz: some seconds from a fixed seed" { fuzz --seed=1 --seconds=$SECONDS_EACH; }

@test "fuzz: some seconds from another seed" { fuzz --seed=2 --seconds=$SECONDS_EACH; }

# A thread that guesses an id may give the object back before its maker uses it.
@test "fuzz: some seconds beside threads that guess ids" {
	fuzz --seed=7 --seconds=$SECONDS_EACH --guess
	assert_line --regexp '^[1-9][0-9]* ids were guessed$'
}

# The last of them is the one that was added last.
@test "fuzz: methods are drawn from those that the module names" {
	local methods last

	methods=$(info_json | jq '[.[] | select(.kind == "method")]')
	# It seldom draws what the kernel lacks, or what is for the other device.
	last=$(jq 'to_entries | map(select(.value |
		.available and (.flags // "" | contains("prepare") | not)) | .key + 1) | max' <<<"$methods")
	run -0 pfnmap-fuzz --seed=8 --ops=4000 --verbose
	assert_line --regexp "^[0-9]+ SET_MAP file[0-9] [0-9]+:$last:"
	last=$(jq length <<<"$methods")
	refute_line --regexp "^[0-9]+ SET_MAP file[0-9] [0-9]+:$((last + 1)):"
}

@test "fuzz: the same seed does the same, with the same results" {
	local first

	# Somebody else may have left the dax region with folios of another size.
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
	local name tried succeeded

	fuzz --seed=5 --ops=20000
	while read -r name tried succeeded; do
		[[ $tried =~ ^[0-9]+$ ]] || continue
		echo "$name: $tried, $succeeded"
		((tried > 0))
		# Not everywhere: without PAT, or regions, these have nothing to say, or to
		# take back.
		[[ $name == @(MEMREMAP_PAGES|MEMTYPE_*|WAIT_IDLE|UNPIN) ]] || ((succeeded > 0))
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
	# Much of it may be that of others on a busy machine.
	time_limit $((600 + 2 * FUZZ_SECONDS))
	fuzz ${FUZZ_SEED:+--seed="$FUZZ_SEED"} --seconds="$FUZZ_SECONDS"
	printf '# %s\n' "${lines[@]}" >&3
}
