#!/usr/bin/env bats
# What PAT holds when a mapping, a move or a fork fails in the middle. Rows T4 and
# T13 of the mm series; see tracking.bats.

load helpers/common
load setup_suite
load helpers/tracked

CGROUPS=/sys/fs/cgroup
LIMITED=$CGROUPS/pfnmap-test

setup_file() {
	fresh_load
	[[ -e $CGROUPS/cgroup.controllers ]] || mount -t cgroup2 none "$CGROUPS" || true
	echo +memory >"$CGROUPS/cgroup.subtree_control" || true
}
teardown_file() { fresh_unload; }

MAPPED="0-4 m@0=1:0-4 | 0-4 m@0=pat"

# driver_fails METHOD [FLAG]: it maps the memory, then returns an error from mmap.
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

@test "T4: a chunked remap leaves nothing where its second chunk is refused" {
	fresh 4
	MODE=write-back
	tracked "r=reserve:a,region=mmio,off=$((BASE + 2 * PAGE)),len=0x1000,mode=write-combining" \
		"2-3/write-combining" \
		"set:a,region=mmio,mode=write-back,flags=chunked,chunk=0x4000 $(map)" "=EINVAL 2-3/write-combining" \
		"set:a,region=mmio,mode=write-back,flags=chunked,chunk=0x3000 $(map)" "=EINVAL 2-3/write-combining" \
		release:r none
}

# The driver's error stands, and so does what was mapped there: or it is gone. Either
# way nothing is held for what is not mapped.
@test "T4: a refused remap keeps no reservation of the range that it asked for" {
	fresh 8
	tracked "$(map)" "$MAPPED" \
		"set:a,region=mmio,mode=write-through n=mmap:a,off=$BASE,len=0x8000" \
		"=EINVAL 0-4 m@0=1:0-4 | =EINVAL 0-4 m@0=pat" munmap:m none
}

need_limit() {
	[[ -e $CGROUPS/cgroup.controllers ]] && grep -qw memory "$CGROUPS/cgroup.subtree_control" ||
		skip "no memory cgroup (v2) to run out of memory in"
	mkdir -p "$LIMITED"
}

# Page tables of 128 MiB are 256 KiB: more than the limit.
BIG=$((24 << 20 >> 12))
LOW=0x8000
