# shellcheck shell=bash
# The cgroup of cgroup.bash to reclaim from, and somewhere to swap to: zram, or else
# what the machine has. Call reclaim_begin and reclaim_end from setup_file and
# teardown_file.

load helpers/cgroup

# So small that kernels before 6.15 do not keep slots back that were given up.
SWAP_BYTES=1M

reclaim_begin() {
	cgroup_begin
	if ! target_has "${CGROUP:-}/memory.reclaim"; then
		export NO_RECLAIM="no memory.reclaim (5.19) in a cgroup of our own here"
	elif ! module_loaded zram && modprobe zram 2>/dev/null; then
		target_write /sys/block/zram0/disksize $SWAP_BYTES
		on mkswap /dev/zram0 >/dev/null
		on swapon -p 32767 /dev/zram0
		export ZRAM=zram0
	elif [[ $(target_read /proc/swaps | wc -l) -lt 2 ]]; then
		export NO_RECLAIM="nowhere to swap to: no zram, and no swap"
	fi
}

reclaim_end() {
	if [[ -n ${ZRAM:-} ]]; then
		on swapoff "/dev/$ZRAM"
		target_write "/sys/block/$ZRAM/reset" 1
		rmmod zram
	fi
	cgroup_end
}

need_reclaim() {
	[[ -z ${NO_RECLAIM:-} ]] || skip "$NO_RECLAIM"
}
