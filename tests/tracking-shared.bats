#!/usr/bin/env bats
# What PAT holds for the same memory mapped more than once, for mappings side by side,
# and by each method that reserves. Rows T4, T5, T8, T9 and T13 of docs/glossary.md; see
# tracking.bats.

load helpers/common
load shared/tracked

setup_file() { fresh_load; }
teardown_file() { fresh_unload; }

MAPPED="0-4 m@0=1:0-4 | 0-4 m@0=pat"
# An address at which a process has nothing mapped.
AT_LOW=fixed=0x200000000000

second() { # FIRST-PAGE PAGES
	echo "n=mmap:a,off=$((BASE + $1 * PAGE)),len=$(($2 * PAGE))"
}

@test "T4: the first of two mappings of the same pages leaves the second its range" {
	fresh 4
	tracked "$(map)" "$MAPPED" \
		"$(second 0 4)" "0-4 0-4 m@0=1:0-4 n@0=1:0-4 | 0-4 0-4 m@0=pat n@0=pat" \
		munmap:m "0-4 n@0=1:0-4 | 0-4 n@0=pat" munmap:n none
}

@test "T4: the second of two mappings of the same pages leaves the first its range" {
	fresh 4
	tracked "$(map)" "$MAPPED" "$(second 0 4)" "0-4 0-4" \
		munmap:n "$MAPPED" munmap:m none
}

@test "T4: munmap of the head of one of two mappings leaves the other its range" {
	fresh 4
	tracked "$(map)" "$MAPPED" "$(second 0 4)" "0-4 0-4" \
		munmap:n,len=0x1000 "0-4 0-4 m@0=1:0-4 n@1=1:0-4 | 0-4 0-4 m@0=pat n@1=pat !1" \
		munmap:n "0-4 m@0=1:0-4 | 0-4 0-1 m@0=pat" munmap:m "none | 0-1"
}

@test "T4: two processes that open the device each have a range each" {
	fresh 4
	tracked "$(map)" "$MAPPED" "fork:c c/b=open c/set:b,region=mmio,mode=$MODE" \
		"0-4 m@0=2:0-4 | 0-4 0-4 m@0=pat" \
		"c/n=mmap:b,off=$BASE,len=0x4000" \
		"0-4 0-4 m@0=2:0-4 c/n@0=1:0-4 | 0-4 0-4 0-4 m@0=pat c/n@0=pat" \
		munmap:m "0-4 0-4 c/m@0=1:0-4 | 0-4 0-4 c/m@0=pat" \
		kill:c "=SIGKILL none"
}

@test "T4: overlapping ranges are held and given back each by itself" {
	fresh 8
	tracked "$(map)" "$MAPPED" \
		"$(second 2 4)" "0-4 2-6 m@0=1:0-4 n@0=1:2-6 | 0-4 2-6 m@0=pat n@0=pat" \
		munmap:m "2-6 n@0=1:2-6 | 2-6 n@0=pat" munmap:n none
}

@test "T4: a range inside of another is held and given back by itself" {
	fresh 8
	tracked "$(map 8)" "0-8 m@0=1:0-8 | 0-8 m@0=pat" \
		"$(second 2 2)" "0-8 2-4 m@0=1:0-8 n@0=1:2-4 | 0-8 2-4 m@0=pat n@0=pat" \
		munmap:n "0-8 m@0=1:0-8 | 0-8 m@0=pat" munmap:m none
}

# An old kernel looks for a reservation that ends where the unmapped part ends, and may find
# another mapping's.
@test "T8: an unmap of part of one mapping leaves another's reservation alone" {
	fresh 4
	tracked "$(map)" "$MAPPED" \
		"$(second 2 2)" "0-4 2-4 m@0=1:0-4 n@0=1:2-4 | 0-4 2-4 m@0=pat n@0=pat" \
		munmap:n,off=0x1000 "0-4 2-4 m@0=1:0-4 n@0=1:2-4 | 0-3 2-4 m@0=pat n@0=pat" \
		munmap:n "0-4 m@0=1:0-4 | 0-2 2-4 m@0=pat" \
		munmap:m "none | 0-2 2-4 !1"
	fixed_by_ctx "an unmap of part of one mapping leaves another's reservation alone"
}

