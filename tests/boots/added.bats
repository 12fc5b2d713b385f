#!/usr/bin/env bats
# A machine with memory above its boot memory: a DIMM, which ACPI has added and can eject, and
# virtio-mem, which a driver adds, and takes back when the host wants it.

load ../helpers/common
load ../shared/blocks
load ../shared/virtio-mem

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
	same "the memory blocks" "$before" "$(blocks)"
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

# The module has taken nothing of $ADDED.
not_taken() {
	local from to

	while IFS=' -' read -r from to _; do
		[[ -n $from ]] || continue
		((END <= 0x$from || START > 0x$to)) ||
			fail "$(printf 'the module has taken %#x, which is virtio-mem'\''s' "$START")"
	done <<<"$ADDED"
}

@test "carve, virtio-mem: memory that the driver manages is left alone" {
	local before plan

	virtio_mem_begin
	invariants_note
	before=$(blocks)
	plan=$(pfnmapctl load --dry-run -j mmio=128M dax=off)
	module_load mmio=128M dax=off
	taken
	planned "$plan" mmio
	not_taken
	rmmod pfnmap_test
	same "the memory blocks" "$before" "$(blocks)"
	virtio_mem_is "$VIRTIO_MEM"
}

# The host takes the memory and gives it back while the module has a part of the boot memory.
@test "carve, virtio-mem: the host may shrink and grow it while the module is loaded" {
	local all none mib last

	virtio_mem_begin
	invariants_note
	all=$(blocks)
	virtio_mem_resize 0
	none=$(blocks)
	assert_not_equal "$none" "$all"
	virtio_mem_resize $((VIRTIO_MEM / 2))
	module_load dax=off
	taken
	not_taken
	printf -v last 0x%x $((END - START - 8))
	beside a=open set:a,region=mmio,mode=write-back m=mmap:a,len=0x4000 write:m,val=0x55 \
		"word:mmio+$last,val=0xaa" await read:m "word:mmio+$last"
	for mib in "$VIRTIO_MEM" $((VIRTIO_MEM / 4)) "$VIRTIO_MEM" 0; do
		virtio_mem_resize "$mib"
		not_taken
	done
	beside_end
	assert_line "read m+0x0: 0x00000055"
	assert_line "word mmio+$last: 0x00000000000000aa"
	rmmod pfnmap_test
	same "the memory blocks" "$none" "$(blocks)"
	virtio_mem_resize "$VIRTIO_MEM"
	same "the memory blocks" "$all" "$(blocks)"
}
