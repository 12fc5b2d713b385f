#!/usr/bin/env bats
# What PAT holds for a remap_pfn_range mapping whose VMA is unmapped in parts, split
# or mapped over. Rows T4, T8, T9, T12 and T13 of docs/glossary.md.
#
# Since 6.16 the kernel tracks one range for all pieces of a VMA, whole until the last
# piece goes. Before, each unmap freed its own part, which worked for a tail alone.

load helpers/common
load shared/tracked

setup_file() { fresh_load; }
teardown_file() { fresh_unload; }

MAPPED="0-4 m@0=1:0-4 | 0-4 m@0=pat"

@test "T4: mmap reserves, munmap frees" {
	fresh 4
	tracked "$(map)" "$MAPPED" munmap:m none
}

# By design so far. On a kernel that tracks exactly the mapped pages this test fails, and the
# other tests do not look at the state between the first step and the last.
@test "T12: the whole range is tracked until its last piece goes" {
	[[ $TRACKING == *ctx ]] || skip "VM_PAT tracked what it had not lost"
	check <<-END
		a=open
		set:a,region=mmio,mode=$MODE
		m=mmap:a,len=0x4000
		munmap:m,len=0x1000
		list:mmio	0x0-0x4000 $MODE
		munmap:m,off=0x3000
		list:mmio	0x0-0x4000 $MODE
		munmap:m,off=0x1000,len=0x1000
		list:mmio	0x0-0x4000 $MODE
		munmap:m,off=0x2000,len=0x1000
		list:mmio	none
	END
}

@test "T4: a mapping of one page reserves it until munmap" {
	fresh 1
	tracked "$(map 1)" "0-1 m@0=1:0-1 | 0-1 m@0=pat" munmap:m none
}

@test "T4: either of two pages that mprotect has parted can go first" {
	local piece

	[[ $TRACKING == *ctx ]] || skip "before 6.16 pieces leak"
	for piece in 0 1; do
		fresh 2
		tracked "$(map 2)" "0-2 m@0=1:0-2" mprotect:m,len=0x1000,prot=r "0-2 m@0=2:0-2 m@1=2:0-2" \
			"munmap:m,off=$((piece * 0x1000)),len=0x1000" "0-2 m@$((1 - piece))=1:0-2" \
			"munmap:m,off=$(((1 - piece) * 0x1000)),len=0x1000" none
	done
}

@test "T4, T13: munmap of the head leaks nothing (6.16)" {
	fresh 4
	tracked "$(map)" "$MAPPED" \
		munmap:m,len=0x1000 "0-4 m@1=1:0-4 | 0-4 m@1=pat !1" \
		munmap:m "none | 0-1"
	fixed_by_ctx "munmap of the head: nothing leaks"
}

@test "T8, T12: munmap of the tail leaks nothing" {
	fresh 4
	tracked "$(map)" "$MAPPED" \
		munmap:m,off=0x3000 "0-4 m@0=1:0-4 | 0-3 m@0=pat" \
		munmap:m none
}

@test "T4, T13: munmap of the middle leaks nothing (6.16)" {
	fresh 4
	tracked "$(map)" "$MAPPED" \
		munmap:m,off=0x1000,len=0x1000 "0-4 m@0=2:0-4 m@2=2:0-4 | 0-4 m@0=pat m@2=pat !1" \
		munmap:m,len=0x1000 "0-4 m@2=1:0-4 | 0-4 m@2=pat !1" \
		munmap:m "none | 0-2"
	fixed_by_ctx "munmap of the middle: nothing leaks"
}

@test "T4: munmap of the middle, then of all the rest at once, leaks nothing (6.16)" {
	fresh 4
	tracked "$(map)" "$MAPPED" \
		munmap:m,off=0x1000,len=0x2000 "0-4 m@0=2:0-4 | 0-4 m@0=pat !1" \
		munmap:m "none | 0-3 !1"
}

@test "T8: munmap of the tail, then of the head, leaks nothing (6.16)" {
	fresh 4
	tracked "$(map)" "$MAPPED" \
		munmap:m,off=0x2000 "0-4 m@0=1:0-4 | 0-2 m@0=pat" \
		munmap:m,len=0x1000 "0-4 m@1=1:0-4 | 0-2 m@1=pat !1" \
		munmap:m "none | 0-1"
}

