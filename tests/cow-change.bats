#!/usr/bin/env bats
# Private mappings of pfns with copies in them, while their VMA changes: copies and data,
# and what PAT holds, see shared/tracked.bash. Kernels before 6.16 leak the same
# reservations with copies as without (T8, T9, T12): they find the pfn in vm_pgoff.

load helpers/common
load shared/tracked
load shared/cow

setup_file() { fresh_load; }
teardown_file() { fresh_unload; }

NEW="0-4 m@0=1:0-4" OLD="0-4 m@0=pat"
WHOLE="$NEW | $OLD"
COPIED="=pte $MODE pfn=other writable dirty young"

# Fills the pages through a shared mapping, and maps them privately. A page that is not written to
# stays the device's.
begin() {
	need_copied_kept
	filled
}

filled() {
	fresh 4
	MAP="n=mmap:a,off=$BASE,len=0x4000 fill:n,val=$W0,inc=3 munmap:n m=mmap:a,off=$BASE,len=0x4000,private"
}

device() { # PAGE: what leaf says of it
	printf -v REPLY '=pte %s mmio+0x%x young special' "$MODE" $((BASE + $1 * PAGE))
}

@test "change: munmap of all gives the range back, or before 6.9 not if the first page was copied" {
	local at left=none told=fixed

	for at in 0x1000 0x3000; do
		filled
		tracked "$MAP" "$WHOLE" "write:m,off=$at,val=5" "$WHOLE" munmap:m none
	done
	[[ -z $FORGETS_COPIED ]] || left=0-4 told="bug reproduced"
	filled
	tracked "$MAP" "$WHOLE" write:m,val=5 "$WHOLE" munmap:m $left
	filled
	tracked "$MAP" "$WHOLE" fill:m,val=5 "$WHOLE" munmap:m $left
	behaviour "a private mapping whose first page was copied gives its range back" "$told"
}

@test "change: munmap of a copied tail leaves the rest its data and its range" {
	begin
	tracked "$MAP write:m,off=0x3000,val=5" "$WHOLE" \
		munmap:m,off=0x3000 "0-4 m@0=1:0-4 | 0-3 m@0=pat" \
		"check:m,len=0x3000,val=$W0,inc=3" "0-4 | 0-3" read:m,off=0x3000 "=SIGSEGV 0-4 | =SIGSEGV 0-3" \
		munmap:m none
}

@test "change: munmap of the tail leaves a copied head its data and its range" {
	begin
	tracked "$MAP write:m,val=5" "$WHOLE" \
		munmap:m,off=0x2000 "0-4 m@0=1:0-4 | 0-2 m@0=pat" \
		read:m "=0x00000005 0-4 | =0x00000005 0-2" leaf:m "$COPIED 0-4 | $COPIED 0-2" \
		read:m,off=0x1000 "=$W1 0-4 | =$W1 0-2" munmap:m none
}

@test "change: munmap of a copied head leaves the rest, and leaks nothing (6.16)" {
	begin
	tracked "$MAP write:m,val=5 write:m,off=0x1000,val=6" "$WHOLE" \
		munmap:m,len=0x1000 "0-4 m@1=1:0-4 | 0-4 m@1=pat !1" \
		read:m,off=0x1000 "=0x00000006 0-4" leaf:m,off=0x1000 "$COPIED 0-4" \
		"check:m,off=0x2000,val=$W2,inc=3" "0-4" munmap:m "none | 0-1"
}

@test "change: munmap of a copied middle leaves the copies beside it, and leaks nothing (6.16)" {
	begin
	tracked "$MAP write:m,val=5 write:m,off=0x1000,val=6 write:m,off=0x2000,val=7" "$WHOLE" \
		munmap:m,off=0x1000,len=0x1000 "0-4 m@0=2:0-4 m@2=2:0-4 | 0-4 m@0=pat m@2=pat !1" \
		read:m "=0x00000005 0-4" read:m,off=0x2000 "=0x00000007 0-4" \
		read:m,off=0x1000 "=SIGSEGV 0-4" "read:m,off=0x3000" "=$W3 0-4" \
		munmap:m,len=0x1000 "0-4 m@2=1:0-4 | 0-4 m@2=pat !1" \
		munmap:m "none | 0-2"
}

@test "change: mremap moves copies and pfns, and the range with them" {
	begin
	tracked "$MAP write:m,val=5 write:m,off=0x2000,val=6" "$WHOLE" \
		mremap:m,len=0x4000,fixed=0x600000000000 "$WHOLE" \
		read:m "=0x00000005 0-4" leaf:m "$COPIED 0-4" \
		read:m,off=0x1000 "=$W1 0-4" read:m,off=0x2000 "=0x00000006 0-4" \
		write:m,off=0x1000,val=7 0-4 leaf:m,off=0x1000 "$COPIED 0-4" \
		read:m,off=0x1004 "=0x00001c03 0-4" munmap:m none
	behaviour "mremap of a private mapping keeps its copies" ok
}

@test "change: mremap to a smaller size keeps the copy in the head" {
	begin
	tracked "$MAP write:m,val=5 write:m,off=0x3000,val=6" "$WHOLE" \
		mremap:m,len=0x2000 "0-4 m@0=1:0-4 | 0-2 m@0=pat" \
		read:m "=0x00000005 0-4 | =0x00000005 0-2" read:m,off=0x1000 "=$W1 0-4 | =$W1 0-2" \
		munmap:m none
}

