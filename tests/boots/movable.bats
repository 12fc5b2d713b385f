#!/usr/bin/env bats
# A machine whose topmost memory is in ZONE_MOVABLE, and that puts new memory elsewhere.

load ../helpers/common
load ../shared/blocks

clean_up() {
	! module_loaded || rmmod pfnmap_test
}

@test "carve, ZONE_MOVABLE: each block comes back to its zone" {
	local before plan

	invariants_note
	before=$(blocks)
	plan=$(pfnmapctl load --dry-run -j dax=off)
	module_load dax=off
	taken
	placed "$plan" mmio "$before"
	rmmod pfnmap_test
	assert_regex "$(block_at "$START")" "valid_zones:Movable"
	same "the memory blocks" "$before" "$(blocks)"
}
