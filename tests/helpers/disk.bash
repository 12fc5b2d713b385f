# shellcheck shell=bash
# A disk that reads and writes by DMA, so to say: zram of 8 MiB, on which O_DIRECT goes
# to the very pages of a buffer. Call disk_begin and disk_end from setup_file and
# teardown_file. $DISK is its node.

disk_begin() {
	if ! module_loaded zram && modprobe zram 2>/dev/null; then
		target_write /sys/block/zram0/disksize 8M
		export DISK=/dev/zram0
	fi
}

disk_end() {
	[[ -z ${DISK:-} ]] || rmmod zram
}

need_disk() {
	[[ -n ${DISK:-} ]] || skip "no disk to read from and write to: no zram module, or in use"
}
