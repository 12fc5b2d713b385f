#!/usr/bin/env bats
# A machine of two NUMA nodes. The topmost leaf of the direct map belongs to both; the hugetlb
# pool has the leaf below.

load ../helpers/common
load ../shared/blocks

# The pool of hugetlb pages.
hugetlb_pool() {
	target_read /proc/meminfo | grep '^HugePages_'
}

clean_up() {
	! module_loaded || rmmod pfnmap_test
}

@test "carve, two nodes: each block comes back to its node, and the hugetlb pool keeps its page" {
	local before pool plan

	invariants_note
	before=$(blocks)
	pool=$(hugetlb_pool)
	assert_regex "$before" "/node0.*/node1"
	assert_regex "$pool" "HugePages_Free: +1"
	plan=$(pfnmapctl load --dry-run -j mmio=1G dax=off)
	jq -e 'any(.[]; .why | strings | contains("two nodes") or contains("hugetlb"))' <<<"$plan"
	module_load mmio=1G dax=off
	taken
	planned "$plan" mmio
	placed "$plan" mmio "$before"
	rmmod pfnmap_test
	assert_regex "$(block_at "$START")" "/node0"
	same "the memory blocks" "$before" "$(blocks)"
	assert_equal "$(hugetlb_pool)" "$pool"
}

# mbind() leaves pfns out. It finds the copy of one, and the page of vm_insert_page(), on the wrong
# node; but it moves no page of a VMA with VM_PFNMAP, and none that is on no list of the kernel's.
@test "mbind, two nodes: pfns are on no wrong node, and what a driver's mapping has stays where it is" {
	module_load mmio=128M dax=off
	check <<-END
		a=open
		set:a,region=ram,method=vmf_insert_pfn,mode=write-back
		m=mmap:a,len=0x2000
		write:m,val=7
		leaf:m			=before *
		mbind:m,policy=bind,node=1,strict
		mbind:m,policy=bind,node=1,strict,move
		leaf:m			=before
		set:a,region=ram,method=remap_pfn_range,mode=write-back
		p=mmap:a,len=0x2000,private
		write:p,off=0x1000,val=9
		movepages:p,off=0x1000	node 0
		leaf:p			=hole *
		mbind:p,policy=bind,node=1,strict	EIO
		mbind:p,policy=bind,node=1,strict,move	EIO
		movepages:p,off=0x1000	node 0
		read:p,off=0x1000	0x00000009
		leaf:p			=hole
		n=anon:len=0x1000
		write:n,val=5
		mbind:n,policy=bind,node=1,strict	EIO
		mbind:n,policy=bind,node=1,strict,move
		movepages:n		node 1
		read:n			0x00000005
		set:a,region=ram,method=vm_insert_page,mode=write-back
		i=mmap:a,len=0x1000
		write:i,val=3
		mbind:i,policy=bind,node=1,strict	EIO
		mbind:i,policy=bind,node=1,strict,move	EIO
		movepages:i		node 0
		read:i			0x00000003
	END
	rmmod pfnmap_test
}
