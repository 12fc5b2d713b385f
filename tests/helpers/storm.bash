# shellcheck shell=bash
# All at once: programs that map, fork, fault, zap and ask at random on the same
# ranges, while somebody else takes the module out and puts it back, memory off line
# and back, turns settings, lets a cgroup run out of memory, and kills.
#
# Each of these is a function that does its work once; storm runs them side by side,
# again and again, and counts in $STORM/NAME how often they did.

STORM_ACTORS=(worker worker loader memory settings oom killer)

# The values that a file of choices has, as "always [madvise] never".
choose() { # FILE
	local words word

	read -ra words <"$1" || return 0
	word=${words[RANDOM % ${#words[@]}]}
	echo "${word//[\[\]]/}" >"$1"
}

# With the module out of the way it ends at once. That it finds pages in use at its end
# is no wonder here; that it crashes is.
storm_worker() {
	local status=0

	timeout -s KILL "$((1 + RANDOM % 3))" pfnmap-fuzz --seed="$RANDOM$RANDOM" --seconds=5 \
		>/dev/null 2>&1 || status=$?
	if [[ $status == 139 || $status == 134 ]]; then
		echo "pfnmap-fuzz: status $status" >>"$STORM/crashes"
	fi
	sleep 0.1
	[[ $status == 0 || $status == 137 ]]
}

# Under way everybody has it open: make some room, be quick.
storm_loader() {
	local i

	sleep 1
	pkill -KILL -x pfnmap-fuzz
	for i in {1..40}; do
		! rmmod pfnmap_test 2>/dev/null || break
		((i < 40)) || return 1
	done
	# Each way in turn: reserved ranges, memory carved out of RAM.
	if ((RANDOM % 2)); then
		suite_load
	else
		module_load
	fi
}

storm_memory() {
	local blocks block

	mapfile -t blocks < <(grep -l online /sys/devices/system/memory/memory*/state)
	((${#blocks[@]})) || return 1
	block=${blocks[RANDOM % ${#blocks[@]}]}
	echo offline 2>/dev/null >"$block" || return 1
	sleep 0.2
	# The module may have taken it, and given it back, meanwhile.
	until grep -q online "$block"; do
		echo online 2>/dev/null >"$block" || sleep 0.1
	done
}

storm_settings() {
	local thp=/sys/kernel/mm/transparent_hugepage

	if [[ -d $thp ]]; then
		choose $thp/enabled
		choose $thp/defrag
		echo $((RANDOM % 2)) >$thp/use_zero_page
	fi
	echo $((1 + RANDOM % 3)) >/proc/sys/vm/drop_caches
	[[ ! -e /proc/sys/vm/compact_memory ]] || echo 1 >/proc/sys/vm/compact_memory
	sleep 0.5
}

# One worker and one who eats all that there is, in a cgroup that has little.
storm_oom() {
	local before after

	sleep 1
	before=$(sed -n 's/^oom_kill //p' "$CGROUP/memory.events")
	(
		echo "$BASHPID" >"$CGROUP/cgroup.procs"
		storm_worker &
		tail /dev/zero
		wait $!
	) >/dev/null 2>&1
	after=$(sed -n 's/^oom_kill //p' "$CGROUP/memory.events")
	((after > before))
}

storm_killer() {
	sleep "0.$((1 + RANDOM % 9))"
	pkill -KILL -x pfnmap-fuzz
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
	for actor in "${STORM_ACTORS[@]}" $(yes worker | head -n "$(nproc)"); do
		[[ $actor != oom || -n ${CGROUP:-} ]] || continue
		[[ $actor != memory || -w /sys/devices/system/memory/auto_online_blocks ]] || continue
		storm_actor "$actor" 3>&- >/dev/null 2>&1 &
		pids+=($!)
	done
	if [[ -x /opt/stress-ng/stress-ng ]]; then
		LD_LIBRARY_PATH=/opt/stress-ng/lib /opt/stress-ng/stress-ng --timeout "$1" \
			--vm 1 --vm-bytes 128M --mmap 1 --mmap-bytes 64M --mremap 1 --fork 1 \
			--madvise 1 3>&- >"$STORM/stress-ng" 2>&1 &
		pids+=($!)
	fi
	sleep "$1"
	touch "$STORM/stop"
	wait "${pids[@]}"
	pkill -KILL -x pfnmap-fuzz || true
}

# How often an actor has done its work.
storm_rounds() { # NAME
	awk '{ sum += $1 } END { print sum + 0 }' "$STORM/$1"
}
