# The kernel's memory blocks, for tests that take blocks and give them back.

# Prints each block's node (CONFIG_NUMA), state and zone.
blocks() {
	target_shell 'cd /sys/devices/system/memory
		ls -d memory*/node* 2>/dev/null || true
		grep -H . memory*/state memory*/valid_zones'
}

# Prints the same of the block at an address.
block_at() {
	local bytes=0x

	bytes+=$(target_read /sys/devices/system/memory/block_size_bytes)
	blocks | grep "^memory$(($1 / bytes))/"
}

# $START and $END: the range that the mmio region has taken.
taken() {
	need_region mmio
	START=$(region_field mmio start)
	# shellcheck disable=SC2034 # for tests
	END=$((START + $(region_field mmio bytes)))
}

# planned PLAN REGION: fails unless the region is where PLAN, the output of `load --dry-run -j`,
# may place it: at a window that was not passed over, or in the leaf around such a window.
planned() {
	local start

	printf -v start 0x%x "$(region_field "$2" start)"
	jq -e --arg region "$2" --arg start "$start" \
		--argjson bytes "$(region_field "$2" bytes)" '
		any(.[] | select(.region == $region and (.verdict | IN("taken", "maybe")));
			(.start == $start and .bytes == $bytes) or
			(.leaf == $start and .leaf_bytes >= $bytes))' <<<"$1" >/dev/null ||
		fail "$2 is at $start, not as it was said: $1"
}
