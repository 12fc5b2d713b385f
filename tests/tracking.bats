#!/usr/bin/env bats
# What PAT holds for a remap_pfn_range mapping whose VMA is unmapped in parts, split
# or mapped over. Rows T4, T8, T9, T12 and T13 of the mm series.
#
# Since 6.16 one range is tracked for all that is left of a VMA, whole until the last
# piece goes (T12: by design; a kernel that tracks exactly differs here and nowhere
# else). Before, each unmap freed what it unmapped, which worked for a tail alone.

load helpers/common
load setup_suite
load helpers/tracked

setup_file() { fresh_load; }
teardown_file() { fresh_unload; }

MAP='m=mmap:a,len=0x4000'

# f8e97613fed2 "mm: convert VM_PFNMAP tracking to pfnmap_track() + pfnmap_untrack()"
fixed_by_ctx() { # BEHAVIOUR
	behaviour "$1 (f8e97613fed2, 6.16)" "$(fixed_since_ctx)"
}

@test "tracking: mmap reserves, munmap frees" {
	fresh 4
	tracked "$MAP,off=$BASE" "0-4 m@0=1:0-4 | 0-4 m@0=pat" munmap:m none
}

@test "tracking: munmap of the head" {
	fresh 4
	tracked "$MAP,off=$BASE" "0-4 m@0=1:0-4 | 0-4 m@0=pat" \
		munmap:m,len=0x1000 "0-4 m@1=1:0-4 | 0-4 m@1=pat !1" \
		munmap:m "none | 0-1"
	fixed_by_ctx "munmap of the head frees all in the end"
}

@test "tracking: munmap of the tail" {
	fresh 4
	tracked "$MAP,off=$BASE" "0-4 m@0=1:0-4 | 0-4 m@0=pat" \
		munmap:m,off=0x3000 "0-4 m@0=1:0-4 | 0-3 m@0=pat" \
		munmap:m none
}

@test "tracking: munmap of the middle" {
	fresh 4
	tracked "$MAP,off=$BASE" "0-4 m@0=1:0-4 | 0-4 m@0=pat" \
		munmap:m,off=0x1000,len=0x1000 "0-4 m@0=2:0-4 m@2=2:0-4 | 0-4 m@0=pat m@2=pat !1" \
		munmap:m,len=0x1000 "0-4 m@2=1:0-4 | 0-4 m@2=pat !1" \
		munmap:m "none | 0-2"
	fixed_by_ctx "munmap of the middle frees all in the end"
}