@test "T4: adjacent ranges are two" {
	fresh 4
	tracked "$(map 2),$AT_LOW" "0-2 m@0=1:0-2 | 0-2 m@0=pat" \
		"n=mmap:a,off=$((BASE + 2 * PAGE)),len=0x2000,fixed=m+0x2000" \
		"0-2 2-4 m@0=1:0-2 n@0=1:2-4 | 0-2 2-4 m@0=pat n@0=pat" \
		munmap:m "2-4 n@0=1:2-4 | 2-4 n@0=pat" munmap:n none
}

@test "T4: an unmap across the border of adjacent ranges leaks nothing (6.16)" {
	fresh 4
	tracked "$(map 2),$AT_LOW" "0-2 m@0=1:0-2 | 0-2 m@0=pat" \
		"n=mmap:a,off=$((BASE + 2 * PAGE)),len=0x2000,fixed=m+0x2000" "0-2 2-4" \
		munmap:m,off=0x1000,len=0x2000 "0-2 2-4 m@0=1:0-2 n@1=1:2-4 | 0-1 2-4 m@0=pat n@1=pat !1" \
		"munmap:m munmap:n" "none | 2-3"
}

@test "T4: one unmap of two adjacent ranges gives both back" {
	fresh 4
	tracked "$(map 2),$AT_LOW" "0-2 m@0=1:0-2 | 0-2 m@0=pat" \
		"n=mmap:a,off=$((BASE + 2 * PAGE)),len=0x2000,fixed=m+0x2000" "0-2 2-4" \
		munmap:m,len=0x4000 none
}

@test "T4: a remap_pfn_range mapping beside pages mapped by fault holds alone" {
	fresh 4
	tracked "$(map)" "$MAPPED" \
		"b=open set:b,region=mmio,method=vmf_insert_pfn n=mmap:b,off=$BASE,len=0x4000" \
		"0-4 m@0=1:0-4 n@0=none | 0-4 m@0=pat n@0=none" \
		"fill:n,val=1 munmap:n" "$MAPPED" munmap:m none
}

# A mapping made in parts is not tracked, and has no reservation to lose.
untracked() { # FLAGS
	fresh 4
	SET=flags=$1 tracked "$(map)" "none m@0=none" \
		mprotect:m,len=0x1000,prot=r "none m@0=none m@1=none" \
		fork:c "none c/m@0=none" \
		munmap:m,len=0x1000 none exit:c none munmap:m none
}

@test "T4: a partial remap is not tracked, and loses nothing" { untracked partial; }
@test "T4: a chunked remap is not tracked, and loses nothing" { untracked chunked,chunk=0x1000; }

@test "T4: a repeated remap is refused, and before 6.16 tracked once" {
	fresh 4
	SET=flags=twice tracked "fork:c c/$(map)" "=EINVAL none | 0-4 c/m@0=pat" exit:c none
}

# life METHOD [NODE]: the kernel tracks METHOD as it tracks remap_pfn_range.
life() {
	need_method "$1"
	fresh 4
	SET=method=$1 NODE=${2:-} tracked "$(map)" "$MAPPED" \
		mprotect:m,off=0x2000,prot=r "0-4 m@0=2:0-4 m@2=2:0-4 | 0-4 m@0=pat m@2=pat" \
		fork:c "0-4 m@0=4:0-4 c/m@0=4:0-4 | 0-4 0-2 2-4 m@0=pat c/m@0=pat" \
		c/munmap:m,len=0x1000 "0-4 m@0=4:0-4 c/m@1=4:0-4 | 0-4 0-2 2-4 m@0=pat c/m@1=pat !1" \
		exit:c "0-4 m@0=2:0-4 | 0-4 0-1 m@0=pat" \
		mremap:m,len=0x1000,old=0x2000 "0-4 m@0=2:0-4 | 0-4 0-1 m@0=pat !1" \
		munmap:m,len=0x4000 "none | 0-2"
}

@test "T4: a VMA by io_remap_pfn_range() is tracked as one by remap_pfn_range()" {
	life io_remap_pfn_range
}
@test "T4: a VMA by vm_iomap_memory() is tracked as one by remap_pfn_range()" {
	life vm_iomap_memory
}
@test "T4: a VMA by mmap_action_remap() is tracked as one by remap_pfn_range()" {
	life mmap_action_remap prepare
}
@test "T4: a VMA by mmap_action_ioremap() is tracked as one by remap_pfn_range()" {
	life mmap_action_ioremap prepare
}

