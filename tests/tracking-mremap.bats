#!/usr/bin/env bats
# What PAT holds for a remap_pfn_range mapping that mremap() moves, cuts or shrinks.
# Rows T4, T8 and T13 of docs/glossary.md; see tracking.bats.

load helpers/common
load shared/tracked

setup_file() { fresh_load; }
teardown_file() { fresh_unload; }

MAPPED="0-4 m@0=1:0-4 | 0-4 m@0=pat"
# Where nothing else is.
AWAY=fixed=0x200000000000

# Old kernels (OLD) clear VM_PAT of the whole VMA when a part of the VMA moves, and never
# free the rest.

@test "T4: mremap of a whole mapping keeps the range" {
	fresh 4
	tracked "$(map)" "$MAPPED" mremap:m,len=0x4000,$AWAY "$MAPPED" munmap:m none
}

@test "T4: mremap of a whole mapping to and fro keeps the range" {
	fresh 4
	tracked "$(map)" "$MAPPED" \
		"mremap:m,len=0x4000,$AWAY mremap:m,len=0x4000,fixed=0x210000000000" "$MAPPED" \
		mremap:m,len=0x4000,$AWAY "$MAPPED" munmap:m none
}

@test "T4: mremap of the head, which goes first, leaks nothing (6.16)" {
	fresh 4
	tracked "$(map)" "$MAPPED" \
		n=mremap:m,old=0x1000,len=0x1000,$AWAY \
		"0-4 m@1=2:0-4 n@0=2:0-4 | 0-4 m@1=none n@0=pat" \
		munmap:n "0-4 m@1=1:0-4 | 0-4 m@1=none !1" munmap:m "none | 0-4"
	fixed_by_ctx "mremap of the head to elsewhere: nothing leaks"
}

@test "T4: mremap of the head, which goes last, leaks nothing (6.16)" {
	fresh 4
	tracked "$(map)" "$MAPPED" \
		n=mremap:m,old=0x2000,len=0x2000,$AWAY \
		"0-4 m@2=2:0-4 n@0=2:0-4 | 0-4 m@2=none n@0=pat" \
		munmap:m "0-4 n@0=1:0-4 | 0-4 n@0=pat" munmap:n "none | 0-4 !1"
}

@test "T4: mremap of the middle leaks nothing (6.16)" {
	fresh 4
	tracked "$(map)" "$MAPPED" \
		n=mremap:m,off=0x1000,old=0x2000,len=0x2000,$AWAY \
		"0-4 m@0=3:0-4 m@3=3:0-4 n@0=3:0-4 | 0-4 m@0=none m@3=none n@0=pat" \
		munmap:n "0-4 m@0=2:0-4 | 0-4 m@0=none !1" munmap:m "none | 0-4"
	fixed_by_ctx "mremap of the middle to elsewhere: nothing leaks"
}

@test "T8: mremap of the tail leaks nothing (6.16)" {
	fresh 4
	tracked "$(map)" "$MAPPED" \
		n=mremap:m,off=0x3000,old=0x1000,len=0x1000,$AWAY \
		"0-4 m@0=2:0-4 n@0=2:0-4 | 0-4 m@0=none n@0=pat" \
		munmap:n "0-4 m@0=1:0-4 | 0-3 m@0=none" munmap:m "none | 0-3"
	fixed_by_ctx "mremap of the tail to elsewhere: nothing leaks"
}

@test "T4: mremap of every page to a place of its own leaks nothing (6.16)" {
	fresh 4
	tracked "$(map)" "$MAPPED" \
		"n=mremap:m,old=0x1000,len=0x1000,$AWAY
		 o=mremap:m,off=0x1000,old=0x1000,len=0x1000,fixed=0x210000000000
		 p=mremap:m,off=0x2000,old=0x1000,len=0x1000,fixed=0x220000000000" \
		"0-4 m@3=4:0-4 n@0=4:0-4 o@0=4:0-4 p@0=4:0-4 | 0-4 m@3=none n@0=pat o@0=none p@0=none" \
		"munmap:m munmap:n munmap:o munmap:p" "none | 0-4 !1"
}

@test "T4: mremap over another mapping gives back the other's range" {
	fresh 12
	tracked "$(map)" "$MAPPED" \
		"n=mmap:a,off=$((BASE + 8 * PAGE)),len=0x4000" "0-4 8-12 | 0-4 8-12" \
		"mremap:m,len=0x4000,fixed=n" "$MAPPED" munmap:m none
}

@test "T4: mremap over the head of another mapping leaks nothing (6.16)" {
	fresh 12
	tracked "$(map)" "$MAPPED" \
		"n=mmap:a,off=$((BASE + 8 * PAGE)),len=0x4000" "0-4 8-12 | 0-4 8-12" \
		"o=mremap:m,old=0x4000,len=0x1000,fixed=n" \
		"0-4 8-12 n@1=1:8-12 o@0=1:0-4 | 0-1 8-12 n@1=pat o@0=pat !1" \
		"munmap:o munmap:n" "none | 8-9"
}

@test "T4: mremap of one half over another mapping's tail leaks nothing (6.16)" {
	fresh 12
	tracked "$(map)" "$MAPPED" \
		"n=mmap:a,off=$((BASE + 8 * PAGE)),len=0x4000" "0-4 8-12 | 0-4 8-12" \
		"o=mremap:m,old=0x2000,len=0x2000,fixed=n+0x2000" \
		"0-4 8-12 m@2=2:0-4 n@0=1:8-12 o@0=2:0-4 | 0-4 8-10 m@2=none n@0=pat o@0=pat" \
		"munmap:o munmap:m munmap:n" "none | 0-4 !1"
}

