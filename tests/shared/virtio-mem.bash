# virtio-mem: memory that a driver adds, and takes back when the host wants it. The runner gives
# a guest $VIRTIO_MEM MiB of it where BOOTS (vm/host/plan.py) says so.

# Prints the lines of the memory that the driver has added.
virtio_mem_lines() {
	target_read /proc/iomem | grep 'System RAM (virtio_mem)' || true
}

# virtio_mem_is MIB: waits until the driver has added so much. Sets $ADDED to the lines.
virtio_mem_is() {
	local i from to bytes

	for ((i = 0; i < 240; i++)); do
		ADDED=$(virtio_mem_lines)
		bytes=0
		while IFS=' -' read -r from to _; do
			[[ -z $from ]] || ((bytes += 0x$to - 0x$from + 1))
		done <<<"$ADDED"
		((bytes != $1 << 20)) || return 0
		sleep 0.5
	done
	fail "virtio_mem has $((bytes >> 20)) MiB, and not $1:"$'\n'"$ADDED"
}

# virtio_mem_ask MIB: the host wants the machine to have so much.
virtio_mem_ask() {
	"$TARGET_CLIENT" "$TARGET" "virtio-mem=$1"
}

# virtio_mem_resize MIB: asks, and waits until it is so.
virtio_mem_resize() {
	virtio_mem_ask "$1"
	virtio_mem_is "$1"
}

# Waits until the driver has added all.
virtio_mem_begin() {
	modprobe virtio_mem 2>/dev/null || skip "no CONFIG_VIRTIO_MEM here"
	virtio_mem_is "$VIRTIO_MEM"
}
