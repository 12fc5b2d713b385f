#!/usr/bin/env bats
# The kernel's own selftest, tools/testing/selftests/mm/pfnmap.c, unchanged. On
# /dev/mem, where it runs by default, it never reaches the memtype tree. Row T14 of
# docs/glossary.md.

load helpers/common

# With VM_PAT the selftest's munmap_split leaks a reservation for ever (fixed by
# f8e97613fed2, 6.16). So the selftest gets a range of its own there, which no later test uses.
own_range() {
	local range

	range=$(boot_reserved)
	[[ -n $range ]] || return 1
	printf '1M@0x%x\n' $((${range#*@} + (1 << 20)))
}

setup() {
	on sh -c 'command -v upstream-pfnmap' >/dev/null || skip "upstream-pfnmap was not built"
	if [[ $TRACKING == *vm_pat ]]; then
		own_range || skip "no memmap= on the command line: it would leak part of System RAM's addresses"
		rmmod pfnmap_test
		module_load "mmio=$(own_range)" dax=off
	fi
	invariants_note
}

# Replaces common's: with VM_PAT the selftest leaves a reservation behind, so do not look.
teardown() {
	[[ -n ${MARKER:-} ]] || return 0
	if [[ $TRACKING == *vm_pat ]]; then
		rmmod pfnmap_test && suite_load
	else
		invariants_check
	fi
}

@test "upstream: the pfnmap selftest passes 6 of 6 on our device" {
	local before

	before=$(on pfnmap-state memtypes)
	run upstream-pfnmap -- "$DEV"
	assert_success
	assert_output --partial "# PASSED: 6 / 6 tests passed."
	# What comes out is KTAP, as docs/ci.md says.
	assert_line "TAP version 13"
	assert_line "1..6"
	assert_equal "$(grep -c '^ok [1-6] ' <<<"$output")" 6
	behaviour "a partly unmapped mapping leaves nothing in the tree" "$(fixed_since_ctx)"
	[[ $TRACKING == *vm_pat ]] || return 0

	# The selftest does not look at the tree, so it passes although the kernel has the bug.
	run -0 log
	assert_output --partial "freeing invalid memtype"
	assert_equal "$(on pfnmap-state memtypes | grep -vxFc "$before")" 1
}
