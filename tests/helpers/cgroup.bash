# shellcheck shell=bash
# A cgroup (v2) of the tests' own, with the memory controller: tests run out of memory in it, and
# reclaim from it. Call cgroup_begin and cgroup_end from setup_file and teardown_file. $CGROUP is
# the cgroup's folder, and empty where the target can't have one.

cgroup_begin() {
	local root

	root=$(target_read /proc/mounts | awk '$3 == "cgroup2" { print $2; exit }')
	if [[ -z $root ]]; then
		root=/sys/fs/cgroup
		on mount -t cgroup2 none $root || return 0
		export CGROUP_MOUNTED=$root
	fi
	target_write "$root/cgroup.subtree_control" +memory || return 0
	on mkdir "$root/pfnmap-test" && export CGROUP=$root/pfnmap-test
}

cgroup_end() {
	[[ -z ${CGROUP:-} ]] || on rmdir "$CGROUP"
	[[ -z ${CGROUP_MOUNTED:-} ]] || on umount "$CGROUP_MOUNTED"
}

# need_limit PROCESS [BYTES]: after the steps $LIMITED the process gets no more memory than
# that, page tables included. More memory ends the process by SIGKILL, or fails with ENOMEM
# after the step $UNKILLABLE.
# shellcheck disable=SC2034 # for the tests
need_limit() {
	[[ -n ${CGROUP:-} ]] || skip "no memory cgroup (v2) to run out of memory in (CONFIG_MEMCG)"
	LIMITED="$1/put:$CGROUP/cgroup.procs,text=0"
	LIMITED+=" $1/put:$CGROUP/memory.max,text=$((${2:-0x8000}))"
	UNKILLABLE=$1/put:/proc/self/oom_score_adj,text=-1000
}
