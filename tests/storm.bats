#!/usr/bin/env bats
# Everything at once; then the machine has to be as it was. `make storm` runs it, and
# `make check` does not: each run meets something else, which is no way to judge a change.

load helpers/common
load helpers/cgroup
load helpers/storm

SETTINGS=(
	/sys/kernel/mm/transparent_hugepage/enabled
	/sys/kernel/mm/transparent_hugepage/defrag
	/sys/kernel/mm/transparent_hugepage/use_zero_page
)

setup_file() {
	cgroup_begin
}

teardown_file() {
	cgroup_end
}

fresh_meminfo() { # FIELD, in kB
	target_write /proc/sys/vm/drop_caches 3
	meminfo "$1"
}

# As after a fresh load: memory taken for the first time comes back with a memmap that
# can be freed, one page in 64, and the kernel's own caches breathe.
noted() {
	rmmod pfnmap_test
	suite_load
	TOTAL=$(fresh_meminfo MemTotal)
	AVAILABLE=$(fresh_meminfo MemAvailable)
}

as_noted() {
	local total available

	rmmod pfnmap_test
	run ! grep pfnmap_test <(iomem)
	suite_load
	total=$(fresh_meminfo MemTotal)
	available=$(fresh_meminfo MemAvailable)
	((total >= TOTAL && total <= TOTAL + TOTAL / 64)) || fail "MemTotal was $TOTAL kB, is $total kB"
	((available >= AVAILABLE - 65536)) ||
		fail "MemAvailable was $AVAILABLE kB, is $available kB"
	assert_equal "$(offline_blocks)" ""
}

setup() {
	time_limit $((600 + 2 * ${STORM_SECONDS:-0} + 20 * ${STORM_CYCLES:-0}))
	invariants_note
}

@test "storm: mappings, forks and queries beside loads, memory off line, settings, OOM and kills" {
	local file saved=() i actor rounds=()

	[[ -n ${STORM_SECONDS:-} ]] || skip "make storm runs this"
	[[ -n ${DISPOSABLE:-} ]] ||
		skip "takes memory off line, kills, changes settings: DISPOSABLE=1 allows it"
	noted
	[[ -z ${CGROUP:-} ]] || target_write "$CGROUP/memory.max" 96M
	for file in "${SETTINGS[@]}"; do
		saved+=("$(target_read "$file" 2>/dev/null | sed -E 's/.*\[(.*)\].*/\1/')")
	done
	storm "$STORM_SECONDS"
	for ((i = 0; i < ${#SETTINGS[@]}; i++)); do
		[[ -z ${saved[i]} ]] || target_write "${SETTINGS[i]}" "${saved[i]}"
	done
	module_loaded || suite_load
	as_noted

	[[ ! -e $STORM/crashes ]] || fail "$(<"$STORM/crashes")"
	# Who did nothing has shown nothing.
	for actor in worker loader memory settings oom killer; do
		[[ -e $STORM/$actor ]] || continue
		rounds+=("$actor $(storm_rounds "$actor")")
		(($(storm_rounds "$actor") > 0)) || fail "$actor did nothing"
	done
	printf -v rounds '%s, ' "${rounds[@]}"
	echo "# rounds: ${rounds%, }" >&3
}

@test "storm: loads and unloads" {
	local i n=${STORM_CYCLES:-}

	[[ -n $n ]] || skip "make storm runs this"
	noted
	for ((i = 0; i < n; i++)); do
		rmmod pfnmap_test
		module_load
		try a=open set:a,region=ram,mode=write-back m=mmap:a,len=0x4000 write:m,val=1 munmap:m
		line 4 "write m+0x0: ok"
	done
	as_noted
	echo "# cycles: $n" >&3
}
