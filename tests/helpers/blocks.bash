# The kernel's memory blocks, for tests that take some and give them back.

# Prints each block's node, state and zone.
blocks() {
	target_shell 'cd /sys/devices/system/memory
		ls -d memory*/node*
		grep -H . memory*/state memory*/valid_zones'
}

# Prints the same of the block at an address.
block_at() {
	local bytes=0x

	bytes+=$(target_read /sys/devices/system/memory/block_size_bytes)
	blocks | grep "^memory$(($1 / bytes))/"
}

# The pool of hugetlb pages.
hugetlb_pool() {
	target_read /proc/meminfo | grep '^HugePages_'
}

# $START and $END: the range that auto has taken.
taken() {
	need_region mmio
	START=$(region_field mmio start)
	# shellcheck disable=SC2034 # for tests
	END=$((START + $(region_field mmio bytes)))
}