@test "mremap with MREMAP_DONTUNMAP is refused and changes nothing" {
	fresh 4
	tracked "$(map)" "$MAPPED" \
		n=mremap:m,len=0x4000,dontunmap "=EINVAL 0-4 m@0=1:0-4 | =EINVAL 0-4 m@0=pat" \
		munmap:m none
}

@test "T8: mremap to a smaller size leaks nothing" {
	fresh 4
	tracked "$(map)" "$MAPPED" \
		mremap:m,len=0x2000 "0-4 m@0=1:0-4 | 0-2 m@0=pat" \
		mremap:m,len=0x1000 "0-4 m@0=1:0-4 | 0-1 m@0=pat" munmap:m none
}

@test "mremap that would grow is refused and changes nothing" {
	fresh 4
	tracked "$(map)" "$MAPPED" \
		mremap:m,len=0x5000,maymove "=EFAULT 0-4 m@0=1:0-4 | =EFAULT 0-4 m@0=pat" \
		mremap:m,len=0x5000 "=EFAULT 0-4 m@0=1:0-4 | =EFAULT 0-4 m@0=pat" \
		mremap:m,len=0x5000,$AWAY "=EFAULT 0-4 m@0=1:0-4 | =EFAULT 0-4 m@0=pat" \
		munmap:m none
}

@test "mremap with an old length of 0, a second mapping, is refused" {
	fresh 4
	tracked "$(map)" "$MAPPED" \
		n=mremap:m,old=0,len=0x4000,maymove "=EFAULT 0-4 m@0=1:0-4 | =EFAULT 0-4 m@0=pat" \
		munmap:m none
}

@test "T8: a mapping that mremap has shrunk does not grow back" {
	fresh 4
	tracked "$(map)" "$MAPPED" \
		mremap:m,len=0x2000 "0-4 m@0=1:0-4 | 0-2 m@0=pat" \
		mremap:m,len=0x4000,maymove "=EFAULT 0-4 m@0=1:0-4 | =EFAULT 0-2 m@0=pat" \
		munmap:m none
}

@test "T8: mremap that shrinks and moves in one leaks nothing" {
	fresh 4
	tracked "$(map)" "$MAPPED" \
		mremap:m,len=0x2000,$AWAY "0-4 m@0=1:0-4 | 0-2 m@0=pat" munmap:m none
}

@test "mremap onto itself is refused and changes nothing" {
	fresh 4
	tracked "$(map)" "$MAPPED" \
		mremap:m,len=0x4000,fixed=m+0x1000 "=EINVAL 0-4 m@0=1:0-4 | =EINVAL 0-4 m@0=pat" \
		munmap:m none
}

@test "T4: mremap of a piece of a split VMA leaks nothing" {
	fresh 4
	tracked "$(map)" "$MAPPED" \
		mprotect:m,off=0x2000,prot=r "0-4 m@0=2:0-4 | 0-4 m@0=pat" \
		n=mremap:m,off=0x2000,old=0x2000,len=0x2000,$AWAY \
		"0-4 m@0=2:0-4 n@0=2:0-4 | 0-4 m@0=pat n@0=pat" \
		munmap:n "0-4 m@0=1:0-4 | 0-2 m@0=pat" munmap:m none
}

# 6.17 moves several VMAs at once, but none whose file has get_unmapped_area().
@test "mremap of two VMAs at once is refused and changes nothing" {
	fresh 4
	tracked "$(map)" "$MAPPED" \
		mprotect:m,off=0x2000,prot=r "0-4 m@0=2:0-4 | 0-4 m@0=pat" \
		mremap:m,len=0x4000,$AWAY "=EFAULT 0-4 m@0=2:0-4 | =EFAULT 0-4 m@0=pat" \
		"munmap:m,off=0x2000 munmap:m" none
}

# The kernel moves whole page tables where both addresses are equally far into 2 MiB.
@test "T4: mremap of 4 MiB, by page tables and page by page, keeps the range" {
	fresh 1024
	tracked "$(map 1024)" "0-1024 m@0=1:0-1024 | 0-1024 m@0=pat" \
		"mremap:m,len=0x400000,fixed=0x100000000000" "0-1024 m@0=1:0-1024 | 0-1024 m@0=pat" \
		"mremap:m,len=0x400000,fixed=0x100010200000" "0-1024 m@0=1:0-1024 | 0-1024 m@0=pat" \
		"mremap:m,len=0x400000,fixed=0x100020001000" "0-1024 m@0=1:0-1024 | 0-1024 m@0=pat" \
		munmap:m none
}

@test "T4: mremap in a child leaves the parent its range" {
	fresh 4
	tracked "$(map)" "$MAPPED" \
		fork:c "0-4 m@0=2:0-4 | 0-4 0-4 m@0=pat" \
		c/mremap:m,len=0x4000,$AWAY "0-4 m@0=2:0-4 | 0-4 0-4 m@0=pat" \
		munmap:m "0-4 | 0-4" exit:c none
}

@test "T4: mremap of a part in a child leaves the parent its range, and leaks nothing (6.16)" {
	fresh 4
	tracked "$(map)" "$MAPPED" \
		fork:c "0-4 m@0=2:0-4 | 0-4 0-4 m@0=pat" \
		c/n=mremap:m,old=0x1000,len=0x1000,$AWAY "0-4 m@0=3:0-4 | 0-4 0-4 m@0=pat" \
		exit:c "0-4 m@0=1:0-4 | 0-4 0-4 m@0=pat !1" munmap:m "none | 0-4"
}

@test "T4: a child shares the range of a mapping that was moved" {
	fresh 4
	tracked "$(map)" "$MAPPED" \
		mremap:m,len=0x4000,$AWAY "$MAPPED" \
		fork:c "0-4 m@0=2:0-4 | 0-4 0-4 m@0=pat" \
		"munmap:m exit:c" none
}
