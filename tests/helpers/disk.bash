# shellcheck shell=bash
# In place of a disk with DMA: zram of 8 MiB, where O_DIRECT reads and writes the very pages of
# a buffer. Call disk_begin and disk_end from setup_file and teardown_file. $DISK is its node.

load helpers/zram

disk_begin() {
	! zram_begin 8M || export DISK=/dev/$ZRAM
}

disk_end() {
	zram_end
}

need_disk() {
	[[ -n ${DISK:-} ]] || skip "no disk to read from and write to: no CONFIG_ZRAM, or in use"
}
