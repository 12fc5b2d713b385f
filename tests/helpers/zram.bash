# shellcheck shell=bash
# A disk of compressed memory, $ZRAM, by a module or built in: to swap to; or in place of a disk
# with DMA, for O_DIRECT reads and writes the very pages of a buffer. On a machine that is not
# DISPOSABLE, zram_begin takes the disk only where zram was not there before. A guest loads no
# compressor by itself. Call zram_begin and zram_end from setup_file and teardown_file.

zram_begin() { # BYTES
	local sys=/sys/block/zram0

	if ! target_has $sys; then
		{ modprobe lzo-rle || :; modprobe zram; } 2>/dev/null || return
		export ZRAM_LOADED=yes
	elif [[ -z ${DISPOSABLE:-} || $(target_read $sys/disksize) != 0 ]]; then
		return 1
	fi
	target_write $sys/disksize "$1" || return
	export ZRAM=/dev/zram0
}

zram_end() {
	[[ -n ${ZRAM:-} ]] || return 0
	target_write /sys/block/zram0/reset 1
	[[ -z ${ZRAM_LOADED:-} ]] || rmmod zram
}

need_zram() {
	[[ -n ${ZRAM:-} ]] || skip "no disk to read from and write to: no CONFIG_ZRAM, or in use"
}
