#!/usr/bin/env bats
# Controls: fs/dax runs the reference suite of the dax region. Rows D11 to D16 and D21.

load helpers/common
load shared/control
load shared/fsdax

control fs/dax '(D11|D13|D16): [^,]*(, (pte|pmd)$|$)|, (pte|pmd)$' zone-device-refs

# The subject, see shared/zone-device.bash.
zd_need() { # LEVEL
	need_fsdax
	[[ $1 != pud ]] || skip "fs/dax maps no 1 GiB"
	[[ $1 != pmd ]] || need_large_leaves
	target_has "$FSDAX/$1" || new_file "$1" $((2 * LARGE))
	# Since 6.15 a page of fs/dax that nobody maps has no reference at all; a page of ours has
	# its page map's reference. So the one reference here is the reference of `watch`.
	# shellcheck disable=SC2034
	ZD_REFS=1 ZD_MAPS=0
	# shellcheck disable=SC2034
	! entries_count || ZD_MAPS=1
}

zd_open() { # LEVEL FILE
	control_watch "$FSDAX/$1" $((${LEAF_BYTES[$1]} * 2))
	[[ $2 == a ]] || REPLY=("$2=file:$FSDAX/$1" ask=open)
}

# With the counts fs/dax got large folios, of 2 MiB.
# shellcheck disable=SC2154,SC2034 # keys, of an array that others read
ORDERS[pud]=0
# shellcheck disable=SC2154,SC2034
entries_count || ORDERS[pmd]=0

setup_file() {
	fsdax_begin ext4
}

teardown_file() {
	fsdax_end
}

# A mapping of a file may be private, and may grow, and the file takes holes: no VM_DONTEXPAND
# and no VM_PFNMAP in ext4_file_mmap_prepare(), fs/ext4/file.c.
allows() {
	zd pte <<-END
		m=mmap:a,len=0x2000
		read:m	0x????????
		look	BY1
		n=mremap:m,old=0,len=0x2000,maymove
		read:n	0x????????
		look	BY2
		n=mremap:n,len=0x4000,maymove
		look	BY2
		o=mmap:a,len=0x1000,private
		read:o	0x????????
		look	BY3
		write:o,val=9
		look	BY2
		munmap:o
		look	BY2
		munmap:n
		look	BY1
		munmap:m
		look	BY0
	END
}
# shellcheck disable=SC2034 # shared/control.bash goes by it
CONTROL_DIFFERS["D13: refused operations change no reference"]=allows

# Small devmap entries of fs/dax are special when they are read-only, too. For a read our
# driver uses another helper.
read_special() { # LEVEL
	zd pte <<-END
		m=mmap:a,len=0x1000
		read:m	0x????????
		leaf:m	pte AT+0x0 young special
		write:m,val=1
		leaf:m	pte AT+0x0 writable dirty young special
		munmap:m
	END
}
# shellcheck disable=SC2034
entries_count || CONTROL_DIFFERS["D13: a write to what was read takes no second reference, pte"]=read_special
