#!/usr/bin/env bats
# What PAT holds for a remap_pfn_range mapping that is zapped before, between or after other
# changes of its VMA. Row Z1 of docs/glossary.md; see shared/tracked.bash.
#
# Before 6.16 (VM_PAT) a zap of any page of a VMA freed the range of the whole VMA, and left
# the VMA untracked: the kernel freed nothing twice, but too early. If the VMA had been split,
# the tree does not have the ranges of its pieces: the kernel then frees only the tail, and
# loses the rest.

load helpers/common
load shared/tracked

setup_file() { fresh_load; }
teardown_file() { fresh_unload; }

ALL="0-4 m@0=1:0-4 | 0-4 m@0=pat"
# ZAPPED: the state after a zap, and after most changes that follow. GONE: the same after a step
# that finds no entry.
ZAPPED="0-4 m@0=1:0-4 | none m@0=none"
GONE="=SIGBUS 0-4 m@0=1:0-4 | =SIGBUS none m@0=none"

@test "Z1: a zap, and one more, keep the range until munmap (6.16)" {
	fresh 4
	tracked "$(map)" "$ALL" \
		"zap:m,how=vma,off=0x1000,len=0x1000 read:m,off=0x1000" "$GONE" \
		"zap:m,how=vma read:m" "$GONE" \
		zap:a,how=mapping "$ZAPPED" \
		munmap:m none
}

@test "Z1: after a zap munmap of head, middle and rest gives the range back" {
	fresh 4
	tracked "$(map)" "$ALL" \
		"zap:m,how=vma,len=0x1000 read:m" "$GONE" \
		munmap:m,len=0x1000 "0-4 m@1=1:0-4 | none m@1=none" \
		munmap:m,off=0x2000,len=0x1000 "0-4 m@1=2:0-4 m@3=2:0-4 | none m@1=none m@3=none" \
		write:m,off=0x1000,val=1 "0-4 m@1=2:0-4 | none m@1=none" \
		munmap:m none
}

@test "Z1: after a zap munmap of the tail keeps the range for the rest (6.16)" {
	fresh 4
	tracked "$(map)" "$ALL" \
		"zap:m,how=vma,off=0x3000,len=0x1000 read:m,off=0x3000" "$GONE" \
		munmap:m,off=0x2000 "$ZAPPED" \
		munmap:m none
}

@test "Z1: after a zap mremap to another place keeps the range until munmap (6.16)" {
	fresh 4
	tracked "$(map)" "$ALL" \
		"zap:m,how=vma,len=0x1000 read:m" "$GONE" \
		mremap:m,len=0x4000,fixed=0x600000000000 "$ZAPPED" \
		read:m "$GONE" \
		write:m,off=0x1000,val=1 "$ZAPPED" \
		munmap:m none
}

@test "Z1: after a zap mremap to a smaller size keeps the range until munmap (6.16)" {
	fresh 4
	tracked "$(map)" "$ALL" \
		"zap:m,how=vma read:m" "$GONE" \
		mremap:m,len=0x2000 "$ZAPPED" \
		munmap:m none
}

@test "Z1: after a zap a child shares what is left, and has nothing of its own (6.16)" {
	fresh 4
	tracked "$(map)" "$ALL" \
		"zap:m,how=vma,off=0x1000,len=0x1000 read:m,off=0x1000" "$GONE" \
		fork:c "0-4 m@0=2:0-4 c/m@0=2:0-4 | none m@0=none c/m@0=none" \
		c/write:m,val=1 "0-4 m@0=2:0-4 | none m@0=none" \
		c/read:m,off=0x1000 "=SIGBUS 0-4 m@0=2:0-4 | =SIGBUS none m@0=none" \
		munmap:m "0-4 c/m@0=1:0-4 | none c/m@0=none" \
		exit:c none
	fixed_by_ctx "zap, then fork: the child holds the range too"
}

@test "Z1: fork, then zap in the parent by VMA leaves the child's entries and range" {
	fresh 4
	tracked "$(map)" "$ALL" \
		fork:c "0-4 m@0=2:0-4 c/m@0=2:0-4 | 0-4 0-4 m@0=pat c/m@0=pat" \
		zap:m,how=vma "0-4 m@0=2:0-4 c/m@0=2:0-4 | 0-4 m@0=none c/m@0=pat" \
		read:m "=SIGBUS 0-4 | =SIGBUS 0-4" \
		c/write:m,val=1 "0-4 | 0-4" \
		exit:c "0-4 m@0=1:0-4 | none m@0=none" \
		munmap:m none
}

