#!/usr/bin/env bats
# Everything at once, then the machine has to be as it was. `make storm` runs it: what it
# meets differs from run to run, which is no way to judge a change.

load helpers/common
load helpers/cgroup
load helpers/storm
load setup_suite

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

meminfo() { # FIELD, in kB
	echo 3 >/proc/sys/vm/drop_caches
	awk -v field="$1:" '$1 == field { print $2 }' /proc/meminfo
}

# As after a fresh load: memory taken for the first time comes back with a memmap that
# can be freed, one page in 64, and the kernel's own caches breathe.
noted() {
	rmmod pfnmap_test
	suite_load
	TOTAL=$(meminfo MemTotal)
	AVAILABLE=$(meminfo MemAvailable)
}

as_noted() {
	local total available

	rmmod pfnmap_test
	! grep pfnmap_test /proc/iomem
	suite_load
	total=$(meminfo MemTotal)
	available=$(meminfo MemAvailable)
	((total >= TOTAL && total <= TOTAL + TOTAL / 64)) || fail "MemTotal was $TOTAL kB, is $total kB"
	((available >= AVAILABLE - 65536)) ||
		fail "MemAvailable was $AVAILABLE kB, is $available kB"
	[[ ! -d /sys/devices/system/memory ]] || run ! grep -l offline /sys/devices/system/memory/memory*/state
}

@test "storm: mappings, forks and queries beside loads, memory off line, settings, OOM and kills" {
	local file saved=() i actor rounds=()

	[[ -n ${STORM_SECONDS:-} ]] || skip "make storm runs this"
	[[ -n ${DISPOSABLE:-} ]] ||
		skip "takes memory off line, kills, changes settings: DISPOSABLE=1 allows it"
	noted
	[[ -z ${CGROUP:-} ]] || echo 96M >"$CGROUP/memory.max"
	for file in "${SETTINGS[@]}"; do
		saved+=("$(sed -E 's/.*\[(.*)\].*/\1/' "$file" 2>/dev/null)")
	done
	storm "$STORM_SECONDS"
	for ((i = 0; i < ${#SETTINGS[@]}; i++)); do
		[[ -z ${saved[i]} ]] || echo "${saved[i]}" >"${SETTINGS[i]}"
	done
	[[ -e /sys/module/pfnmap_test ]] || suite_load
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
