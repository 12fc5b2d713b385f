#!/usr/bin/env bats
# What PAT holds when a mapping, a move or a fork fails in the middle. Rows T4 and
# T13 of docs/glossary.md; see tracking.bats.

load helpers/common
load shared/tracked
load helpers/cgroup

setup_file() {
	cgroup_begin
	fresh_load
}

teardown_file() {
	fresh_unload
	cgroup_end
}

MAPPED="0-4 m@0=1:0-4 | 0-4 m@0=pat"

# driver_fails METHOD [MMAP-WORDS [FLAGS]]: the driver maps the memory, then returns an error
# from mmap.
driver_fails() {
	fresh 4
	SET="method=$1,flags=fail${3:-}" tracked "$(map)${2:-}" "=EIO none" "$(map)${2:-}" "=EIO none"
}

@test "T4: a driver that fails after remap_pfn_range() leaves nothing" { driver_fails remap_pfn_range; }
@test "T4: a driver that fails after io_remap_pfn_range() leaves nothing" { driver_fails io_remap_pfn_range; }
@test "T4: a driver that fails after vm_iomap_memory() leaves nothing" { driver_fails vm_iomap_memory; }
@test "T4: a driver that fails after a private remap_pfn_range() leaves nothing" { driver_fails remap_pfn_range ,private; }
@test "a driver that fails after a partial remap leaves nothing" { driver_fails remap_pfn_range "" +partial; }

@test "T4: a driver that fails beside mappings of the same pfns leaves those alone" {
	fresh 4
	tracked "$(map)" "$MAPPED" \
		"b=open set:b,region=mmio,mode=$MODE,flags=fail n=mmap:b,off=$BASE,len=0x4000" \
		"=EIO 0-4 m@0=1:0-4 | =EIO 0-4 m@0=pat" \
		"n=mmap:b,off=$BASE,len=0x2000" "=EIO 0-4 m@0=1:0-4 | =EIO 0-4 m@0=pat" \
		munmap:m none
}

# The first chunk is mapped, the second meets two modes.
@test "a chunked remap leaves nothing where its second chunk is refused" {
	fresh 4
	tracked "r=reserve:a,region=mmio,off=$((BASE + 2 * PAGE)),len=0x1000,mode=write-back" \
		"=write-back 2-3/write-back" \
		"set:a,region=mmio,mode=write-combining,flags=chunked,chunk=0x2000 $(map)" \
		"=EINVAL 2-3/write-back" release:r none
}

# hfi1 and comedi map several buffers in this way. Since 6.16 the VMA keeps the range of the first
# call, and the kernel refuses the second call. Before, the kernel reserves each buffer, and
# munmap() looks for one reservation as large as the VMA.
@test "T4: buffers mapped each as if it were all of the VMA are refused, or lost at munmap" {
	fresh 4
	SET=flags=chunked+narrowed,chunk=0x2000 tracked "$(map)" \
		"=EINVAL none | 0-2 2-4 m@0=pat" munmap:m "=not mapped none | 0-2 2-4 !1"
	fixed_by_ctx "no buffer is lost of a VMA that looked like each of them"
}

@test "T4: one buffer that is all of the VMA is a mapping like others" {
	fresh 4
	SET=flags=chunked+narrowed,chunk=0x4000 tracked "$(map)" "$MAPPED" munmap:m none
}

@test "T4: a refused remap keeps no reservation of what else it asked for" {
	fresh 8
	tracked "$(map)" "$MAPPED" \
		"set:a,region=mmio,mode=write-through n=mmap:a,off=$BASE,len=0x8000" \
		"=EINVAL 0-4 m@0=1:0-4 | =EINVAL 0-4 m@0=pat" munmap:m none
}

# Page tables of 24 MiB are 48 KiB and more: over the limit.
BIG=$((24 << 20 >> 12))
ALL=0-$BIG

@test "T4: an mmap that runs out of memory in the middle leaves nothing" {
	need_limit c
	fresh $BIG
	tracked fork:c none "$UNKILLABLE $LIMITED" none \
		"c/$(map $BIG)" "=ENOMEM none" \
		"$(map $BIG)" "$ALL m@0=1:$ALL | $ALL m@0=pat" munmap:m none \
		exit:c none
	run -0 log
	assert_output --partial "pfnmap-try invoked oom-killer"
}

@test "T4: an mmap that is killed in the middle, for want of memory, leaves nothing" {
	need_limit c
	fresh $BIG
	tracked fork:c none "$LIMITED" none \
		"c/$(map $BIG)" "=SIGKILL none" \
		"$(map $BIG)" "$ALL m@0=1:$ALL | $ALL m@0=pat" munmap:m none
	run -0 log
	assert_output --partial "Memory cgroup out of memory: Killed process"
}

@test "T4: mremap runs out of memory in the middle, and moves back" {
	need_limit c
	fresh $BIG
	tracked fork:c none "c/$(map $BIG)" "$ALL c/m@0=1:$ALL | $ALL c/m@0=pat" \
		"$UNKILLABLE $LIMITED" "$ALL" \
		c/mremap:m,len=$((BIG * PAGE)),fixed=0x100000201000 \
		"=ENOMEM $ALL c/m@0=1:$ALL | =ENOMEM $ALL c/m@0=pat" \
		"c/write:m,val=1 c/write:m,off=$(((BIG - 1) * PAGE)),val=1 c/munmap:m" none exit:c none
}

# Four times the page tables, so that the child's other memory does not matter. The kernel cleared
# VM_PAT of the VMA whose copy failed, so its reservation stayed for ever (FORK_TAKES).
@test "T4: fork runs out of memory in the middle, and on old kernels loses a reservation" {
	need_limit p 0x30000
	fresh $BIG
	local i steps=() lost='' told=fixed four="$ALL $ALL $ALL $ALL"

	if [[ -n $FORK_TAKES ]]; then
		lost=$ALL told="bug reproduced"
	fi
	for i in {1..4}; do steps+=("p/m$i=mmap:a,off=$BASE,len=$((BIG * PAGE))"); done
	tracked fork:p none "${steps[*]}" "$four" "$UNKILLABLE $LIMITED" "$four" \
		p/fork:c "=ENOMEM $four p/m4@0=1:$ALL | =ENOMEM $four${lost:+ $lost} p/m4@0=pat" \
		p/munmap:m1 "$ALL $ALL $ALL${lost:+ $lost}" exit:p "${lost:-none}"
	behaviour "a fork that runs out of memory loses no reservation" "$told"
}
