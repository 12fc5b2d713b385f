#!/usr/bin/env bats
# Everything at once; then the machine has to be as it was. `make storm` runs this, and
# `make check` does not: each run meets something else, so it can't judge a change.

load helpers/common
load helpers/cgroup
load shared/blocks
load shared/virtio-mem

SETTINGS=(
	/sys/kernel/mm/transparent_hugepage/enabled
	/sys/kernel/mm/transparent_hugepage/defrag
	/sys/kernel/mm/transparent_hugepage/use_zero_page
)

# The actors. Workers map, fork, fault, zap and ask at random on the same ranges. Others take
# the module out and put it back, take memory off line and back, have a page fail, want another
# size of virtio-mem, change settings, let a cgroup run out of memory, and kill. An actor is a
# function that does its work once, on the target. storm runs all side by side, again and again,
# and counts in $STORM/NAME how often they succeeded.
STORM_ACTORS=(worker worker loader memory poison host settings oom killer)

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
		until [ ! -e /sys/module/pfnmap_test ] || rmmod pfnmap_test 2>/dev/null; do
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

# A block of which a page has failed does not come online again (EHWPOISON). So no page fails while
# a block is off line, and a block with such a page stays online.
# shellcheck disable=SC2016 # expanded there
storm_memory() {
	(
		flock 9
		target_shell 'at=$1 poisoned=$2
			shift 2
			cd /sys/devices/system/memory
			for state in $(grep -l online memory*/state); do
				case " $poisoned " in *" ${state%/state} "*) continue ;; esac
				set -- "$@" "$state"
			done
			[ $# -gt 0 ]
			shift $((at % $#))
			echo offline >"$1"
			sleep 0.2
			# The module may have taken the block and given it back meanwhile, or
			# virtio_mem may have taken it away.
			until [ ! -e "$1" ] || grep -q online "$1"; do
				echo online >"$1" || sleep 0.1
			done' "$RANDOM" "$(xargs <"$STORM/poisoned")" 2>/dev/null
	) 9>"$STORM/blocks"
}

# A page of a process of its own. Each window of which a page has failed is lost to the module: a
# few have to do.
POISONED_MOST=3

storm_poison() {
	sleep "$((2 + RANDOM % 5))"
	(
		flock 9
		(($(wc -w <"$STORM/poisoned") < POISONED_MOST)) || exit
		try a=open m=anon:,len=0x1000 write:m,val=1 leaf:m,pfn poison:m
		pfn=$(sed -n 's/^leaf .*pfn=//p' <<<"$output")
		[[ $output == *"poison m+0x0: ok"* && -n $pfn ]] || exit
		echo "memory$((pfn * 4096 / BLOCK_BYTES))" >>"$STORM/poisoned"
	) 9>"$STORM/blocks"
}

# The driver complies while others take memory, or does not: its memory is in use.
storm_host() {
	sleep "$((1 + RANDOM % 3))"
	virtio_mem_ask $((RANDOM % 5 * VIRTIO_MEM / 4))
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
	: >"$STORM/poisoned"
	for actor in "${STORM_ACTORS[@]}" $(yes worker | head -n "$(on nproc)"); do
		[[ $actor != oom || -n ${CGROUP:-} ]] || continue
		[[ $actor != memory ]] || target_has /sys/devices/system/memory/auto_online_blocks || continue
		[[ $actor != poison ]] || has_poison || continue
		[[ $actor != host || -n ${VIRTIO_MEM:-} ]] || continue
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

# The kB that are free, or would be if the kernel needed them. Not MemAvailable: it leaves out what
# the kernel holds back for emergencies, which becomes more once somebody turns huge pages on.
free_memory() {
	target_write /proc/sys/vm/drop_caches 3
	target_read /proc/meminfo |
		awk '/^(MemFree|Buffers|Cached|SReclaimable):/ { sum += $2 } END { print sum }'
}

# As after a fresh load: memory taken for the first time comes back with a memmap that
# can be freed, one page in 64, and the kernel's own caches breathe.
noted() {
	rmmod pfnmap_test
	suite_load
	TOTAL=$(meminfo MemTotal)
	FREE=$(free_memory)
}

as_noted() {
	local total free

	! module_loaded || rmmod pfnmap_test
	run ! grep pfnmap_test <(target_read /proc/iomem)
	suite_load
	total=$(meminfo MemTotal)
	free=$(free_memory)
	((total >= TOTAL && total <= TOTAL + TOTAL / 64)) || fail "MemTotal was $TOTAL kB, is $total kB"
	((free >= FREE - 65536)) || fail "$FREE kB were free, $free kB are"
	assert_equal "$(offline_blocks)" ""
}

setup() {
	time_limit $((600 + 2 * ${STORM_SECONDS:-0} + 20 * ${STORM_CYCLES:-0}))
	invariants_note
}

# What the kernel says of its memory, except how much of it is free: what is where, which node and
# zone has it, and what the pools have. RAM that booted with the machine and RAM that was added do
# not merge into one resource, and ZONE_DEVICE spans all that it ever had.
# shellcheck disable=SC2016 # expanded there
memory_state() {
	target_read /proc/iomem | awk -F '[- ]' '
		function hex(text, i, n) {
			for (i = 1; i <= length(text); i++)
				n = n * 16 + index("0123456789abcdef", substr(text, i, 1)) - 1
			return n
		}
		function flush() {
			if (first)
				print first "-" last
			first = ""
		}
		!/^[0-9a-f]+-[0-9a-f]+ : System RAM$/ { flush(); print; next }
		!first || hex($1) != hex(last) + 1 { flush(); first = $1 }
		{ last = $2 }
		END { flush() }'
	blocks
	target_shell 'awk "/^Node/ { zone = \$0 } /spanned|present|start_pfn/ { print zone, \$0 }" \
			/proc/zoneinfo | grep -v Device
		grep -E "^(HugePages_|Hugetlb|CmaTotal)" /proc/meminfo
		for file in /sys/kernel/mm/hugepages/*/* /sys/devices/system/node/*; do
			[ ! -f "$file" ] || grep -H . "$file" || true
		done
		for node in /sys/devices/system/node/node*; do
			grep -H . "$node"/hugepages/*/* "$node/cpulist" || true
		done' 2>/dev/null
}

# Pages that the kernel has for others, of all zones.
managed() {
	target_read /proc/zoneinfo | awk '$1 == "managed" { sum += $2 } END { print sum }'
}

# Loads, and notes in ${TAKEN[@]} the memory blocks that are taken.
load_and_unload() {
	local region at

	module_load
	check <<-END
		a=open
		set:a,region=ram,mode=write-back
		m=mmap:a,len=0x4000
		write:m,val=1
		munmap:m
	END
	for region in mmio dax; do
		at=$(region_field $region start)
		for ((; at < $(region_field $region start) + $(region_field $region bytes); at += BLOCK_BYTES)); do
			TAKEN[at / BLOCK_BYTES]=taken
		done
	done
	rmmod pfnmap_test
}

# Memory that boots with the machine has its memmap in reserved pages, 64 bytes for each page. If
# the module takes such memory for the first time, the kernel gets these pages as free ones, and
# gives as many of its own for the memmap when the memory comes back.
@test "storm: memory, zones, nodes and pools are as they were after loads and unloads" {
	local i n=${STORM_CYCLES:-0} before pages blocks free

	((n)) || skip "make storm runs this"
	! module_loaded || rmmod pfnmap_test
	[[ -z ${VIRTIO_MEM:-} ]] || virtio_mem_begin
	BLOCK_BYTES=0x$(target_read /sys/devices/system/memory/block_size_bytes)
	TAKEN=()
	load_and_unload
	free=$(free_memory)
	before=$(memory_state)
	pages=$(managed)
	blocks=${#TAKEN[@]}
	for ((i = 0; i < n; i++)); do
		load_and_unload
	done
	same "the kernel's memory" "$before" "$(memory_state)"
	assert_equal "$(managed)" $((pages + (${#TAKEN[@]} - blocks) * BLOCK_BYTES / 4096 / 64))
	i=$(free_memory)
	((i >= free - 65536)) || fail "$free kB were free, $i kB are"
	suite_load
	printf '# %s\n' "cycles: $n, memory blocks taken: ${#TAKEN[@]}" \
		"$(wc -l <<<"$before") facts, $(grep -c ^memory <<<"$before") of them of blocks" >&3
}

@test "storm: all is as it was after forks and queries beside loads, memory off line, OOM and kills" {
	local file saved=() i actor rounds=()

	((${STORM_SECONDS:-0})) || skip "make storm runs this"
	[[ -n ${DISPOSABLE:-} ]] ||
		skip "takes memory off line, kills, changes settings: DISPOSABLE=1 allows it"
	[[ -z ${VIRTIO_MEM:-} ]] || virtio_mem_begin
	BLOCK_BYTES=0x$(target_read /sys/devices/system/memory/block_size_bytes)
	noted
	[[ -z ${CGROUP:-} ]] || target_write "$CGROUP/memory.max" 96M
	for file in "${SETTINGS[@]}"; do
		saved+=("$(target_read "$file" 2>/dev/null | sed -E 's/.*\[(.*)\].*/\1/')")
	done
	storm "$STORM_SECONDS"
	for ((i = 0; i < ${#SETTINGS[@]}; i++)); do
		[[ -z ${saved[i]} ]] || target_write "${SETTINGS[i]}" "${saved[i]}"
	done
	[[ -z ${VIRTIO_MEM:-} ]] || virtio_mem_resize "$VIRTIO_MEM"
	as_noted

	[[ ! -e $STORM/crashes ]] || fail "$(<"$STORM/crashes")"
	# An actor that did nothing has shown nothing.
	for actor in worker loader memory poison host settings oom killer; do
		[[ -e $STORM/$actor ]] || continue
		rounds+=("$actor $(storm_rounds "$actor")")
		(($(storm_rounds "$actor") > 0)) || fail "$actor did nothing"
	done
	printf -v rounds '%s, ' "${rounds[@]}"
	echo "# rounds: ${rounds%, }" >&3
}
