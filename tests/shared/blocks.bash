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

# placed PLAN REGION BLOCKS: fails unless PLAN says of the window that the region has taken the node
# and zone that the window's first block had in BLOCKS, which blocks printed before, and what
# memmap the region needs.
placed() {
	local start block node zone

	start=$(region_field "$2" start)
	block=memory$((start / 0x$(target_read /sys/devices/system/memory/block_size_bytes)))
	node=$(sed -n "s,^$block/node,,p" <<<"$3")
	node=${node:-0} # without CONFIG_NUMA
	zone=$(sed -nE "s,^$block/valid_zones:([^ ]+).*,\1,p" <<<"$3")
	[[ -n $zone ]] || fail "$block had no zone"
	jq -e --arg region "$2" --arg start "$(printf 0x%x "$start")" --arg zone "$zone" \
		--argjson node "$node" '
		any(.[] | select(.region == $region and (.verdict | IN("taken", "maybe"))) |
			select(.start == $start or .leaf == $start);
			.node == $node and .zone == $zone and
			.memmap == if $region == "dax" then .bytes / 64 else 0 end)' <<<"$1" >/dev/null ||
		fail "$2 is of node $node and zone $zone, not as it was said: $1"
}
