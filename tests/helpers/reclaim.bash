# shellcheck shell=bash
# The cgroup of cgroup.bash to reclaim from, and somewhere to swap to: zram, or else
# what the machine has. Call reclaim_begin and reclaim_end from setup_file and
# teardown_file.

load helpers/cgroup

# So small that kernels before 6.15 do not keep slots back that were given up.
SWAP_BYTES=1M

reclaim_begin() {
	cgroup_begin
	if [[ ! -e ${CGROUP:-}/memory.reclaim ]]; then
		export NO_RECLAIM="no memory.reclaim (5.19) in a cgroup of our own here"
	elif [[ ! -e /sys/module/zram ]] && modprobe zram 2>/dev/null; then
		echo $SWAP_BYTES >/sys/block/zram0/disksize
		mkswap /dev/zram0 >/dev/null
		swapon -p 32767 /dev/zram0
		export ZRAM=zram0
	elif [[ $(wc -l </proc/swaps) -lt 2 ]]; then
		export NO_RECLAIM="nowhere to swap to: no zram, and no swap"
	fi
}

reclaim_end() {
	if [[ -n ${ZRAM:-} ]]; then
		swapoff "/dev/$ZRAM"
		echo 1 >"/sys/block/$ZRAM/reset"
		rmmod zram
	fi
	cgroup_end
}

need_reclaim() {
	[[ -z ${NO_RECLAIM:-} ]] || skip "$NO_RECLAIM"
}
