#!/usr/bin/env bats
# Controls: fs/dax runs the reference suite of the dax region. Rows D11 to D16 and D21.

load helpers/common
load helpers/control
load helpers/fsdax

# bats_test_function
bats_require_minimum_version 1.11.0

control fs/dax '(D11|D13|D16): [^,]*(, (pte|pmd)$|$)|, (pte|pmd)$' zone-device-refs

load helpers/fsdax-subject

setup_file() {
	fsdax_begin ext4
}

teardown_file() {
	fsdax_end
}

# A file is mapped privately, too, grows, and lets holes be punched: no VM_DONTEXPAND and
# no VM_PFNMAP in ext4_file_mmap_prepare(), fs/ext4/file.c.
allows() {
	zd pte m=mmap:a,len=0x2000 ok read:m "0x????????" look BY1 \
		n=mremap:m,old=0,len=0x2000,maymove ok read:n "0x????????" look BY2 \
		n=mremap:n,len=0x4000,maymove ok look BY2 o=mmap:a,len=0x1000,private ok \
		read:o "0x????????" look BY3 write:o,val=9 ok look BY2 munmap:o ok look BY2 \
		munmap:n ok look BY1 munmap:m ok look BY0
}
# shellcheck disable=SC2034 # helpers/control.bash goes by it
CONTROL_DIFFERS["D13: refused operations change no reference"]=allows

# Small devmap entries of fs/dax are special when they are read-only, too: ours map what
# is read by another helper.
read_special() { # LEVEL
	zd pte m=mmap:a,len=0x1000 ok read:m "0x????????" leaf:m "pte AT+0x0 young special" \
		write:m,val=1 ok leaf:m "pte AT+0x0 writable dirty young special" munmap:m ok
}
# shellcheck disable=SC2034
entries_count || CONTROL_DIFFERS["D13: a write to what was read takes no second reference, pte"]=read_special
