#!/usr/bin/env bats
# Everything at once; then the machine has to be as it was. `make storm` runs this, and
# `make check` does not: each run meets something else, so it can't judge a change.

load helpers/common
load helpers/cgroup

SETTINGS=(
	/sys/kernel/mm/transparent_hugepage/enabled
	/sys/kernel/mm/transparent_hugepage/defrag
	/sys/kernel/mm/transparent_hugepage/use_zero_page
)

# The actors. Workers map, fork, fault, zap and ask at random on the same ranges. Others take
# the module out and put it back, take memory off line and back, change settings, let a cgroup run
# out of memory, and kill. An actor is a function that does its work once, on the target. storm
# runs all side by side, again and again, and counts in $STORM/NAME how often they succeeded.
STORM_ACTORS=(worker worker loader memory settings oom killer)

# Without the module the fuzzer ends at once. At its end it may find pages in use, as other
# actors use them here. It must not crash.
storm_worker() {
	local status=0

	on timeout -s KILL "$((1 + RANDOM % 3))" pfnmap-fuzz --seed="$RANDOM$RANDOM" --seconds=5 \
		>/dev/null 2>&1 || status=$?
	if [[ $status == 139 || $status == 134 ]]; then
		echo "pfnmap-fuzz: status $status" >>"$STORM/crashes"
	fi
	sleep 0.1
	[[ $status == 0 || $status == 137 ]]
}

# The workers have the module's device open: kill them, and be quick.
# shellcheck disable=SC2016 # expanded there
storm_loader() {
	sleep 1
	target_shell 'killall -q -KILL pfnmap-fuzz || true
		i=0
		until rmmod pfnmap_test 2>/dev/null; do
			i=$((i + 1))
			[ $i -lt 40 ]
		done' || return 1
	# Load the module in each way in turn: on reserved ranges, on memory carved out of RAM.
	if ((RANDOM % 2)); then
		suite_load
	else
		module_load
	fi
}

# shellcheck disable=SC2016 # expanded there
storm_memory() {
	target_shell 'cd /sys/devices/system/memory
		set -- "$1" $(grep -l online memory*/state)
		at=$1
		shift
		[ $# -gt 0 ]
		shift $((at % $#))
		echo offline >"$1"
		sleep 0.2
		# The module may have taken the block and given it back meanwhile.
		until grep -q online "$1"; do
			echo online >"$1" || sleep 0.1
		done' "$RANDOM" 2>/dev/null
}

# shellcheck disable=SC2016 # expanded there
storm_settings() {
	target_shell 'choose() {
			set -- "$1" "$2" $(tr -d "[]" <"$2")
			at=$1 file=$2
			shift 2
			shift $((at % $#))
			echo "$1" >"$file"
		}
		cd /sys/kernel/mm/transparent_hugepage && {
			choose "$1" enabled
			choose "$2" defrag
			echo $(($3 % 2)) >use_zero_page
		}
		echo $((1 + $1 % 3)) >/proc/sys/vm/drop_caches
		[ ! -e /proc/sys/vm/compact_memory ] || echo 1 >/proc/sys/vm/compact_memory' \
		$RANDOM $RANDOM $RANDOM
	sleep 0.5
}

# One worker, and one program that takes all memory that it can get, in a cgroup with little.
# shellcheck disable=SC2016 # expanded there
storm_oom() {
	sleep 1
	target_shell 'kills() { sed -n "s/^oom_kill //p" "$1/memory.events"; }
		before=$(kills "$1")
		sh -c "echo 0 >$1/cgroup.procs
			timeout -s KILL 2 pfnmap-fuzz --seed=$2 --seconds=5 &
			tail /dev/zero
			wait" >/dev/null 2>&1 || true
		[ "$(kills "$1")" -gt "$before" ]' "$CGROUP" $RANDOM
}

storm_killer() {
	sleep "0.$((1 + RANDOM % 9))"
	on killall -q -KILL pfnmap-fuzz
}

storm_actor() { # NAME
	local n=0

	while [[ ! -e $STORM/stop ]]; do
		! "storm_$1" || n=$((n + 1))
	done
	echo "$n" >>"$STORM/$1"
}

# storm SECONDS
storm() {
	local actor pids=()

	STORM=$BATS_TEST_TMPDIR
	# One worker more than there are processors, so that some always wait.
	for actor in "${STORM_ACTORS[@]}" $(yes worker | head -n "$(on nproc)"); do
		[[ $actor != oom || -n ${CGROUP:-} ]] || continue
		[[ $actor != memory ]] || target_has /sys/devices/system/memory/auto_online_blocks || continue
		storm_actor "$actor" 3>&- >/dev/null 2>&1 &
		pids+=($!)
	done
	if target_has /opt/stress-ng/stress-ng; then
		on -e LD_LIBRARY_PATH=/opt/stress-ng/lib /opt/stress-ng/stress-ng --timeout "$1" \
			--vm 1 --vm-bytes 128M --mmap 1 --mmap-bytes 64M --mremap 1 --fork 1 \
			--madvise 1 3>&- >"$STORM/stress-ng" 2>&1 &
		pids+=($!)
	fi
	sleep "$1"
	touch "$STORM/stop"
	wait "${pids[@]}"
	on killall -q -KILL pfnmap-fuzz || true
}

# Prints how often an actor has done its work.
storm_rounds() { # NAME
	awk '{ sum += $1 } END { print sum + 0 }' "$STORM/$1"
}

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
	run ! grep pfnmap_test <(target_read /proc/iomem)
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

@test "storm: all is as it was after forks and queries beside loads, memory off line, OOM and kills" {
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
	# An actor that did nothing has shown nothing.
	for actor in worker loader memory settings oom killer; do
		[[ -e $STORM/$actor ]] || continue
		rounds+=("$actor $(storm_rounds "$actor")")
		(($(storm_rounds "$actor") > 0)) || fail "$actor did nothing"
	done
	printf -v rounds '%s, ' "${rounds[@]}"
	echo "# rounds: ${rounds%, }" >&3
}

@test "storm: all is as it was after loads and unloads" {
	local i n=${STORM_CYCLES:-}

	[[ -n $n ]] || skip "make storm runs this"
	noted
	for ((i = 0; i < n; i++)); do
		rmmod pfnmap_test
		module_load
		check <<-END
			a=open
			set:a,region=ram,mode=write-back
			m=mmap:a,len=0x4000
			write:m,val=1
			munmap:m
		END
	done
	as_noted
	echo "# cycles: $n" >&3
}