# modes MODE: the kernel tracks the mapping in MODE.
modes() {
	MODE=$1
	fresh 4
	tracked "$(map)" "$MAPPED" \
		fork:c "0-4 m@0=2:0-4 | 0-4 0-4 m@0=pat" \
		mremap:m,len=0x2000 "0-4 m@0=2:0-4 | 0-4 0-2 m@0=pat" \
		exit:c "0-4 m@0=1:0-4 | 0-2 m@0=pat" munmap:m none
}

@test "T4: write-back is tracked" { modes write-back; }
@test "T4: write-through is tracked" { modes write-through; }
@test "T4: uncached-minus is tracked" { modes uncached-minus; }
@test "T4: uncached is tracked" { modes uncached; }

@test "T5: smaps has a flag for tracked VMAs before 6.16 only" {
	check <<-END
		a=open
		set:a,region=mmio
		m=mmap:a,len=0x1000
		proc:m,file=smaps	=smaps * vmflags=*
	END
	case $TRACKING in
	*ctx) refute_regex "${SAID[smaps]}" '\bar\b' ;;
	*) assert_regex "${SAID[smaps]}" 'vmflags=.*\bar\b' ;;
	esac
}

@test "T5: the kernel has the functions of one way to track" {
	local new old

	new=$(on grep -cE ' (pfnmap_track|pfnmap_untrack|pfnmap_setup_cachemode)$' /proc/kallsyms) || true
	old=$(on grep -cE ' (track_pfn_copy|track_pfn_remap|track_pfn_insert|untrack_pfn)$' /proc/kallsyms) || true
	case $TRACKING in
	*ctx) assert_equal "$new $old" "3 0" ;;
	*) assert_equal "$new $old" "0 4" ;;
	esac
}

# Prints one of the operations that programs do all the time, on a piece of the mapping m or
# of the child's copy. Part of the piece may be unmapped already.
random_step() {
	local off=$((RANDOM % 16 * PAGE)) len=$(((RANDOM % 4 + 1) * PAGE)) who=

	((off + len <= 16 * PAGE)) || len=$((16 * PAGE - off))
	((RANDOM % 2)) || who=c/
	case $((RANDOM % 6)) in
	0 | 1) echo "${who}munmap:m,off=$off,len=$len" ;;
	2) echo "${who}mprotect:m,off=$off,len=$len,prot=r" ;;
	3) echo "${who}madvise:m,off=$off,len=$len,advice=random" ;;
	4) echo "${who}n=mremap:m,off=$off,old=$len,len=$len,$AT_LOW" ;;
	5) echo "${who}n=mremap:m,off=$off,old=$len,len=0x1000" ;;
	esac
}

@test "T9, T13: no legal sequence frees what is not there" {
	local seed=${PFNMAP_TEST_SEED:-$EPOCHSECONDS} steps=() i entry

	fresh 16
	[[ $TRACKING == *ctx ]] || may_leak
	RANDOM=$seed
	for i in {1..60}; do
		steps+=("$(random_step)")
		((i != 10)) || steps+=(fork:d)
		((i != 50)) || steps+=(kill:d)
	done
	echo "seed: $seed"
	printf '%s\n' "${steps[@]}"
	run -0 pfnmap-try a=open k=kmsg "set:a,region=mmio,mode=$MODE" "$(map 16)" fork:c \
		"${steps[@]}"
	check <<-END
		a=open
		list:mmio+$BASE,len=$SPAN	=left
	END
	# shellcheck disable=SC2153
	INVALID_FREES=$(log | grep -c "$INVALID_FREE") || true
	if [[ $TRACKING == *ctx ]]; then
		assert_equal "${SAID[left]}" none
		assert_equal "$INVALID_FREES" 0
	else
		while read -r entry; do
			[[ $entry == none ]] || { entry_state "$entry"; note_leaks "$REPLY"; }
		done <<<"${SAID[left]//, /$'\n'}"
		((INVALID_FREES > 0))
	fi
	fixed_by_ctx "whatever a program does, nothing leaks"
}
