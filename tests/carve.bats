#!/usr/bin/env bats
# What mmio=auto and dax=auto take, and never take. Ends with the module loaded as it was.

load shared/blocks
load helpers/common
load shared/device-dax

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
	! target_read /proc/iomem | grep -q pfnmap_test
}

# 1 GiB of RAM that dax_kmem has added, and put online.
driver_managed_begin() {
	device_dax_given || skip "no memory is given for device-dax"
	MANAGED=$REPLY
	modprobe -a dax_hmem kmem 2>/dev/null ||
		skip "no CONFIG_DEV_DAX_HMEM and CONFIG_DEV_DAX_KMEM here"
	device_dax_find
	# shellcheck disable=SC2016 # expanded there
	target_shell 'cd /sys/bus/dax/drivers/kmem
		[ -e "../../devices/$1/driver" ] || echo "$1" >bind 2>/dev/null || echo "$1" >new_id
		cd /sys/devices/system/memory
		for file in $(grep -l offline memory*/state); do echo online >"$file"; done' "$DAX_NAME"
}

driver_managed_end() {
	local block

	[[ -n ${MANAGED:-} ]] || return 0
	block=0x$(target_read /sys/devices/system/memory/block_size_bytes)
	# shellcheck disable=SC2016 # expanded there
	target_shell 'for at in $(seq "$1" "$2"); do
			state=/sys/devices/system/memory/memory$at/state
			echo offline >$state || { echo "$state: $(cat $state)"; exit 1; }
		done
		echo "$3" >/sys/bus/dax/drivers/kmem/unbind' \
		$((MANAGED / block)) $(((MANAGED + (1 << 30)) / block - 1)) "$DAX_NAME" || return
	rmmod kmem dax_hmem
}

# The memory at $START is not the kernel's.
block_absent() {
	run block_at "$START"
	assert_failure
}

@test "carve: each block of memory comes back, to its node and zone" {
	local before

	before=$(blocks)
	module_load
	taken
	assert_not_equal "$(blocks)" "$before"
	rmmod pfnmap_test
	same "the memory blocks" "$before" "$(blocks)"
}

@test "carve: load --dry-run says which memory a load takes, and takes none" {
	local plan before

	before=$(blocks)
	plan=$(pfnmapctl load --dry-run -j)
	run ! module_loaded
	same "the memory blocks" "$before" "$(blocks)"
	module_load
	taken
	planned "$plan" mmio
	planned "$plan" dax
	placed "$plan" mmio "$before"
	placed "$plan" dax "$before"
	rmmod pfnmap_test
	plan=$(pfnmapctl load --dry-run -j mmio=256M dax=off)
	jq -e 'any(.[]; .region == "dax" and .verdict == "off")' <<<"$plan"
	module_load mmio=256M dax=off
	assert_equal "$(region_field mmio bytes)" $((256 << 20))
	jq -e --arg start "$(printf 0x%x "$(region_field mmio start)")" 'any(.[];
		.region == "mmio" and (.start == $start or .leaf == $start))' <<<"$plan"
}

@test "carve: load --dry-run tells why windows are passed over" {
	local plan

	# More than a quarter of the available memory, and more than all memory.
	run -0 --separate-stderr pfnmapctl load --dry-run -j mmio=1T
	jq -e '[.[] | select(.region == "mmio")] | length == 1 and .[0].verdict == "missing"' <<<"$output"
	# The largest size that the module's parser takes, which rounding up must not make small.
	run -0 --separate-stderr pfnmapctl load --dry-run -j mmio=0xfffffffffffff000 dax=off
	jq -e 'length == 2 and .[0].verdict == "missing"' <<<"$output"
	# The last GiB below the kernel's image is never taken.
	run -0 --separate-stderr pfnmapctl load --dry-run -j "mmio=$(($(meminfo MemTotal) / 1024))M"
	jq -e '[.[] | select(.region == "mmio")] | length > 0 and all(.verdict != "taken") and
		all(.[] | select(.verdict | IN("passed over", "missing")); (.why // "") != "")' <<<"$output"
	run -0 --separate-stderr pfnmapctl load --dry-run -j mmio=1M@0x100000 dax=off
	jq -e '.[0].verdict == "named" and .[1].verdict == "off"' <<<"$output"
	run -1 pfnmapctl load --dry-run mmio=many
	assert_output --partial "mmio=many: not auto, SIZE"
	run -1 pfnmapctl load --dry-run mmio=0
	assert_output --partial "mmio=0: not auto, SIZE"
}

@test "carve: memory that another driver manages is not taken" {
	local line plan

	driver_managed_begin
	line=$(target_read /proc/iomem | grep 'System RAM (kmem)')
	plan=$(pfnmapctl load --dry-run -j dax=off)
	module_load dax=off
	planned "$plan" mmio
	taken
	((END <= MANAGED || START >= MANAGED + (1 << 30))) ||
		fail "$(printf 'auto has taken %#x, which is kmem'\''s' "$START")"
	same "the driver's memory" "$line" "$(target_read /proc/iomem | grep 'System RAM (kmem)')"
}

@test "carve: memory with a page that is poisoned is left alone" {
	local poisoned plan

	[[ -n ${DISPOSABLE:-} ]] || skip "the page is lost until the next boot: DISPOSABLE=1 allows it"
	has_poison || skip "no CONFIG_MEMORY_FAILURE"
	module_load dax=off
	taken
	rmmod pfnmap_test
	poisoned=$(((START + END) / 2))
	target_write /sys/devices/system/memory/hard_offline_page "$poisoned"
	plan=$(pfnmapctl load --dry-run -j dax=off)
	jq -e 'any(.[]; .verdict == "passed over" and (.why | contains("1 poisoned")))' <<<"$plan"
	module_load dax=off
	planned "$plan" mmio
	taken
	((END <= poisoned || START > poisoned)) ||
		fail "$(printf 'auto has taken %#x, and with it %#x' "$START" "$poisoned")"
}

# The kernel forgets the failure together with the page that is in ZONE_DEVICE. In a folio of many
# pages not even the page is known: the kernel marks the first.
@test "carve: memory of dax of which a page failed is not given back" {
	local method

	[[ -n ${DISPOSABLE:-} ]] || skip "the memory is lost until the next boot: DISPOSABLE=1 allows it"
	has_poison || skip "no CONFIG_MEMORY_FAILURE"
	method=vmf_insert_page_mkwrite
	has_method $method || method=devmap_pte
	module_load mmio=off dax=auto
	need_region dax
	START=$(region_field dax start)
	block_absent
	check <<-END
		a=open
		set:a,region=dax,method=$method,mode=write-back
		m=mmap:a,len=0x2000
		write:m,val=0x44
		poison:m,off=0x1000	ok SIGBUS=1 *
		munmap:m
		set:a,region=dax,method=$method,mode=write-back
		folio:dax+0x1000	*hwpoison*
	END
	rmmod pfnmap_test
	run -0 log
	assert_line --partial "a page has failed"
	block_absent
}