@test "T4: munmap of half, and of the other half, leaks nothing (6.16)" {
	fresh 4
	tracked "$(map)" "$MAPPED" \
		munmap:m,len=0x2000 "0-4 m@2=1:0-4 | 0-4 m@2=pat !1" \
		munmap:m,off=0x2000 "none | 0-2"
}

# page_by_page PAGE...: unmaps these of eight pages, one at a time. An old kernel's
# reservation shrinks only if the page is its tail at the time.
page_by_page() {
	local page end=8 steps=() left=$# old

	fresh 8
	steps=("$(map 8)" "0-8 m@0=1:0-8 | 0-8 m@0=pat")
	for page; do
		old=
		if ((page == end - 1)); then
			end=$page
		else
			old=' !1'
		fi
		left=$((left - 1))
		((end == 0)) && old="none$old" || old="0-$end$old"
		if ((left)); then
			steps+=("munmap:m,off=$((page * PAGE)),len=$PAGE" "0-8 | $old")
		else
			steps+=("munmap:m,off=$((page * PAGE)),len=$PAGE" "none | $old")
		fi
	done
	tracked "${steps[@]}"
}

@test "T4: munmap page by page, from the first, leaks nothing (6.16)" {
	page_by_page 0 1 2 3 4 5 6 7
	fixed_by_ctx "munmap page by page from the first: nothing leaks"
}
@test "T8: munmap page by page, from the last, leaks nothing" { page_by_page 7 6 5 4 3 2 1 0; }
@test "T4: munmap page by page, every second, then the others, leaks nothing (6.16)" {
	page_by_page 1 3 5 7 0 2 4 6
}
@test "T4: munmap page by page, from both ends, leaks nothing (6.16)" {
	page_by_page 0 7 1 6 2 5 3 4
}
@test "T4: munmap page by page, from the middle, leaks nothing (6.16)" {
	page_by_page 4 3 5 2 6 1 7 0
}

# The order is new each time; a failure shows it.
@test "T4: munmap page by page, in random order, leaks nothing (6.16)" {
	local order

	mapfile -t order < <(shuf -i 0-7)
	echo "order: ${order[*]}"
	page_by_page "${order[@]}"
}

# A leaked reservation is held for ever: others get its mode, or nothing.
@test "T4: after munmap from the head the memory can be mapped in another mode" {
	fresh 4
	tracked "$(map)" "$MAPPED" \
		munmap:m,len=0x1000 "0-4 | 0-4 !1" munmap:m "none | 0-1" \
		fork:c "none | 0-1" \
		"c/set:a,region=mmio,mode=write-through c/n=mmap:a,off=$BASE,len=0x1000" \
		"0-1/write-through | =EINVAL 0-1" \
		exit:c "none | 0-1"
	fixed_by_ctx "memory that was unmapped page by page can be mapped in another mode"
}

# Splits the VMA by STEP, then unmaps all at once.
split() { # STEP VMAS REFS OLD
	local vma new='' old=''

	fresh 4
	for vma in $2; do
		new+=" m@$vma=$3:0-4"
		old+=" m@$vma=pat"
	done
	tracked "$(map)" "$MAPPED" "$1" "0-4$new | 0-4$old" munmap:m "none | $4"
}

@test "T4: munmap after mprotect of the middle leaks nothing (6.16)" {
	split mprotect:m,off=0x1000,len=0x1000,prot=r "0 1 2" 3 "0-2 !2"
	fixed_by_ctx "munmap of a VMA that mprotect() split: nothing leaks"
}
@test "T4: munmap after mprotect of the head leaks nothing (6.16)" {
	split mprotect:m,len=0x1000,prot=r "0 1" 2 "0-1 !1"
}
@test "T4: munmap after mprotect of the tail leaks nothing (6.16)" {
	split mprotect:m,off=0x3000,prot=none "0 3" 2 "0-3 !1"
}
@test "T4: mprotect of all splits nothing" { split mprotect:m,prot=none 0 1 none; }
@test "T4: mprotect there and back does not merge, and munmap leaks nothing (6.16)" {
	split "mprotect:m,len=0x2000,prot=r mprotect:m,len=0x2000,prot=rw" "0 2" 2 "0-2 !1"
}
@test "T4: munmap after mprotect of every page leaks nothing (6.16)" {
	split "mprotect:m,len=0x1000,prot=r mprotect:m,off=0x1000,len=0x1000,prot=none
		mprotect:m,off=0x2000,len=0x1000,prot=r" "0 1 2 3" 4 "0-3 !3"
}
@test "T4: munmap after madvise of the middle leaks nothing (6.16)" {
	split madvise:m,off=0x1000,len=0x1000,advice=random "0 1 2" 3 "0-2 !2"
	fixed_by_ctx "munmap of a VMA that madvise() split: nothing leaks"
}
@test "T4: munmap after madvise of the tail leaks nothing (6.16)" {
	split madvise:m,off=0x2000,advice=sequential "0 2" 2 "0-2 !1"
}
@test "T4: madvise of all splits nothing" { split madvise:m,advice=random 0 1 none; }
@test "T4: mlock splits nothing" { split mlock:m,off=0x1000,len=0x1000 0 1 none; }