@test "change: mremap of a part moves its copies" {
	begin
	tracked "$MAP write:m,off=0x2000,val=5 write:m,val=6" "$WHOLE" \
		o=mremap:m,off=0x2000,old=0x2000,len=0x2000,fixed=0x600000000000 \
		"0-4 m@0=2:0-4 o@0=2:0-4 | 0-4 m@0=none o@0=pat" \
		read:o "=0x00000005 0-4" leaf:o "$COPIED 0-4" read:o,off=0x1000 "=$W3 0-4" \
		read:m "=0x00000006 0-4" read:m,off=0x1000 "=$W1 0-4" \
		munmap:o "0-4 m@0=1:0-4 | 0-2 m@0=none" \
		munmap:m "none | 0-2"
}

@test "change: what can't grow, be doubled or leave itself behind keeps its copies" {
	begin
	tracked "$MAP write:m,off=0x1000,val=5" "$WHOLE" \
		mremap:m,len=0x8000,maymove "=EFAULT $NEW | =EFAULT $OLD" \
		mremap:m,old=0,len=0x4000,maymove "=EINVAL $NEW | =EINVAL $OLD" \
		mremap:m,len=0x4000,dontunmap "=EINVAL $NEW | =EINVAL $OLD" \
		read:m,off=0x1000 "=0x00000005 0-4" leaf:m,off=0x1000 "$COPIED 0-4" munmap:m none
}

@test "change: mprotect of all takes access and gives it back, not copies" {
	begin
	device 0
	tracked "$MAP write:m,off=0x1000,val=5" "$WHOLE" mprotect:m,prot=none "$WHOLE" \
		read:m,off=0x1000 "=SIGSEGV 0-4" read:m "=SIGSEGV 0-4" \
		leaf:m,off=0x1000 "=pte $MODE pfn=other dirty young 0-4" leaf:m "$REPLY 0-4" \
		mprotect:m,prot=r "$WHOLE" read:m,off=0x1000 "=0x00000005 0-4" \
		write:m,off=0x1000,val=6 "=SIGSEGV 0-4" read:m "=$W0 0-4" \
		mprotect:m,prot=rw "$WHOLE" leaf:m,off=0x1000 "$COPIED 0-4" \
		write:m,off=0x1000,val=6 "$WHOLE" leaf:m "$REPLY 0-4" munmap:m none
	behaviour "mprotect of a private mapping keeps its copies" ok
}

# Before 6.16 the kernel asked the first page's entry for the range, even an entry without access.
@test "change: munmap after mprotect of all, the first page copied, leaks nothing" {
	begin
	tracked "$MAP write:m,val=5" "$WHOLE" mprotect:m,prot=none "$WHOLE" munmap:m none
}

@test "change: mprotect splits, and what was copied before stays, on either side" {
	begin
	tracked "$MAP write:m,off=0x1000,val=5 write:m,off=0x2000,val=6" "$WHOLE" \
		mprotect:m,off=0x2000,prot=r "0-4 m@0=2:0-4 m@2=2:0-4 | 0-4 m@0=pat m@2=pat" \
		read:m,off=0x1000 "=0x00000005 0-4" read:m,off=0x2000 "=0x00000006 0-4" \
		write:m,off=0x2000,val=7 "=SIGSEGV 0-4" write:m,val=8 "0-4" \
		mprotect:m,off=0x2000,prot=rw "0-4 m@0=2:0-4 m@2=2:0-4 | 0-4 m@0=pat m@2=pat" \
		write:m,off=0x3000,val=9 0-4 leaf:m,off=0x3000 "$COPIED 0-4" \
		read:m,off=0x3004 "=0x00003403 0-4" munmap:m "none | 0-2 !1"
}

@test "change: mapped over in the middle, a copy is gone and its neighbours stay" {
	begin
	tracked "$MAP write:m,val=5 write:m,off=0x1000,val=6 write:m,off=0x2000,val=7" "$WHOLE" \
		"b=open set:b,region=ram,mode=write-back o=mmap:b,len=0x1000,private,fixed=m+0x1000" \
		"0-4 m@0=2:0-4 m@2=2:0-4 | 0-4 m@0=pat m@2=pat !1" \
		"write:o,val=8 read:m,off=0x1000" "=0x00000008 0-4" \
		read:m "=0x00000005 0-4" read:m,off=0x2000 "=0x00000007 0-4" \
		munmap:o 0-4 munmap:m,len=0x1000 "0-4 | 0-4 !1" munmap:m,off=0x2000 "none | 0-2"
}

@test "change: a zap takes copies too, and a private entry does not come back" {
	begin
	tracked "$MAP write:m,off=0x1000,val=5" "$WHOLE" \
		zap:m,how=vma,off=0x1000,len=0x1000 "0-4 m@0=1:0-4 | none m@0=none" \
		read:m,off=0x1000 "=SIGBUS 0-4 | =SIGBUS none" \
		read:m "=$W0 0-4 | =$W0 none" munmap:m none
}
