#!/usr/bin/env bats
# Controls: a file of ext4 -o dax below overlayfs. ovl_mmap() has a VMA already, and
# compat_vma_mmap() calls the file's mmap_prepare() for it (6.16; before, ext4 has an mmap()).

load helpers/common
load shared/fsdax

OVERLAY=$TARGET_TMP/overlay

setup_file() {
	fsdax_begin ext4
	[[ -z ${NO_FSDAX-} ]] || return 0
	if ! modprobe overlay 2>/dev/null; then
		export NO_OVERLAY="no CONFIG_OVERLAY_FS here"
		return
	fi
	# shellcheck disable=SC2016 # expanded there
	target_shell 'cd "$1" && mkdir lower upper work && mkdir -p "$2" &&
		truncate -s 4M upper/file upper/large &&
		mount -t overlay -o lowerdir=$1/lower,upperdir=$1/upper,workdir=$1/work overlay "$2"' \
		"$FSDAX" "$OVERLAY"
}

teardown_file() {
	if [[ -z ${NO_FSDAX-}${NO_OVERLAY-} ]]; then
		on umount "$OVERLAY"
		rmmod overlay
	fi
	fsdax_end
}

setup() {
	need_fsdax
	[[ -z ${NO_OVERLAY-} ]] || skip "$NO_OVERLAY"
	invariants_note
}

# as_below NAME LEN HOW STEP...: the steps say the same of the file through overlayfs as of the
# file itself, which has been written to before.
as_below() {
	local name=$1 len=$2 how=$3 file below above

	shift 3
	try "a=file:$FSDAX/upper/$name" "m=mmap:a,len=$len,fixed=0x600000000000" write:m,val=7
	for file in "$FSDAX/upper/$name" "$OVERLAY/$name"; do
		try ask=open "a=file:$file" "m=mmap:a,len=$len$how,fixed=0x600000000000" "$@" munmap:m
		below=${above-}
		# From the mapping on.
		above=${output#*$'\n'*$'\n'}
	done
	assert_regex "$below" "leaf m.*: p[tm][de] write-back"
	assert_equal "$above" "$below"
}

@test "overlay: a page of a file of fs/dax maps shared as without overlayfs" {
	as_below file 0x1000 "" read:m write:m,val=7 leaf:m folio:m follow:m
}
@test "overlay: 2 MiB of a file of fs/dax map shared as without overlayfs" {
	need_large_leaves
	as_below large 0x200000 "" write:m,val=7 leaf:m folio:m
	assert_output --partial ": pmd "
}
@test "overlay: a file of fs/dax maps private as without overlayfs, and copies" {
	as_below file 0x1000 ,private read:m leaf:m write:m,val=8 leaf:m
}
@test "overlay: what is written by overlayfs is read from the file" {
	check <<-END
		ask=open
		a=file:$OVERLAY/file
		b=file:$FSDAX/upper/file
		m=mmap:a,len=0x1000
		n=mmap:b,len=0x1000
		write:m,off=0x10,val=0x1234
		read:n,off=0x10	0x00001234
	END
}
