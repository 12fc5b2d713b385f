# shellcheck shell=bash disable=SC2154 # lines is what try leaves
# fs/dax, only on persistent memory that the command line gives for it (memmap=SIZE!ADDR, see
# vm/host/machines.py): other such memory of a machine may hold files. Call fsdax_begin and
# fsdax_end from setup_file and teardown_file.

FSDAX=$TARGET_TMP/fsdax
LARGE=0x200000

fsdax_begin() { # ext4|xfs
	local at mkfs=(mkfs.xfs -q -f -m reflink=1)

	# The stride makes ext4 align 2 MiB of blocks to 2 MiB.
	[[ $1 != ext4 ]] ||
		mkfs=(mke2fs -q -F -t ext4 -b 4096 -E "stride=512,stripe_width=512")
	at=$(sed -nE 's/.*[ =,]512M!(0x[0-9a-f]+).*/\1/p' <<<"$CMDLINE")
	if [[ -z $at ]]; then
		export NO_FSDAX="no memory is given for fs/dax"
		return
	elif ! modprobe -a nd_e820 nd_pmem "$1" 2>/dev/null; then
		export NO_FSDAX="no CONFIG_X86_PMEM_LEGACY, CONFIG_BLK_DEV_PMEM and CONFIG_${1^^}_FS here"
		return
	fi
	# The disk comes some time after its driver.
	# shellcheck disable=SC2016 # expanded there
	FSDAX_DISK=$(target_shell 'for i in $(seq 50); do
			for disk in /sys/bus/nd/devices/namespace*/block/pmem*; do
				[ ! -e "$disk" ] || [ $(($(cat "${disk%/block/*}/resource"))) -ne $(($1)) ] || break 2
			done
			disk=
			sleep 0.1
		done
		echo "/dev/${disk##*/}"' "$at")
	export FSDAX_DISK FSDAX_TYPE=$1
	if [[ $FSDAX_DISK == /dev/ ]]; then
		export NO_FSDAX="no disk of the memory at $at: no CONFIG_BTT or CONFIG_NVDIMM_PFN"
	elif ! on "${mkfs[@]}" "$FSDAX_DISK" || ! fsdax_mount; then
		export NO_FSDAX="no $1 with -o dax here (CONFIG_FS_DAX)"
	fi
}

fsdax_mount() {
	on mkdir -p "$FSDAX"
	on mount -t "$FSDAX_TYPE" -o dax "$FSDAX_DISK" "$FSDAX"
}

fsdax_end() {
	[[ -n ${NO_FSDAX-} ]] || on umount "$FSDAX"
	rmmod nd_pmem nd_e820 2>/dev/null || true
}

need_fsdax() {
	[[ -z ${NO_FSDAX:-} ]] || skip "$NO_FSDAX"
}

# new_file NAME [BYTES]: makes a file whose blocks are aligned for large entries, and writes
# all of it, so that no block is a hole.
new_file() {
	# shellcheck disable=SC2016 # expanded there
	target_shell 'rm -f "$1"
		fallocate -l "$2" "$1"
		dd if=/dev/zero of="$1" bs="$3" count=$(($2 / $3)) conv=notrunc status=none' \
		"$FSDAX/$1" $((${2:-LARGE})) $((LARGE))
}

# What a file begins with, in hexadecimal.
first_word() { # FILE
	on head -c 4 "$1" | od -An -tx4 | tr -d ' '
}

# D7: a page of a closed file is pinned while its file system is unmounted.
fsdax_unmount_pinned() {
	local pid i gone=

	# Before 0e2f80afcfa6, "fs/dax: ensure all pages are idle prior to filesystem
	# unmount", the kernel gives the page away, with a warning: fs/dax.c:390 (6.12.117).
	entries_count || skip "this kernel does not wait, and warns"
	new_file busy
	beside ask=open "a=file:$FSDAX/busy" m=mmap:a,len=0x1000 write:m,val=0x77 p=pin:m,slow \
		munmap:m close:a await unpin:p
	on umount "$FSDAX" 3>&- &
	pid=$!
	for ((i = 0; i < 10; i++)); do
		sleep 0.1
		kill -0 $pid 2>/dev/null || gone=yes
	done
	beside_end
	wait $pid
	fsdax_mount
	assert_line "unpin p: ok"
	assert_equal "$gone" ""
	assert_equal "$(first_word "$FSDAX/busy")" 00000077
}
