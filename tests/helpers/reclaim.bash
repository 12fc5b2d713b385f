# shellcheck shell=bash
# The cgroup of cgroup.bash to reclaim from, and somewhere to swap to: zram, or else
# what the machine has. Call reclaim_begin and reclaim_end from setup_file and
# teardown_file.

load helpers/cgroup
load helpers/zram

# So small that kernels before 6.15 do not keep slots back that were given up.
SWAP_BYTES=1M

reclaim_begin() {
	cgroup_begin
	if ! target_has "${CGROUP:-}/memory.reclaim"; then
		export NO_RECLAIM="no memory.reclaim (5.19, CONFIG_MEMCG) in a cgroup of our own here"
	elif zram_begin $SWAP_BYTES; then
		on mkswap "/dev/$ZRAM" >/dev/null
		on swapon -p 32767 "/dev/$ZRAM"
	elif [[ $(target_read /proc/swaps | wc -l) -lt 2 ]]; then
		export NO_RECLAIM="nowhere to swap to: no CONFIG_ZRAM, and no swap"
	fi
}

reclaim_end() {
	[[ -z ${ZRAM:-} ]] || on swapoff "/dev/$ZRAM"
	zram_end
	cgroup_end
}

need_reclaim() {
	[[ -z ${NO_RECLAIM:-} ]] || skip "$NO_RECLAIM"
}
