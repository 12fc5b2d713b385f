# shellcheck shell=bash disable=SC2154 # lines is what try leaves
# fs/dax, on persistent memory that the command line gives for it (memmap=SIZE!ADDR, see
# vm/config.sh) and no other: what a real machine has holds somebody's files. Call
# fsdax_begin and fsdax_end from setup_file and teardown_file.

FSDAX=/tmp/fsdax
LARGE=0x200000

# $REPLY: where the memory is.
fsdax_given() {
	REPLY=$(sed -nE 's/.*[ =,]512M!(0x[0-9a-f]+).*/\1/p' /proc/cmdline)
	[[ -n $REPLY ]]
}

# fsdax_begin ext4|xfs
fsdax_begin() {
	local namespace

	if ! fsdax_given; then
		export NO_FSDAX="no memory is given for fs/dax"
		return
	elif ! modprobe -a nd_e820 nd_pmem "$1" 2>/dev/null; then
		export NO_FSDAX="no modules nd_e820, nd_pmem and $1 here"
		return
	fi
	for namespace in /sys/bus/nd/devices/namespace*; do
		(($(<"$namespace/resource") != REPLY)) || break
	done
	FSDAX_DISK=/dev/$(cd "$namespace/block" && echo pmem*)
	export FSDAX_DISK FSDAX_TYPE=$1
	fsdax_mkfs && fsdax_mount || export NO_FSDAX="no $1 with -o dax here"
}

# Blocks of 2 MiB lie on 2 MiB.
fsdax_mkfs() {
	if [[ $FSDAX_TYPE == ext4 ]]; then
		mke2fs -q -F -t ext4 -b 4096 -E stride=512,stripe_width=512 "$FSDAX_DISK"
	else
		mkfs.xfs -q -f -m reflink=1 -d su=2m,sw=1 "$FSDAX_DISK"
	fi
}

fsdax_mount() {
	mkdir -p $FSDAX
	mount -t "$FSDAX_TYPE" -o dax "$FSDAX_DISK" $FSDAX
}

fsdax_end() {
	! mountpoint -q $FSDAX || umount $FSDAX
	rmmod nd_pmem nd_e820 2>/dev/null || true
}

need_fsdax() {
	[[ -z ${NO_FSDAX:-} ]] || skip "$NO_FSDAX"
}

# file NAME [BYTES]: new and written, so that there are blocks, and none is a hole.
new_file() {
	rm -f "$FSDAX/$1"
	head -c $((${2:-LARGE})) /dev/zero >"$FSDAX/$1"
}

# D7: a pin of a file that is closed, on a file system that is to go.
fsdax_unmount_pinned() {
	local pid i gone=

	new_file busy
	beside ask=open a=file:$FSDAX/busy m=mmap:a,len=0x1000 write:m,val=0x77 p=pin:m,slow \
		munmap:m close:a await unpin:p
	umount $FSDAX 3>&- &
	pid=$!
	for ((i = 0; i < 30; i++)); do
		sleep 0.1
		kill -0 $pid 2>/dev/null || gone=yes
	done
	beside_end
	wait $pid
	fsdax_mount
	assert_line "unpin p: ok"
	# Before 0e2f80afcfa6, "fs/dax: ensure all pages are idle prior to filesystem
	# unmount", the page was free while DMA went to it.
	if entries_count; then
		assert_equal "$gone" ""
		behaviour "$FSDAX_TYPE: unmount leaves pinned pages alone [0e2f80afcfa6]" fixed
	else
		assert_equal "$gone" yes
		behaviour "$FSDAX_TYPE: unmount leaves pinned pages alone [0e2f80afcfa6]" "bug reproduced"
	fi
	[[ $(head -c 4 $FSDAX/busy | od -An -tx4 | tr -d ' ') == 00000077 ]]
}

# A subject of the tests of ZONE_DEVICE memory, see zone-device.bash: load this after
# them. Small entries and large ones have a file each, for an entry of the file's that
# was made large stays so.
fsdax_subject() {
	zd_need() { # LEVEL
		need_fsdax
		[[ $1 != pud ]] || skip "fs/dax maps no 1 GiB"
		[[ -e $FSDAX/$1 ]] || new_file "$1" $((2 * LARGE))
		# Nobody can be asked about a page that is not mapped. So one mapping,
		# `watch`, is there all the time. Since 6.15 a page that nobody maps
		# has no reference at all, where ours has that of its page map.
		ZD_REFS=1 ZD_MAPS=0
		! entries_count || ZD_MAPS=1
	}

	zd_open() { # LEVEL FILE
		REPLY=("$2=file:$FSDAX/$1" ask=open)
		[[ $2 != a ]] || REPLY+=("watch=mmap:a,len=$(($(bytes "$1") * 2))" madvise:watch,advice=populate_read)
	}

	zd_look() { # OFFSET
		printf -v REPLY 'folio:watch,off=0x%x' "$1"
	}

	zd_place() { # OFFSET
		REPLY='pfn=other'
	}

	# As that of zone-device.bash, but it is always the parent who looks: a child has
	# no entry of `watch`.
	zd_step() { # STEP
		REPLY=$1
		case ${1##*/} in
		look) zd_look 0 ;;
		look:*) zd_look "${1##*look:}" ;;
		word:dax* | idle:dax* | zap:* | *via=b*) skip "asks our driver about its own memory" ;;
		esac
	}

	# Large folios came to fs/dax with the counts.
	order() { # LEVEL
		[[ $1 == pmd ]] && entries_count && echo 9 || echo 0
	}
}
