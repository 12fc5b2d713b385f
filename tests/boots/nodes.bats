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
