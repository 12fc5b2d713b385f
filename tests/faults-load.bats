#!/usr/bin/env bats
# The kernel's fault injection in loading and unloading the module. Ends with the module loaded
# as it was.
#
# The tests leave out what the kernel does before the module's first line: jump labels and static
# calls warn if there is no memory for a module (kernel/jump_label.c,
# kernel/static_call_inline.c), and our debug kernel panics on a warning. The kernel's part ends
# where a load with a wrong parameter ends, or a few points before.
#
# The tests also leave out memory hot-add, by memremap_pages() and add_memory(), and with it the
# dax region and giving back carved memory: x86 does not look whether there was a page for the
# direct map's tables, and oopses (alloc_low_page() in arch/x86/mm/init_64.c).
# fail-next.bats has the failures of the dax region.

load helpers/common
load shared/faults

export SOURCE=nth
EVERY=1000000000 # No point is so far: no fault is injected, and all points are counted.

setup_file() {
	time_limit 7200
	injection_there && [[ -n ${PFNMAP_TEST_KO:-} ]] || return 0
	rmmod pfnmap_test
	injection_on
}

teardown_file() {
	injection_off
	module_loaded || suite_load
}

setup() {
	injection_need
	[[ -n ${PFNMAP_TEST_KO:-} ]] || skip "no PFNMAP_TEST_KO"
	invariants_note
}

clean_up() {
	[[ -n ${MARKER-} ]] || return 0
	! module_loaded || rmmod pfnmap_test || return
	! target_read /proc/iomem | grep pfnmap_test
}

# points STEP...: $REPLY is how many fail points the step with '!' passes.
points() {
	local IFS=';'

	try "nth/from=$EVERY;$*"
	[[ $output =~ ^nth:\ ([0-9]+)\ points, ]] || fail "$output"
	REPLY=${BASH_REMATCH[1]}
}

# After a load both regions work, and the module can be unloaded.
WORKS=('?a=open' '?set:a,region=mmio' '?set:a,region=ram' '?m=mmap:a,len=0x1000' '?munmap:m'
	'?close:a' '?rmmod:')

# loads LABEL AT PARAMS: loads the module with faults at AT points. request_mem_region() does
# not say whether it lacked the range or the memory. pci_register_driver() says EINVAL where it has
# no memory for a directory in sysfs (module_add_driver() in drivers/base/module.c).
loads() {
	local first

	points '!insmod:dax_align=x'
	first=$((REPLY - 4))
	points "!insmod:$3" "${WORKS[@]}"
	walk "load $1, from $first" "ENOMEM|EBUSY${PCI:+|EINVAL}" "from=$first" \
		"stride=$(((REPLY - first) / $2 + 1))" "!insmod:$3" "${WORKS[@]}"
	walked
}

# unloads LABEL AT PARAMS
unloads() {
	points "insmod:$3" '!rmmod:'
	walk "unload $1" "$FAULTS" "stride=$((REPLY / $2 + 1))" "insmod:$3" '?a=open' '?close:a' \
		'!rmmod:' '?rmmod:'
	walked
}

fixed() {
	local range

	# shellcheck disable=SC2016
	range=$(grep -oE '1G\$0x[0-9a-f]+' <<<"$CMDLINE" | head -n 1)
	[[ -n $range ]] || skip "no memmap= on the command line"
	REPLY="mmio=4M@${range#*$},dax=off"
}

# The memory taken out of System RAM comes back, all of it online. There may be a little more
# than before: see module.bats.
auto() { # AT
	local total now

	target_has /sys/devices/system/memory/auto_online_blocks || skip "no CONFIG_MEMORY_HOTPLUG"
	total=$(meminfo MemTotal)
	loads "out of System RAM" "$1" mmio=auto,dax=off
	now=$(meminfo MemTotal)
	((now >= total)) || fail "MemTotal was $total kB, is $now kB"
	assert_equal "$(offline_blocks)" ""
}

bar() { # AT
	[[ -n ${IVSHMEM:-} ]] || skip "no PCI device to try it on: set IVSHMEM=DDDD:BB:DD.F/BAR"
	PCI=1 loads "of a BAR" "$1" "mmio=pci:$IVSHMEM,dax=off"
}

@test "faults: a load that fails leaves nothing: a range reserved at boot" {
	fixed
	loads "of a fixed range" 12 "$REPLY"
}

@test "faults: an unload leaves nothing: a range reserved at boot" {
	fixed
	unloads "of a fixed range" 12 "$REPLY"
}

@test "faults: a load that fails leaves nothing: memory out of System RAM" {
	auto 5
}

@test "faults: a load that fails leaves nothing: a BAR" {
	bar 12
}

@test "every fault: a load that fails leaves nothing: a range reserved at boot" {
	fixed
	loads "of a fixed range" 100000 "$REPLY"
}

@test "every fault: a load that fails leaves nothing: memory out of System RAM" {
	auto 100000
}

@test "every fault: a load that fails leaves nothing: a BAR" {
	bar 100000
}