@test "Z1: fork, then zap in the child by VMA leaves the parent's entries and range" {
	fresh 4
	tracked "$(map)" "$ALL" \
		fork:c "0-4 m@0=2:0-4 c/m@0=2:0-4 | 0-4 0-4 m@0=pat c/m@0=pat" \
		c/zap:m,how=vma,len=0x1000 "0-4 m@0=2:0-4 c/m@0=2:0-4 | 0-4 m@0=pat c/m@0=none" \
		c/read:m "=SIGBUS 0-4 | =SIGBUS 0-4" \
		write:m,val=1 "0-4 m@0=2:0-4 | 0-4 m@0=pat" \
		exit:c "$ALL" \
		munmap:m none
}

@test "Z1: fork, then zap by mapping reaches both, and both keep the range" {
	fresh 4
	tracked "$(map)" "$ALL" \
		fork:c "0-4 m@0=2:0-4 c/m@0=2:0-4 | 0-4 0-4 m@0=pat c/m@0=pat" \
		zap:a,how=mapping "0-4 m@0=2:0-4 c/m@0=2:0-4 | none m@0=none c/m@0=none" \
		c/read:m "=SIGBUS 0-4 | =SIGBUS none" \
		read:m "=SIGBUS 0-4 | =SIGBUS none" \
		exit:c "$ZAPPED" \
		munmap:m none
}

@test "Z1: zap of one of two mappings of a range leaves the other's" {
	fresh 4
	tracked "$(map)" "$ALL" \
		"n=mmap:a,off=$BASE,len=0x4000" "0-4 0-4 m@0=1:0-4 n@0=1:0-4 | 0-4 0-4 m@0=pat n@0=pat" \
		"zap:m,how=vma,len=0x1000 read:m" \
		"=SIGBUS 0-4 0-4 m@0=1:0-4 n@0=1:0-4 | =SIGBUS 0-4 m@0=none n@0=pat" \
		write:n,val=1 "0-4 0-4 | 0-4" \
		munmap:n "0-4 m@0=1:0-4 | none m@0=none" \
		munmap:m none
}

@test "Z1: zap by mapping of one of two overlapping mappings leaves what is outside" {
	fresh 4
	tracked "$(map 2)" "0-2 m@0=1:0-2 | 0-2 m@0=pat" \
		"n=mmap:a,off=$(printf 0x%x $((BASE + 0x2000))),len=0x2000" \
		"0-2 2-4 m@0=1:0-2 n@0=1:2-4 | 0-2 2-4 m@0=pat n@0=pat" \
		"zap:a,how=mapping,off=$BASE,len=0x2000 read:m" \
		"=SIGBUS 0-2 2-4 m@0=1:0-2 n@0=1:2-4 | =SIGBUS 2-4 m@0=none n@0=pat" \
		write:n,val=1 "0-2 2-4 | 2-4" \
		munmap:m "2-4 | 2-4" \
		munmap:n none
}

@test "Z1: after munmap of the tail a zap keeps the range of what is left (6.16)" {
	fresh 4
	tracked "$(map)" "$ALL" \
		munmap:m,off=0x3000 "0-4 m@0=1:0-4 | 0-3 m@0=pat" \
		"zap:m,how=vma,len=0x1000 read:m" "$GONE" \
		munmap:m none
}

@test "Z1: after a split by mprotect a zap of the tail piece keeps the range (6.16)" {
	fresh 4
	tracked "$(map)" "$ALL" \
		mprotect:m,off=0x2000,prot=r "0-4 m@0=2:0-4 m@2=2:0-4 | 0-4 m@0=pat m@2=pat" \
		"zap:m,how=vma,off=0x2000,len=0x1000 read:m,off=0x2000" \
		"=SIGBUS 0-4 m@0=2:0-4 m@2=2:0-4 | =SIGBUS 0-2 m@0=pat m@2=none" \
		munmap:m none
}

@test "Z1: after a split by mprotect a zap of the head piece keeps the range (6.16)" {
	fresh 4
	tracked "$(map)" "$ALL" \
		mprotect:m,off=0x2000,prot=r "0-4 m@0=2:0-4 m@2=2:0-4 | 0-4 m@0=pat m@2=pat" \
		"zap:m,how=vma,len=0x1000 read:m" \
		"=SIGBUS 0-4 m@0=2:0-4 m@2=2:0-4 | =SIGBUS 0-4 m@0=none m@2=pat !1" \
		munmap:m "none | 0-2"
	fixed_by_ctx "zap of the head of a VMA that mprotect() split: nothing leaks"
}

@test "Z1: after a split by mprotect a zap of all by mapping keeps the range (6.16)" {
	fresh 4
	tracked "$(map)" "$ALL" \
		mprotect:m,off=0x2000,prot=r "0-4 m@0=2:0-4 m@2=2:0-4 | 0-4 m@0=pat m@2=pat" \
		"zap:a,how=mapping read:m" \
		"=SIGBUS 0-4 m@0=2:0-4 m@2=2:0-4 | =SIGBUS 0-2 m@0=none m@2=none !1" \
		munmap:m "none | 0-2"
}
