# shellcheck shell=bash
# A cgroup (v2) of the tests' own, with its memory controller: to run out of memory
# in, and to reclaim from. Call cgroup_begin and cgroup_end from setup_file and
# teardown_file. $CGROUP is its folder; nothing where there can't be one.

cgroup_begin() {
	local root

	root=$(findmnt -nro TARGET -t cgroup2 | head -n 1)
	if [[ -z $root ]]; then
		root=/sys/fs/cgroup
		mount -t cgroup2 none $root || return 0
		export CGROUP_MOUNTED=$root
	fi
	echo +memory >"$root/cgroup.subtree_control" || return 0
	mkdir "$root/pfnmap-test" && export CGROUP=$root/pfnmap-test
}

cgroup_end() {
	[[ -z ${CGROUP:-} ]] || rmdir "$CGROUP"
	[[ -z ${CGROUP_MOUNTED:-} ]] || umount "$CGROUP_MOUNTED"
}
