#!/usr/bin/env bats
# A machine with memory above its boot memory: a DIMM, which ACPI has added and can eject, and
# virtio-mem, which a driver adds, and takes back when the host wants it.

load ../helpers/common
load ../shared/blocks

BLOCKS=/sys/devices/system/memory

clean_up() {
	! module_loaded || rmmod pfnmap_test
}

# Prints the numbers of the DIMM's blocks.
dimm_blocks() {
	# shellcheck disable=SC2016 # expanded there
	target_shell 'cd "$1" && ls -d memory*/firmware_node 2>/dev/null || true' $BLOCKS |
		sed 's,^memory,,; s,/.*,,' | sort -n
}

# A block that the module has taken and given back is not the DIMM's any more. ACPI would not
# put it off line, and the kernel BUGs if memory to be ejected is online.
@test "carve, a DIMM: memory that was added after boot is left alone, and can be ejected" {
	local before plan dimm i

	invariants_note
	before=$(blocks)
	mapfile -t dimm < <(dimm_blocks)
	((${#dimm[@]})) || fail "ACPI has added no memory"
	plan=$(pfnmapctl load --dry-run -j mmio=128M dax=off)
	jq -e 'any(.[]; .why | strings | contains("ACPI has added"))' <<<"$plan"
	module_load mmio=128M dax=off
	taken
	planned "$plan" mmio
	((END <= dimm[0] * 0x$(target_read $BLOCKS/block_size_bytes))) ||
		fail "$(printf 'the module has taken %#x, which is the DIMM'\''s' "$START")"
	rmmod pfnmap_test
	assert_equal "$(blocks)" "$before"
	assert_equal "$(dimm_blocks)" "$(printf '%s\n' "${dimm[@]}")"

	# ACPI ejects it at leisure.
	# shellcheck disable=SC2016 # expanded there
	target_shell 'for file in /sys/bus/acpi/devices/PNP0C80:*/eject; do echo 1 >"$file"; done'
	for ((i = 0; i < 100; i++)); do
		[[ -n $(dimm_blocks) ]] || break
		sleep 0.1
	done
	assert_equal "$(dimm_blocks)" ""
}

# virtio_mem_added: waits until the driver has added all of the memory, and prints its lines.
virtio_mem_added() {
	local i found='' last

	for ((i = 0; i < 100; i++)); do
		last=$found
		found=$(target_read /proc/iomem | grep 'System RAM (virtio_mem)' || true)
		[[ -z $found || $found != "$last" ]] || break
		sleep 0.5
	done
	echo "$found"
}

@test "carve, virtio-mem: memory that the driver manages is left alone" {
	local before line plan from to

	modprobe virtio_mem 2>/dev/null || skip "no CONFIG_VIRTIO_MEM here"
	line=$(virtio_mem_added)
	[[ -n $line ]] || fail "virtio_mem has added no memory"
	invariants_note
	before=$(blocks)
	plan=$(pfnmapctl load --dry-run -j mmio=128M dax=off)
	module_load mmio=128M dax=off
	taken
	planned "$plan" mmio
	while IFS=' -' read -r from to _; do
		((END <= 0x$from || START > 0x$to)) ||
			fail "$(printf 'the module has taken %#x, which is virtio-mem'\''s' "$START")"
	done <<<"$line"
	rmmod pfnmap_test
	assert_equal "$(blocks)" "$before"
	assert_equal "$(virtio_mem_added)" "$line"
}
