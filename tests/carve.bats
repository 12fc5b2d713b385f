#!/usr/bin/env bats
# What mmio=auto and dax=auto take, and never take. Ends with the module loaded as it was.

load helpers/blocks
load helpers/common
load helpers/device-dax

setup_file() {
	rmmod pfnmap_test
}

teardown_file() {
	module_loaded || suite_load
}

setup() {
	! module_loaded || rmmod pfnmap_test
	invariants_note
	need_carving
}

clean_up() {
	! module_loaded || rmmod pfnmap_test || return
	driver_managed_end || return
	! iomem | grep -q pfnmap_test
}

# 1 GiB of RAM that dax_kmem has added: online, as its owner uses it.
driver_managed_begin() {
	device_dax_given || skip "no memory is given for device-dax"
	MANAGED=$REPLY
	modprobe -a dax_hmem kmem 2>/dev/null ||
		skip "no CONFIG_DEV_DAX_HMEM and CONFIG_DEV_DAX_KMEM here"
	# shellcheck disable=SC2016 # expanded there
	target_shell 'cd /sys/bus/dax/drivers/kmem
		[ -e "$1/driver" ] || echo dax0.0 >bind 2>/dev/null || echo dax0.0 >new_id
		cd /sys/devices/system/memory
		for file in $(grep -l offline memory*/state); do echo online >"$file"; done' "$DAX_SYS"
}

driver_managed_end() {
	local block

	[[ -n ${MANAGED:-} ]] || return 0
	block=0x$(target_read /sys/devices/system/memory/block_size_bytes)
	# shellcheck disable=SC2016 # expanded there
	target_shell 'for at in $(seq "$1" "$2"); do
			echo offline >/sys/devices/system/memory/memory$at/state
		done
		echo dax0.0 >/sys/bus/dax/drivers/kmem/unbind' \
		$((MANAGED / block)) $(((MANAGED + (1 << 30)) / block - 1)) || return
	rmmod kmem dax_hmem
}

@test "carve: each block of memory comes back, to its node and zone" {
	local before

	before=$(blocks)
	module_load
	taken
	assert_not_equal "$(blocks)" "$before"
	rmmod pfnmap_test
	assert_equal "$(blocks)" "$before"
}

@test "carve: memory that a driver manages is nobody else's" {
	local line

	driver_managed_begin
	line=$(iomem | grep 'System RAM (kmem)')
	module_load dax=off
	taken
	((END <= MANAGED || START >= MANAGED + (1 << 30))) ||
		fail "$(printf 'auto has taken %#x, which is kmem'\''s' "$START")"
	assert_equal "$(iomem | grep 'System RAM (kmem)')" "$line"
}

@test "carve: memory with a page that is poisoned is left alone" {
	local poisoned

	[[ -n ${DISPOSABLE:-} ]] || skip "the page is lost until the next boot: DISPOSABLE=1 allows it"
	has_poison || skip "no CONFIG_MEMORY_FAILURE"
	module_load dax=off
	taken
	rmmod pfnmap_test
	poisoned=$(((START + END) / 2))
	target_write /sys/devices/system/memory/hard_offline_page "$poisoned"
	module_load dax=off
	taken
	((END <= poisoned || START > poisoned)) ||
		fail "$(printf 'auto has taken %#x, and with it %#x' "$START" "$poisoned")"
}
