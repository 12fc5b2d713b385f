#!/usr/bin/env bats
# Several buffers in one VMA: the way that works, extents_vmf_insert_pfn. The wrong ones are
# the flag chunked (map.bats), and the finding buffers-move-vma.

load helpers/common

@test "extents: each of several buffers in one VMA has the mode that it is reserved with" {
	local quarter at

	need_region mmio
	need_pat
	need_memtype
	quarter=$(($(region_field mmio bytes) / 4))
	at=$((quarter - 0x1000))
	try a=open set:a,region=mmio,method=extents_vmf_insert_pfn list:mmio \
		"m=mmap:a,off=$at,len=0x2000" read:m read:m,off=0x1000 leaf:m leaf:m,off=0x1000
	line 3 "list mmio: 0x0-$(printf 0x%x $quarter) write-combining"
	assert_regex "${lines[5]}" "^list mmio: .*write-combining$"
	line 7 "mmap m: ok"
	assert_regex "${lines[9]}" "^leaf m\+0x0: pte write-combining mmio\+$(printf 0x%x $at) "
	assert_regex "${lines[10]}" "^leaf m\+0x1000: pte write-combining mmio\+$(printf 0x%x $quarter) "
}

@test "extents: what is reserved goes with the open file, and an extent that is held is EBUSY" {
	need_region mmio
	need_pat
	need_memtype
	try b=open "r=reserve:b,region=mmio,off=0x1000,len=0x1000,mode=write-back" a=open \
		set:a,region=mmio,method=extents_vmf_insert_pfn list:mmio release:r \
		set:a,region=mmio,method=extents_vmf_insert_pfn close:a list:mmio
	line 4 "set a: EBUSY"
	line 5 "list mmio: 0x1000-0x2000 write-back"
	line 7 "set a: ok"
	line 9 "list mmio: none"
}