@test "T4: a split VMA whose pieces are unmapped from the last leaks nothing" {
	fresh 4
	tracked "$(map)" "$MAPPED" \
		mprotect:m,off=0x1000,len=0x1000,prot=r "0-4 m@1=3:0-4 | 0-4 m@1=pat" \
		munmap:m,off=0x2000 "0-4 m@0=2:0-4 | 0-2 m@0=pat" \
		munmap:m,off=0x1000,len=0x1000 "0-4 m@0=1:0-4 | 0-1 m@0=pat" \
		munmap:m,len=0x1000 none
}

@test "T4: exit with a split VMA leaks nothing (6.16)" {
	fresh 4
	tracked fork:c none "c/$(map)" "0-4 | 0-4" \
		c/mprotect:m,len=0x1000,prot=r "0-4 | 0-4" \
		exit:c "none | 0-1 !1"
	fixed_by_ctx "exit with a VMA that was split: nothing leaks"
}

@test "T4: SIGKILL with a split VMA leaks nothing (6.16)" {
	fresh 4
	tracked fork:c none "c/$(map)" "0-4 | 0-4" \
		c/madvise:m,off=0x1000,advice=random "0-4 | 0-4" \
		kill:c "=SIGKILL none | =SIGKILL 0-1 !1"
}

# over WHERE AFTER AT-END: maps other memory over the mapping, or part of it.
over() {
	fresh 4
	tracked "$(map)" "$MAPPED" \
		"b=open set:b,region=ram,mode=write-back n=mmap:b,$1" "$2" munmap:m "$3"
}

@test "T4: MAP_FIXED over a whole mapping gives its range back" {
	over fixed=m,len=0x4000 none none
}
@test "T4: MAP_FIXED over the head of a mapping leaks nothing (6.16)" {
	over fixed=m,len=0x1000 "0-4 m@1=1:0-4 | 0-4 m@1=pat !1" "none | 0-1"
	fixed_by_ctx "MAP_FIXED over the head of a mapping: nothing leaks"
}
@test "T4: MAP_FIXED over the middle of a mapping leaks nothing (6.16)" {
	over fixed=m+0x1000,len=0x1000 "0-4 m@0=2:0-4 m@2=2:0-4 | 0-4 m@0=pat m@2=pat !1" "none | 0-2 !1"
}
@test "T8: MAP_FIXED over the tail of a mapping leaks nothing" {
	over fixed=m+0x3000,len=0x1000 "0-4 m@0=1:0-4 | 0-3 m@0=pat" none
}

@test "T4: a mapping over itself reserves the range once" {
	fresh 4
	tracked "$(map)" "$MAPPED" \
		"n=mmap:a,off=$BASE,len=0x4000,fixed=m" "0-4 n@0=1:0-4 | 0-4 n@0=pat" munmap:n none
}

@test "T4: one half mapped over by the other's memory holds both ranges" {
	fresh 4
	tracked "$(map)" "$MAPPED" \
		"n=mmap:a,off=$BASE,len=0x2000,fixed=m+0x2000" \
		"0-4 0-2 m@0=1:0-4 n@0=1:0-2 | 0-2 0-2 m@0=pat n@0=pat" \
		munmap:n,len=0x2000 "0-4 m@0=1:0-4 | 0-2 m@0=pat" munmap:m none
}

# The mapping that a failed mmap unmapped first is gone or comes back, and nothing leaks.
@test "T4: a refused mmap over a mapping leaks nothing" {
	fresh 4
	tracked "$(map)" "$MAPPED" \
		"b=open set:b,region=mmio,mode=$MODE,flags=fail n=mmap:b,off=$BASE,len=0x4000,fixed=m" \
		"=EIO none | =EIO none" munmap:m none
}
