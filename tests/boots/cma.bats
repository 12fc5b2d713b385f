#!/usr/bin/env bats
# A machine on which CMA has a part of the topmost leaf of the direct map that can be taken.

load ../helpers/common
load ../shared/blocks

# The kernel says at boot where the area is: "cma: Reserved 64 MiB at 0x...".
cma_area() {
	dmesg | sed -nE 's/.*cma: Reserved [0-9]+ MiB at (0x[0-9a-f]+).*/\1/p'
}

cma_pages() {
	target_read /proc/meminfo | grep ^Cma
}

clean_up() {
	! module_loaded || rmmod pfnmap_test
}

@test "carve, CMA: memory that is for CMA is left alone" {
	local before pages plan area bytes

	area=$(cma_area)
	bytes=$(($(meminfo CmaTotal) << 10))
	[[ -n $area ]] && ((bytes)) || fail "no CMA area"
	invariants_note
	before=$(blocks)
	pages=$(cma_pages)
	plan=$(pfnmapctl load --dry-run -j dax=off)
	jq -e 'any(.[]; .verdict == "maybe" and (.why | strings | contains("CMA"))) and
		all(.[]; .verdict != "taken")' <<<"$plan"
	module_load dax=off
	taken
	planned "$plan" mmio
	((END <= area || START >= area + bytes)) ||
		fail "$(printf 'the module has taken %#x, and with it CMA'\''s' "$START")"
	rmmod pfnmap_test
	same "the memory blocks" "$before" "$(blocks)"
	assert_equal "$(cma_pages)" "$pages"
}
