#!/usr/bin/env bats
# A machine with little memory.

load ../helpers/common
load ../shared/doctor

@test "doctor, little memory: the mmio and dax regions are missing, and the reason is told" {
	doctor 4
	says memory missing "too little: a block is [0-9]+ MiB, a quarter of what is available [0-9]+ MiB" \
		"reserve some: boot with memmap="
	# Doctor also says which blocks can't be taken, and why.
	run -0 jq -r '.[] | select(.check | test("^memory[0-9]")) | "\(.state): \(.why)"' <<<"$DOCTOR"
	assert_line --regexp "^warning: \[mem 0x[0-9a-f]+-0x[0-9a-f]+\] can't be taken: [0-9]+ slab, [0-9]+ page table, [1-9][0-9]* reserved, [0-9]+ hugetlb, [0-9]+ poisoned pages, [0-9]+ holes$"
	# The module's own reason.
	run -0 pfnmapctl load
	assert_line --regexp "^mmio .* (EBUSY|ENOMEM) +no part of System RAM is long enough"
	doctor 1
	# With so little memory the kernel itself turns huge pages off.
	missing thp memory "region mmio" "region dax"
	says "region mmio" missing "no part of System RAM is long enough.*\((EBUSY|ENOMEM)\)" "see memory"
	says "region ram" ok "bytes at 0x" ""
}

clean_up() {
	! module_loaded || rmmod pfnmap_test
}
